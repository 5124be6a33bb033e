/* SPDX-License-Identifier: MIT */
/*
 * linux/uaccess.h - touch memory that may not be there, or that is not the kernel's.
 *
 * Kernel memory: a fault becomes an error instead of an oops. User memory: the lower half of addresses; a fault ends the copy,
 * and what of the kernel's memory may take part is checked first: a copy must not lead out of an object, nor touch a
 * part of it that its cache did not name (kmem_cache_create_usercopy()). A thread has user memory if it is in an address
 * space (kthread_use_mm()): then a fault brings the page in, and ends the copy only where that cannot be.
 */
#ifndef LINUX_UACCESS_H
#define LINUX_UACCESS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/compiler.h>
#include <linux/errno.h>

/**
 * copy_from_kernel_nofault - read kernel memory that may be unmapped
 *
 * Context: any.
 * Return: 0, or -EFAULT; then @dst holds what could be read.
 */
long copy_from_kernel_nofault(void *dst, const void *src, size_t size);

/** copy_to_kernel_nofault - write kernel memory that may be unmapped or read-only. As copy_from_kernel_nofault(). */
long copy_to_kernel_nofault(void *dst, const void *src, size_t size);

/* ---- what may be copied ---- */

/** __check_object_size - check_object_size() for a size that is not known when this is compiled. */
void __check_object_size(const void *ptr, unsigned long n, bool to_user);

/**
 * check_object_size - may [ptr, ptr + n) be copied to or from user space?
 *
 * It must lie in one slab object, there in the part that the cache allows (all of a kmalloc() object); in one block of
 * pages; in one vmalloc area; inside the stack; and not in the kernel's code. Otherwise: BUG.
 */
static __always_inline void check_object_size(const void *ptr, unsigned long n, bool to_user)
{
	if (!__builtin_constant_p(n) || n)
		__check_object_size(ptr, n, to_user);
}

/* ---- user memory ---- */

#define TASK_SIZE_MAX ((1UL << 47) - 4096)

/** access_ok - is all of it below the kernel's addresses? */
static inline bool access_ok(const void __user *addr, unsigned long size)
{
	return size <= TASK_SIZE_MAX && (unsigned long)addr <= TASK_SIZE_MAX - size;
}

/** copy_to_user - Return: bytes that could not be copied, 0 if all is well. Context: as check_object_size(). */
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);
/** copy_from_user - the same; what could not be copied is zero. */
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n);
/** clear_user - Return: bytes that could not be cleared. */
unsigned long clear_user(void __user *to, unsigned long n);
/** get_user, put_user - one value of the size that @ptr points at. Return: 0 or -EFAULT; what could not be read is 0. */
#define get_user(x, ptr)                                                                                               \
	({                                                                                                             \
		__typeof__(*(ptr)) __gu_value;                                                                         \
		unsigned long __gu_left = copy_from_user(&__gu_value, (ptr), sizeof(__gu_value));                      \
		(x) = __gu_value;                                                                                      \
		__gu_left ? -EFAULT : 0;                                                                               \
	})
#define put_user(x, ptr)                                                                                               \
	({                                                                                                             \
		__typeof__(*(ptr)) __pu_value = (x);                                                                   \
		copy_to_user((ptr), &__pu_value, sizeof(__pu_value)) ? -EFAULT : 0;                                    \
	})

/** strnlen_user - length with the NUL; more than @n if there is none in @n bytes; 0 after a fault. */
long strnlen_user(const char __user *s, long n);

#endif

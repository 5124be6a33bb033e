/* SPDX-License-Identifier: MIT */
/*
 * linux/uaccess.h - touch memory that may not be there: a fault becomes an error instead of an oops.
 */
#ifndef LINUX_UACCESS_H
#define LINUX_UACCESS_H

#include <stddef.h>

/**
 * copy_from_kernel_nofault - read kernel memory that may be unmapped
 *
 * Context: any.
 * Return: 0, or -EFAULT; then @dst holds what could be read.
 */
long copy_from_kernel_nofault(void *dst, const void *src, size_t size);

/** copy_to_kernel_nofault - write kernel memory that may be unmapped or read-only. As copy_from_kernel_nofault(). */
long copy_to_kernel_nofault(void *dst, const void *src, size_t size);

#endif

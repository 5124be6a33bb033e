/* SPDX-License-Identifier: MIT */
/*
 * compiler.h - names for what the compiler can be told, as Linux spells them.
 *
 * Every name is guarded: the host build of guest/mm sees the C library's spelling of some of them first.
 */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#undef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#undef __noinline
#define noinline __attribute__((__noinline__))
#define noinline_for_stack noinline
#define __flatten __attribute__((__flatten__))
#undef __must_check
#define __must_check __attribute__((__warn_unused_result__))
#undef __maybe_unused
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#undef __used
#define __used __attribute__((__used__))
#undef __noreturn
#define __noreturn __attribute__((__noreturn__))
#undef __packed
#define __packed __attribute__((__packed__))
#undef __aligned
#define __aligned(x) __attribute__((__aligned__(x)))
#undef __section
#define __section(name) __attribute__((__section__(name)))
#undef __weak
#define __weak __attribute__((__weak__))
#undef __cold
#define __cold __attribute__((__cold__))
#undef __pure
#define __pure __attribute__((__pure__))
#define __malloc __attribute__((__malloc__))
#define __alloc_size(...) __attribute__((__alloc_size__(__VA_ARGS__)))
#undef __printf
#define __printf(fmt, args) __attribute__((__format__(__printf__, fmt, args)))
#undef __scanf
#define __scanf(fmt, args) __attribute__((__format__(__scanf__, fmt, args)))
#define __cleanup(fn) __attribute__((__cleanup__(fn)))
#define __nonstring __attribute__((__nonstring__))
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif

/* Address-space marks of Linux's static checker: words for the reader here. */
#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __bitwise
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#define __latent_entropy
#define __randomize_layout
#define ____cacheline_aligned __attribute__((__aligned__(64)))
#define ____cacheline_aligned_in_smp ____cacheline_aligned
#define __cacheline_aligned ____cacheline_aligned
#define __read_mostly
#define __ro_after_init

/** barrier() - the compiler may not move memory accesses across. */
#define barrier() asm volatile("" : : : "memory")
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "=r"(var) : "0"(var))
#define barrier_data(ptr) __asm__ __volatile__("" : : "r"(ptr) : "memory")

/** READ_ONCE()/WRITE_ONCE() - exactly one access, for words that others change at the same time. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile __typeof__(x) *)&(x) = (val))
#define data_race(expr) ({ (expr); })

#define __same_type(a, b) __builtin_types_compatible_p(__typeof__(a), __typeof__(b))
#define __must_be_array(a) BUILD_BUG_ON_ZERO(__same_type((a), &(a)[0]))
#define __is_constexpr(x) (sizeof(int) == sizeof(*(8 ? ((void *)((long)(x)*0l)) : (int *)8)))

#define __PASTE_(a, b) a##b
#define __PASTE(a, b) __PASTE_(a, b)
#define __UNIQUE_ID(prefix) __PASTE(__PASTE(__UNIQUE_ID_, prefix), __COUNTER__)

#define _RET_IP_ ((unsigned long)__builtin_return_address(0))
#define _THIS_IP_                                                                                                      \
	({                                                                                                             \
		__label__ __here;                                                                                      \
	__here:                                                                                                        \
		(unsigned long)&&__here;                                                                               \
	})

#endif

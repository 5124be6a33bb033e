/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h - what a scope holds is given back when the scope is left, by whichever way.
 *
 *	char *p __free(kfree) = kmalloc(64, GFP_KERNEL);	freed at the end, unless
 *	return_ptr(p);						it is handed on
 *
 *	guard(spinlock)(&lock);					held to the end of the scope
 *
 * A variable that is marked so is initialized where it is declared.
 */
#ifndef _LINUX_CLEANUP_H
#define _LINUX_CLEANUP_H

#include <linux/compiler.h>

/** DEFINE_FREE - what __free(name) does with a variable of @type, whose value @free finds in _T */
#define DEFINE_FREE(_name, _type, _free)                                                                               \
	static __always_inline void __free_##_name(void *p)                                                            \
	{                                                                                                              \
		_type _T = *(_type *)p;                                                                                \
		_free;                                                                                                 \
	}

#define __free(_name) __cleanup(__free_##_name)

#define __get_and_null(p, nothing)                                                                                     \
	({                                                                                                             \
		__typeof__(&(p)) __at = &(p);                                                                          \
		__typeof__(p) __was = *__at;                                                                           \
		*__at = nothing;                                                                                       \
		__was;                                                                                                 \
	})

static __always_inline __must_check const volatile void *__must_check_fn(const volatile void *val)
{
	return val;
}

/** no_free_ptr - the pointer; the variable is NULL from here on */
#define no_free_ptr(p) ((__typeof__(p))__must_check_fn(__get_and_null(p, NULL)))
#define return_ptr(p) return no_free_ptr(p)
/** retain_and_null_ptr - somebody else has taken the pointer over */
#define retain_and_null_ptr(p) ((void)__get_and_null(p, NULL))

/** DEFINE_CLASS - a type with a constructor and a destructor: CLASS(name, var)(args) declares a variable of it */
#define DEFINE_CLASS(_name, _type, _exit, _init, _init_args...)                                                        \
	typedef _type class_##_name##_t;                                                                               \
	static __always_inline void class_##_name##_destructor(_type *p)                                               \
	{                                                                                                              \
		_type _T = *p;                                                                                         \
		_exit;                                                                                                 \
	}                                                                                                              \
	static __always_inline _type class_##_name##_constructor(_init_args)                                           \
	{                                                                                                              \
		_type t = _init;                                                                                       \
		return t;                                                                                              \
	}

#define CLASS(_name, var) class_##_name##_t var __cleanup(class_##_name##_destructor) = class_##_name##_constructor

/** DEFINE_GUARD - a class whose variable is a lock: taken when declared, dropped at the end of the scope */
#define DEFINE_GUARD(_name, _type, _lock, _unlock)                                                                     \
	DEFINE_CLASS(                                                                                                  \
		_name, _type, if (_T) { _unlock; }, ({                                                                 \
			_lock;                                                                                         \
			_T;                                                                                            \
		}),                                                                                                    \
		_type _T)

#define guard(_name) CLASS(_name, __UNIQUE_ID(guard))
#define scoped_guard(_name, args...) for (CLASS(_name, scope)(args), *done = NULL; !done; done = (void *)1)

#endif

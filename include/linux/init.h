/* SPDX-License-Identifier: MIT */
/*
 * init.h - marks for code that runs once at boot: words for the reader, nothing is thrown away.
 *
 * module_init() and module_exit() are in module.h, whose loader runs them.
 */
#ifndef _LINUX_INIT_H
#define _LINUX_INIT_H

#include <linux/compiler.h>

#define __init
#define __exit
#define __initdata
#define __initconst
#define __exitdata
#define __meminit
#define __meminitdata
#define __ref
#define __refdata
#define __net_init

/**
 * __setup - @fn takes the value of the boot argument @str ("key=" or "key"); it runs before the allocators start
 *
 * @fn gets the text behind '=', "" if there is none, for the length of the call; returns 1 if it makes sense, 0 if not.
 */
#define __setup(str, fn)                                                                                               \
	static const struct setup_entry __setup_##fn                                                                   \
		__attribute__((__used__, __section__("setup_table"), __aligned__(8))) = {str, fn}

struct setup_entry {
	const char *key;
	int (*fn)(char *value);
};

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

#endif

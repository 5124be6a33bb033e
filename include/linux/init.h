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

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

#endif

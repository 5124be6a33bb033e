/* SPDX-License-Identifier: MIT */
/*
 * moduleparam.h - variables of a payload that the boot arguments can set: NAME.PARAM=VALUE, where NAME is the
 * object's file name without its end (foo.ko: foo).
 *
 * Types: bool, int, uint, long, ulong, charp.
 */
#ifndef _LINUX_MODULEPARAM_H
#define _LINUX_MODULEPARAM_H

#include <linux/compiler.h>
#include <linux/types.h>

enum module_param_type { PARAM_BOOL, PARAM_INT, PARAM_UINT, PARAM_LONG, PARAM_ULONG, PARAM_CHARP };

struct module_param_entry {
	const char *name;
	void *var;
	unsigned long type;
};

#define __param_type_bool PARAM_BOOL
#define __param_type__Bool PARAM_BOOL /* what "bool" is once macros were expanded */
#define __param_type_int PARAM_INT
#define __param_type_uint PARAM_UINT
#define __param_type_long PARAM_LONG
#define __param_type_ulong PARAM_ULONG
#define __param_type_charp PARAM_CHARP

#define module_param_named(name, variable, type, perm)                                                                 \
	static const struct module_param_entry __param_##name                                                          \
		__attribute__((__used__, __section__(".module_params"), __aligned__(8))) = {                           \
			#name, &(variable), __param_type_##type + 0 * (perm)}
#define module_param(name, type, perm) module_param_named(name, name, type, perm)
#define MODULE_PARM_DESC(name, desc) _Static_assert(sizeof(desc) > 0, "a parameter's description")

#endif

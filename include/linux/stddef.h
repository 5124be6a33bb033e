/* SPDX-License-Identifier: MIT */
/* stddef.h - NULL, offsetof and their relatives. */
#ifndef _LINUX_STDDEF_H
#define _LINUX_STDDEF_H

#include <stddef.h>

#define sizeof_field(TYPE, MEMBER) sizeof((((TYPE *)0)->MEMBER))
#define offsetofend(TYPE, MEMBER) (offsetof(TYPE, MEMBER) + sizeof_field(TYPE, MEMBER))
#define struct_group(NAME, ...)                                                                                        \
	union {                                                                                                        \
		struct {                                                                                               \
			__VA_ARGS__                                                                                    \
		};                                                                                                     \
		struct {                                                                                               \
			__VA_ARGS__                                                                                    \
		} NAME;                                                                                                \
	}

#endif

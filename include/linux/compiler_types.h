/* SPDX-License-Identifier: MIT */
/* compiler_types.h - kept for code that asks for it by this name: see compiler.h. */
#ifndef _LINUX_COMPILER_TYPES_H
#define _LINUX_COMPILER_TYPES_H
#include <linux/compiler.h>
#endif

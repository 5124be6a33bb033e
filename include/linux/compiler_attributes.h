/* SPDX-License-Identifier: MIT */
/* compiler_attributes.h - kept for code that asks for it by this name: see compiler.h. */
#ifndef _LINUX_COMPILER_ATTRIBUTES_H
#define _LINUX_COMPILER_ATTRIBUTES_H
#include <linux/compiler.h>
#endif

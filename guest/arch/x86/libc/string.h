/* SPDX-License-Identifier: MIT */
/*
 * string.h - for <libfdt.h> only: the kernel's own string functions under the hosted name.
 */
#ifndef LIBC_STRING_H
#define LIBC_STRING_H

#include <linux/string.h>

#endif

/* SPDX-License-Identifier: MIT */
/* glob.h - shell patterns. */
#ifndef _LINUX_GLOB_H
#define _LINUX_GLOB_H

#include <linux/types.h>

/** glob_match - does @str match @pat? * any run, ? any one, [a-z] and [!a-z] sets, \ takes the next as it is */
bool glob_match(const char *pat, const char *str);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * stdlib.h - for <libfdt.h> only, which asks for it and uses nothing of it in its inline functions.
 */
#ifndef LIBC_STDLIB_H
#define LIBC_STDLIB_H

#include <stddef.h>

#endif

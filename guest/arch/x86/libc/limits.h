/* SPDX-License-Identifier: MIT */
/*
 * limits.h - for <libfdt.h> only, which is written for a hosted C library.
 */
#ifndef LIBC_LIMITS_H
#define LIBC_LIMITS_H

#define INT_MAX __INT_MAX__
#define UINT_MAX (__INT_MAX__ * 2U + 1U)

#endif

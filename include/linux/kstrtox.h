/* SPDX-License-Identifier: MIT */
/*
 * kstrtox.h - numbers from text.
 *
 * kstrto*: the whole string (a newline at its end is fine) must be one number that fits: 0, -EINVAL or -ERANGE. simple_strto*: as
 * much as looks like one, no complaint. Base 0 understands 0x and a leading 0.
 */
#ifndef _LINUX_KSTRTOX_H
#define _LINUX_KSTRTOX_H

#include <linux/compiler.h>
#include <linux/types.h>

int __must_check kstrtoull(const char *s, unsigned int base, unsigned long long *res);
int __must_check kstrtoll(const char *s, unsigned int base, long long *res);
int __must_check kstrtoul(const char *s, unsigned int base, unsigned long *res);
int __must_check kstrtol(const char *s, unsigned int base, long *res);
int __must_check kstrtouint(const char *s, unsigned int base, unsigned int *res);
int __must_check kstrtoint(const char *s, unsigned int base, int *res);
int __must_check kstrtobool(const char *s, bool *res);
unsigned long simple_strtoul(const char *s, char **end, unsigned int base);
unsigned long long simple_strtoull(const char *s, char **end, unsigned int base);
long simple_strtol(const char *s, char **end, unsigned int base);
/** memparse - a number with K, M, G or T behind it */
unsigned long long memparse(const char *s, char **end);

#define kstrtou64(s, base, res) kstrtoull(s, base, res)
#define kstrtos64(s, base, res) kstrtoll(s, base, res)
#define kstrtou32(s, base, res) kstrtouint(s, base, res)
#define kstrtos32(s, base, res) kstrtoint(s, base, res)

#endif

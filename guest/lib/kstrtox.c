// SPDX-License-Identifier: MIT
/*
 * kstrtox.c - numbers from text. One function reads digits; the others say how strict to be about what surrounds them.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

#if !__STDC_HOSTED__
unsigned long strtoul(const char *s, char **end, int base);
#endif

static unsigned int digit_of(char c)
{
	if (isdigit(c))
		return (unsigned int)(c - '0');
	if (isalpha(c))
		return (unsigned int)((c | 32) - 'a') + 10;
	return ~0u;
}

/*
 * Read digits at @s. Return: where they end (@s if there are none); *@over: the value did not fit and wrapped.
 */
static const char *read_digits(const char *s, unsigned int base, unsigned long long *res, bool *over)
{
	unsigned long long v = 0;

	*over = false;
	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 32) == 'x' && isxdigit(s[2])) {
		s += 2;
		base = 16;
	} else if (base == 0) {
		base = s[0] == '0' ? 8 : 10;
	}
	for (; digit_of(*s) < base; s++)
		*over |= __builtin_mul_overflow(v, base, &v) | __builtin_add_overflow(v, digit_of(*s), &v);
	*res = v;
	return s;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long v;
	const char *end;
	bool over;

	if (*s == '+')
		s++;
	end = read_digits(s, base, &v, &over);
	if (end == s || (*end && !(*end == '\n' && !end[1])))
		return -EINVAL;
	if (over)
		return -ERANGE;
	*res = v;
	return 0;
}
EXPORT_SYMBOL(kstrtoull);

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	bool minus = *s == '-';
	unsigned long long v;
	int err;

	/* "-+1" is no number. */
	if (minus && s[1] == '+')
		return -EINVAL;
	err = kstrtoull(s + minus, base, &v);
	if (err)
		return err;
	if (v > (unsigned long long)LLONG_MAX + minus)
		return -ERANGE;
	*res = minus ? (long long)(0 - v) : (long long)v;
	return 0;
}
EXPORT_SYMBOL(kstrtoll);

int kstrtoul(const char *s, unsigned int base, unsigned long *res)
{
	unsigned long long v;
	int err = kstrtoull(s, base, &v);

	if (!err)
		*res = v;
	return err;
}
EXPORT_SYMBOL(kstrtoul);

int kstrtol(const char *s, unsigned int base, long *res)
{
	long long v;
	int err = kstrtoll(s, base, &v);

	if (!err)
		*res = v;
	return err;
}
EXPORT_SYMBOL(kstrtol);

int kstrtouint(const char *s, unsigned int base, unsigned int *res)
{
	unsigned long long v;
	int err = kstrtoull(s, base, &v);

	if (err)
		return err;
	if (v > UINT_MAX)
		return -ERANGE;
	*res = (unsigned int)v;
	return 0;
}
EXPORT_SYMBOL(kstrtouint);

int kstrtoint(const char *s, unsigned int base, int *res)
{
	long long v;
	int err = kstrtoll(s, base, &v);

	if (err)
		return err;
	if (v != (int)v)
		return -ERANGE;
	*res = (int)v;
	return 0;
}
EXPORT_SYMBOL(kstrtoint);

int kstrtobool(const char *s, bool *res)
{
	char c = s[0] | 32;

	if (c == 'o')
		c = (s[1] | 32) == 'n' ? '1' : (s[1] | 32) == 'f' ? '0' : 0;
	if (c == 'y' || c == 't' || c == ('1' | 32))
		*res = true;
	else if (c == 'n' || c == 'f' || c == ('0' | 32))
		*res = false;
	else
		return -EINVAL;
	return 0;
}
EXPORT_SYMBOL(kstrtobool);

unsigned long long simple_strtoull(const char *s, char **end, unsigned int base)
{
	unsigned long long v;
	bool over;
	const char *stop = read_digits(s, base, &v, &over);

	if (end)
		*end = (char *)stop;
	return v;
}
EXPORT_SYMBOL(simple_strtoull);

unsigned long simple_strtoul(const char *s, char **end, unsigned int base)
{
	return simple_strtoull(s, end, base);
}
EXPORT_SYMBOL(simple_strtoul);

long simple_strtol(const char *s, char **end, unsigned int base)
{
	if (*s == '-')
		return -(long)simple_strtoull(s + 1, end, base);
	return (long)simple_strtoull(s, end, base);
}
EXPORT_SYMBOL(simple_strtol);

unsigned long long memparse(const char *s, char **end)
{
	char *stop;
	unsigned long long v = simple_strtoull(s, &stop, 0);
	static const char units[] = "kmgt";
	const char *unit = *stop ? strchr(units, *stop | 32) : NULL;

	if (unit) {
		v <<= 10 * (unit - units + 1);
		stop++;
	}
	if (end)
		*end = stop;
	return v;
}
EXPORT_SYMBOL(memparse);

#if !__STDC_HOSTED__
/* For libfdt: blanks and a sign first, the largest value when it does not fit. */
unsigned long strtoul(const char *s, char **end, int base)
{
	const char *p = skip_spaces(s);
	bool minus = *p == '-';
	unsigned long long v;
	const char *stop;
	bool over;

	if (minus || *p == '+')
		p++;
	stop = read_digits(p, (unsigned int)base, &v, &over);
	if (end)
		*end = (char *)(stop == p ? s : stop);
	if (over)
		return ULONG_MAX;
	return minus ? 0 - v : v;
}
#endif

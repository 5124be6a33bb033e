// SPDX-License-Identifier: MIT
/*
 * string_more.c - the string functions that Linux has and the C standard has not. Portable: the host build uses it too.
 */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/string.h>

static int fold(char c)
{
	return tolower((unsigned char)c);
}

#if !__STDC_HOSTED__
int strncasecmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (fold(*a) != fold(*b))
			return fold(*a) - fold(*b);
		if (!*a)
			break;
	}
	return 0;
}
EXPORT_SYMBOL(strncasecmp);

int strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, ~(size_t)0);
}
EXPORT_SYMBOL(strcasecmp);
#endif

void *memchr_inv(const void *s, int c, size_t n)
{
	uint64_t pattern = (uint8_t)c * 0x0101010101010101ull;
	const uint8_t *p = s;

	for (; n && (uintptr_t)p % 8; n--, p++)
		if (*p != (uint8_t)c)
			return (void *)p;
	for (; n >= 8 && *(const uint64_t __attribute__((__may_alias__)) *)p == pattern; n -= 8)
		p += 8;
	for (; n; n--, p++)
		if (*p != (uint8_t)c)
			return (void *)p;
	return NULL;
}
EXPORT_SYMBOL(memchr_inv);

/** memscan - as memchr(), but the end of the memory if @c is not there */
void *memscan(void *s, int c, size_t n)
{
	void *found = memchr(s, c, n);

	return found ? found : (char *)s + n;
}
EXPORT_SYMBOL(memscan);

void *memset16(uint16_t *s, uint16_t v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		s[i] = v;
	return s;
}
EXPORT_SYMBOL(memset16);

void *memset32(uint32_t *s, uint32_t v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		s[i] = v;
	return s;
}
EXPORT_SYMBOL(memset32);

void *memset64(uint64_t *s, uint64_t v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		s[i] = v;
	return s;
}
EXPORT_SYMBOL(memset64);

void memzero_explicit(void *s, size_t n)
{
	memset(s, 0, n);
	barrier_data(s);
}
EXPORT_SYMBOL(memzero_explicit);

#if !__STDC_HOSTED__
char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}
EXPORT_SYMBOL(strchrnul);
#endif

char *strnchr(const char *s, size_t count, int c)
{
	for (; count; count--, s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			break;
	}
	return NULL;
}
EXPORT_SYMBOL(strnchr);

char *strnstr(const char *s, const char *find, size_t len)
{
	size_t want = strlen(find);

	for (; len >= want; len--, s++) {
		if (!memcmp(s, find, want))
			return (char *)s;
		if (!*s)
			break;
	}
	return NULL;
}
EXPORT_SYMBOL(strnstr);

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = len < size ? len : size - 1;

		memcpy(dst, src, n);
		dst[n] = 0;
	}
	return len;
}
EXPORT_SYMBOL(strlcpy);

size_t strlcat(char *dst, const char *src, size_t size)
{
	size_t have = strnlen(dst, size);

	if (have == size)
		return size + strlen(src);
	return have + strlcpy(dst + have, src, size - have);
}
EXPORT_SYMBOL(strlcat);

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t len;

	if (!size)
		return -E2BIG;
	len = strnlen(src, size);
	if (len == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = 0;
		return -E2BIG;
	}
	memcpy(dst, src, len + 1);
	return (ssize_t)len;
}
EXPORT_SYMBOL(strscpy);

/** strscpy_pad - the same, and zeros to the end of the buffer */
ssize_t strscpy_pad(char *dst, const char *src, size_t size)
{
	ssize_t len = strscpy(dst, src, size);

	if (len >= 0)
		memset(dst + len, 0, size - (size_t)len);
	return len;
}
EXPORT_SYMBOL(strscpy_pad);

char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return (char *)s;
}
EXPORT_SYMBOL(skip_spaces);

/** strim - cut blanks off both ends, in place */
char *strim(char *s)
{
	char *end;

	s = skip_spaces(s);
	end = s + strlen(s);
	while (end > s && isspace(end[-1]))
		end--;
	*end = 0;
	return s;
}
EXPORT_SYMBOL(strim);

bool sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return true;
	if (!*a && *b == '\n' && !b[1])
		return true;
	return *a == '\n' && !a[1] && !*b;
}
EXPORT_SYMBOL(sysfs_streq);

/** match_string - index of @string among the first @n of @array (a NULL ends it sooner), or -EINVAL */
int match_string(const char *const *array, size_t n, const char *string)
{
	for (size_t i = 0; i < n && array[i]; i++)
		if (!strcmp(array[i], string))
			return (int)i;
	return -EINVAL;
}
EXPORT_SYMBOL(match_string);

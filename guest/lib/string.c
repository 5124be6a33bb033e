// SPDX-License-Identifier: MIT
/*
 * string.c - the string functions of the C standard, for the guest.
 *
 * Copying and filling move 8 bytes an iteration by rep movsq and rep stosq: on KVMs that emulate ring 0 an iteration costs about
 * as much as any instruction, and on real ones these are the fast form for pages. The rest of a size that is no multiple of 8
 * is done by one more word that overlaps its neighbour, never byte by byte.
 */
#include <linux/export.h>
#include <linux/string.h>

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp

unsigned long strtoul(const char *s, char **end, int base);

/* Unaligned words, of whatever the bytes really are. */
typedef uint64_t __attribute__((__may_alias__, __aligned__(1))) word64;
typedef uint32_t __attribute__((__may_alias__, __aligned__(1))) word32;
typedef uint16_t __attribute__((__may_alias__, __aligned__(1))) word16;

#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull
/* Nonzero if a byte of @w is 0; its lowest set bit marks the first one. */
#define has_zero(w) (((w)-ONES) & ~(w)&HIGHS)

static __always_inline void copy_small(char *d, const char *s, size_t n)
{
	/* Load all of it before storing any, so that overlapping moves are right too. */
	if (n >= 4) {
		uint32_t first = *(const word32 *)s;
		uint32_t last = *(const word32 *)(s + n - 4);

		*(word32 *)d = first;
		*(word32 *)(d + n - 4) = last;
	} else if (n >= 2) {
		uint16_t first = *(const word16 *)s;
		uint16_t last = *(const word16 *)(s + n - 2);

		*(word16 *)d = first;
		*(word16 *)(d + n - 2) = last;
	} else if (n) {
		*d = *s;
	}
}

static __always_inline void copy_up(void *dst, const void *src, size_t n)
{
	uint64_t last = *(const word64 *)((const char *)src + n - 8);
	char *end = (char *)dst + n - 8;
	size_t words = n / 8;

	asm volatile("rep movsq" : "+D"(dst), "+S"(src), "+c"(words) : : "memory");
	*(word64 *)end = last;
}

void *memcpy(void *dst, const void *src, size_t n)
{
	if (n < 8)
		copy_small(dst, src, n);
	else
		copy_up(dst, src, n);
	return dst;
}
EXPORT_SYMBOL(memcpy);

void *memmove(void *dst, const void *src, size_t n)
{
	uint64_t first;
	size_t at;

	if (n < 8) {
		copy_small(dst, src, n);
		return dst;
	}
	if ((uintptr_t)dst - (uintptr_t)src >= n) {
		copy_up(dst, src, n);
		return dst;
	}
	/* @dst begins inside @src: words from the end, the first one kept until last. */
	first = *(const word64 *)src;
	for (at = n; at > 8; at -= 8)
		*(word64 *)((char *)dst + at - 8) = *(const word64 *)((const char *)src + at - 8);
	*(word64 *)dst = first;
	return dst;
}
EXPORT_SYMBOL(memmove);

void *memset(void *dst, int c, size_t n)
{
	uint64_t v = (uint8_t)c * ONES;
	void *d = dst;
	size_t words = n / 8;

	if (n < 8) {
		char *p = dst;

		if (n >= 4) {
			*(word32 *)p = (uint32_t)v;
			*(word32 *)(p + n - 4) = (uint32_t)v;
		} else if (n >= 2) {
			*(word16 *)p = (uint16_t)v;
			*(word16 *)(p + n - 2) = (uint16_t)v;
		} else if (n) {
			*p = (char)c;
		}
		return dst;
	}
	*(word64 *)((char *)dst + n - 8) = v;
	asm volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(v) : "memory");
	return dst;
}
EXPORT_SYMBOL(memset);

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	for (; n >= 8; n -= 8, x += 8, y += 8) {
		uint64_t p = *(const word64 *)x;
		uint64_t q = *(const word64 *)y;

		if (p != q)
			return __builtin_bswap64(p) < __builtin_bswap64(q) ? -1 : 1;
	}
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}
EXPORT_SYMBOL(memcmp);

void *memchr(const void *s, int c, size_t n)
{
	const uint8_t *p = s;

	for (; n; n--, p++)
		if (*p == (uint8_t)c)
			return (void *)p;
	return NULL;
}
EXPORT_SYMBOL(memchr);

size_t strlen(const char *s)
{
	const char *p = s;
	const word64 *w;

	for (; (uintptr_t)p % 8; p++)
		if (!*p)
			return (size_t)(p - s);
	/* An aligned word never reaches into a page that the string does not touch. */
	for (w = (const word64 *)p; !has_zero(*w); w++)
		;
	return (size_t)((const char *)w - s) + (size_t)__builtin_ctzll(has_zero(*w)) / 8;
}
EXPORT_SYMBOL(strlen);

size_t strnlen(const char *s, size_t max)
{
	const char *end = memchr(s, 0, max);

	return end ? (size_t)(end - s) : max;
}
EXPORT_SYMBOL(strnlen);

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}
EXPORT_SYMBOL(strchr);

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)found;
}
EXPORT_SYMBOL(strrchr);

char *strstr(const char *s, const char *find)
{
	size_t len = strlen(find);

	if (!len)
		return (char *)s;
	for (; (s = strchr(s, *find)); s++)
		if (!strncmp(s, find, len))
			return (char *)s;
	return NULL;
}
EXPORT_SYMBOL(strstr);

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (int)(uint8_t)*a - (int)(uint8_t)*b;
}
EXPORT_SYMBOL(strcmp);

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (int)(uint8_t)*a - (int)(uint8_t)*b;
		if (!*a)
			break;
	}
	return 0;
}
EXPORT_SYMBOL(strncmp);

char *strcpy(char *dst, const char *src)
{
	memcpy(dst, src, strlen(src) + 1);
	return dst;
}
EXPORT_SYMBOL(strcpy);

char *strncpy(char *dst, const char *src, size_t n)
{
	size_t len = strnlen(src, n);

	memcpy(dst, src, len);
	memset(dst + len, 0, n - len);
	return dst;
}
EXPORT_SYMBOL(strncpy);

char *strcat(char *dst, const char *src)
{
	memcpy(dst + strlen(dst), src, strlen(src) + 1);
	return dst;
}
EXPORT_SYMBOL(strcat);

char *strncat(char *dst, const char *src, size_t n)
{
	char *end = dst + strlen(dst);
	size_t len = strnlen(src, n);

	memcpy(end, src, len);
	end[len] = 0;
	return dst;
}
EXPORT_SYMBOL(strncat);

size_t strspn(const char *s, const char *accept)
{
	size_t n = 0;

	while (s[n] && strchr(accept, s[n]))
		n++;
	return n;
}
EXPORT_SYMBOL(strspn);

size_t strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (s[n] && !strchr(reject, s[n]))
		n++;
	return n;
}
EXPORT_SYMBOL(strcspn);

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}
EXPORT_SYMBOL(strpbrk);

char *strsep(char **s, const char *delim)
{
	char *token = *s;
	char *end;

	if (!token)
		return NULL;
	end = strpbrk(token, delim);
	if (end)
		*end++ = 0;
	*s = end;
	return token;
}
EXPORT_SYMBOL(strsep);

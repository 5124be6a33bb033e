// SPDX-License-Identifier: MIT
/*
 * util.c - what every file of this folder needs: error lines, numbers, growing arrays.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace/internal.h"

void trace_say(struct trace_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	/* Writing is all that happens here: callers give it as it comes. */
	// cppcheck-suppress ctuuninitvar
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	/* Parts of it may come from the trace: it stays one line, and printable. */
	for (char *c = err->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

int trace_number(const char *text, size_t len, int base, uint64_t *value)
{
	char buf[32];
	char *end;

	if (!len || len >= sizeof(buf) || *text == '-' || *text == '+' || *text == ' ')
		return -EINVAL;
	memcpy(buf, text, len);
	buf[len] = '\0';
	/* A leading zero is padding here, never octal. */
	if (!base)
		base = len > 2 && buf[0] == '0' && (buf[1] == 'x' || buf[1] == 'X') ? 16 : 10;
	errno = 0;
	*value = strtoull(buf, &end, base);
	return errno || *end ? -EINVAL : 0;
}

int trace_grow(void **p, size_t *cap, size_t need, size_t each)
{
	size_t to = *cap ? *cap : 64;
	void *bigger;

	if (need <= *cap)
		return 0;
	while (to < need)
		to *= 2;
	bigger = reallocarray(*p, to, each);
	if (!bigger)
		return -ENOMEM;
	*p = bigger;
	*cap = to;
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * glob.c - shell patterns. Only the last * is ever retried, so the cost is at most the product of the two lengths.
 */
#include <linux/export.h>
#include <linux/glob.h>

/*
 * @pat is behind a '['. Return: behind the closing ']', and in *@match whether @c is in the set; NULL if it never closes.
 */
static const char *match_set(const char *pat, char c, bool *match)
{
	bool invert = *pat == '!';
	const char *p = pat + invert;

	*match = invert;
	/* A ']' in the first place is a member. */
	do {
		unsigned char lo = (unsigned char)*p++;
		unsigned char hi = lo;

		if (!lo)
			return NULL;
		if (*p == '-' && p[1] && p[1] != ']') {
			hi = (unsigned char)p[1];
			p += 2;
		}
		if ((unsigned char)c >= lo && (unsigned char)c <= hi)
			*match = !invert;
	} while (*p != ']');
	return p + 1;
}

/* Does one step of @pat (no '*') match @c? Return: the pattern behind it, or NULL. */
static const char *match_one(const char *pat, char c)
{
	const char *next;
	bool match;

	if (!c)
		return NULL;
	switch (*pat) {
	case 0:
		return NULL;
	case '?':
		return pat + 1;
	case '[':
		next = match_set(pat + 1, c, &match);
		if (next)
			return match ? next : NULL;
		break; /* never closed: an ordinary character */
	case '\\':
		if (pat[1])
			pat++;
		break;
	}
	return *pat == c ? pat + 1 : NULL;
}

bool glob_match(const char *pat, const char *str)
{
	const char *retry_pat = NULL;
	const char *retry_str = NULL;

	for (;;) {
		const char *next;

		if (*pat == '*') {
			retry_pat = ++pat;
			retry_str = str;
			continue;
		}
		if (!*pat && !*str)
			return true;
		next = match_one(pat, *str);
		if (next) {
			pat = next;
			str++;
			continue;
		}
		/* Let the last '*' take one more. */
		if (!retry_pat || !*retry_str)
			return false;
		pat = retry_pat;
		str = ++retry_str;
	}
}
EXPORT_SYMBOL(glob_match);

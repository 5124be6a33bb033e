/* SPDX-License-Identifier: MIT */
/*
 * xml.c - is it well-formed XML? As much of XML as a JUnit report may hold: a declaration, elements, attributes, text,
 * the five named entities and numeric ones. No DTD, comments, CDATA or processing instructions: a report needs none.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/e2e.h"

#define DEPTH 16

struct xml {
	const char *at, *start;
	char stack[DEPTH][64];
	int depth;
	const char *element;
	int count;
};

static void bad(const struct xml *x, const char *what)
{
	ck_abort_msg("XML, byte %td: %s, near: %.60s", x->at - x->start, what, x->at);
}

static void name(struct xml *x, char *out)
{
	size_t n = 0;

	while (isalnum((unsigned char)x->at[n]) || strchr("-_:.", x->at[n] ? x->at[n] : ' '))
		n++;
	if (!n || n >= 64)
		bad(x, "a name is expected");
	memcpy(out, x->at, n);
	out[n] = 0;
	x->at += n;
}

/* Text or an attribute's value, up to one of @stop. */
static void text(struct xml *x, const char *stop)
{
	for (; *x->at && !strchr(stop, *x->at); x->at++) {
		unsigned char c = (unsigned char)*x->at;

		if (c == '<' || (c < ' ' && !strchr("\t\r\n", c)))
			bad(x, "a character that must not stand here");
		if (c != '&')
			continue;
		if (x->at[1] == '#')
			x->at += 2 + strspn(x->at + 2, "0123456789abcdefABCDEFx");
		else
			x->at += 1 + strspn(x->at + 1, "abcdefghijklmnopqrstuvwxyz");
		if (*x->at != ';')
			bad(x, "an entity without its end");
	}
}

static void space(struct xml *x)
{
	while (isspace((unsigned char)*x->at))
		x->at++;
}

static void attributes(struct xml *x)
{
	char key[64];

	for (space(x); *x->at && !strchr("/>?", *x->at); space(x)) {
		name(x, key);
		if (x->at[0] != '=' || x->at[1] != '"')
			bad(x, "an attribute without =\"");
		x->at += 2;
		text(x, "\"");
		if (*x->at++ != '"')
			bad(x, "an attribute without its end");
	}
}

static void tag(struct xml *x)
{
	char n[64];

	if (*x->at == '/') {
		x->at++;
		name(x, n);
		if (!x->depth || strcmp(n, x->stack[--x->depth]))
			bad(x, "an end tag for another element");
	} else {
		name(x, n);
		x->count += !strcmp(n, x->element);
		attributes(x);
		if (*x->at == '/')
			x->at++;
		else if (x->depth == DEPTH)
			bad(x, "too deep");
		else
			memcpy(x->stack[x->depth++], n, sizeof(n));
	}
	if (*x->at++ != '>')
		bad(x, "a tag without its end");
}

int xml_count(const char *file, const char *element)
{
	char *all = read_file(file, NULL);
	struct xml x = {.at = all, .start = all, .element = element};
	bool root = false;

	if (!strncmp(x.at, "<?xml ", 6)) {
		x.at += 5;
		attributes(&x);
		if (strncmp(x.at, "?>", 2))
			bad(&x, "a declaration without its end");
		x.at += 2;
	}
	while (*x.at) {
		if (!x.depth) {
			space(&x);
			if (!*x.at)
				break;
			if (root || *x.at != '<')
				bad(&x, "something outside the root element");
			root = true;
		}
		text(&x, "<");
		if (*x.at == '<') {
			x.at++;
			tag(&x);
		}
	}
	if (x.depth || !root)
		bad(&x, "it ends too early");
	free(all);
	return x.count;
}

// SPDX-License-Identifier: MIT
/*
 * ktap.c - the KTAP parser.
 *
 *	KTAP version 2              opens level 0
 *	1..2                        its plan
 *	    KTAP version 2          opens level 1
 *	    # Subtest: slab         its name
 *	    1..1
 *	    # alloc: EXPECTATION FAILED at ...      diagnosis, kept for the next result
 *	    not ok 1 alloc
 *	not ok 1 slab               closes level 1: it had results, so this line is their sum and no case of its own
 *	ok 2 fast # SKIP why        a case of level 0: nothing was open under it
 *
 * Text from the guest is untrusted: numbers are bounded, depth is bounded, diagnosis is capped.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/ktap.h"

#define INDENT 4
#define DIAG_MAX 16384
/* What all results together may keep: a guest must not fill the host's memory. */
#define DIAG_TOTAL (64UL << 20)
#define RESULTS_MAX (1U << 18)

void ktap_init(struct ktap *k)
{
	memset(k, 0, sizeof(*k));
	k->depth = -1;
}

void ktap_free(struct ktap *k)
{
	for (unsigned int i = 0; i < k->nr_results; i++) {
		free(k->results[i].suite);
		free(k->results[i].name);
		free(k->results[i].diag);
	}
	free(k->results);
	for (unsigned int i = 0; i < KTAP_MAX_DEPTH; i++)
		free(k->levels[i].name);
	free(k->diag);
	ktap_init(k);
}

__attribute__((format(printf, 2, 3))) static void malformed(struct ktap *k, const char *fmt, ...)
{
	va_list ap;

	if (k->incomplete)
		return;
	k->incomplete = true;
	va_start(ap, fmt);
	vsnprintf(k->why, sizeof(k->why), fmt, ap);
	va_end(ap);
}

static const char *level_name(const struct ktap *k, int depth)
{
	return k->levels[depth].name ? k->levels[depth].name : depth ? "a subtest" : "the run";
}

static void open_level(struct ktap *k, int depth)
{
	struct ktap_level *l = &k->levels[depth];

	free(l->name);
	*l = (struct ktap_level){0};
	k->depth = depth;
}

/* Close every level deeper than @depth. Return: cases that failed in them. */
static unsigned int close_below(struct ktap *k, int depth)
{
	unsigned int failed = 0;

	for (; k->depth > depth; k->depth--) {
		const struct ktap_level *l = &k->levels[k->depth];

		if (l->has_plan && l->seen != l->plan)
			malformed(k, "%s: %u results for a plan of %u", level_name(k, k->depth), l->seen, l->plan);
		else if (!l->has_plan)
			malformed(k, "%s: no plan", level_name(k, k->depth));
		failed += l->failed;
	}
	return failed;
}

static void add_diag(struct ktap *k, const char *line)
{
	size_t len = strlen(line);
	char *grown;

	if (k->diag_len + len + 2 > DIAG_MAX)
		return;
	grown = realloc(k->diag, k->diag_len + len + 2);
	if (!grown)
		return;
	k->diag = grown;
	memcpy(k->diag + k->diag_len, line, len);
	k->diag_len += len;
	k->diag[k->diag_len++] = '\n';
	k->diag[k->diag_len] = '\0';
}

static char *suite_path(const struct ktap *k, int depth)
{
	char path[256] = "";
	size_t at = 0;

	for (int i = 1; i <= depth && at < sizeof(path); i++)
		at += (size_t)snprintf(path + at, sizeof(path) - at, "%s%s", at ? "." : "", level_name(k, i));
	return strdup(path);
}

static void count(struct ktap *k, enum ktap_status status)
{
	if (status == KTAP_PASS)
		k->passed++;
	else if (status == KTAP_FAIL)
		k->failed++;
	else
		k->skipped++;
}

static void add_result(struct ktap *k, int depth, const char *name, enum ktap_status status, const char *reason,
		       uint64_t now_ns)
{
	struct ktap_result *r;

	count(k, status);
	if (k->nr_results == k->cap) {
		unsigned int cap = k->cap ? 2 * k->cap : 64;
		struct ktap_result *grown = cap <= RESULTS_MAX ? realloc(k->results, cap * sizeof(*grown)) : NULL;

		if (!grown) {
			malformed(k, "more than %u results", k->nr_results);
			return;
		}
		k->results = grown;
		k->cap = cap;
	}
	r = &k->results[k->nr_results++];
	r->suite = suite_path(k, depth);
	r->name = strdup(name);
	r->diag = strdup(status == KTAP_SKIP ? reason : k->diag && k->diag_kept < DIAG_TOTAL ? k->diag : "");
	k->diag_kept += r->diag ? strlen(r->diag) : 0;
	r->status = status;
	r->ms = k->last_ns ? (double)(now_ns - k->last_ns) / 1e6 : 0;
	r->at_ns = now_ns;
}

/* "ok 3 name # SKIP reason", after the indentation. Return: false if it is not that. */
static bool parse_result(const char *p, unsigned long *nr, char *name, size_t size, enum ktap_status *status,
			 const char **reason)
{
	const char *hash, *stop;
	char *end;
	size_t len;

	*status = KTAP_PASS;
	if (!strncmp(p, "not ", 4)) {
		*status = KTAP_FAIL;
		p += 4;
	}
	if (strncmp(p, "ok ", 3) || !isdigit((unsigned char)p[3]))
		return false;
	*nr = strtoul(p + 3, &end, 10);
	if (*end && *end != ' ')
		return false;
	p = end + strspn(end, " -");
	hash = strstr(p, "# ");
	stop = hash ? hash : p + strlen(p);
	while (stop > p && stop[-1] == ' ')
		stop--;
	len = (size_t)(stop - p) < size - 1 ? (size_t)(stop - p) : size - 1;
	memcpy(name, p, len);
	name[len] = '\0';
	*reason = "";
	if (hash && !strncasecmp(hash + 2, "SKIP", 4)) {
		if (*status == KTAP_PASS)
			*status = KTAP_SKIP;
		*reason = hash + 6 + strspn(hash + 6, " :");
	}
	return true;
}

static void take_result(struct ktap *k, int depth, unsigned long nr, const char *name, enum ktap_status status,
			const char *reason, uint64_t now_ns)
{
	unsigned int failed_below;
	struct ktap_level *l;
	bool had_children = k->depth > depth;

	if (k->depth < depth) {
		malformed(k, "result '%.60s' outside any test", name);
		return;
	}
	failed_below = close_below(k, depth);
	l = &k->levels[depth];
	l->seen++;
	if (nr != l->seen)
		malformed(k, "%s: result %lu where %u was due", level_name(k, depth), nr, l->seen);
	/* A sum counts only if it says more than its parts: a suite that failed outside its cases. */
	if (!had_children || (status == KTAP_FAIL && !failed_below)) {
		add_result(k, depth, name, status, reason, now_ns);
		failed_below += status == KTAP_FAIL;
	}
	l->failed += failed_below;
	if (k->diag_len) {
		k->diag_len = 0;
		k->diag[0] = '\0';
	}
	k->last_ns = now_ns;
	k->suite_ended = depth == 0;
	snprintf(k->suite_name, sizeof(k->suite_name), "%s", name);
}

void ktap_line(struct ktap *k, const char *line, uint64_t now_ns)
{
	size_t spaces = strspn(line, " ");
	const char *text = line + spaces, *reason;
	int depth = (int)(spaces / INDENT);
	enum ktap_status status;
	unsigned long nr;
	char name[128];

	k->suite_ended = false;
	if (spaces % INDENT || spaces / INDENT >= KTAP_MAX_DEPTH) {
		if (k->depth >= 0 && *text)
			add_diag(k, line);
		return;
	}
	if (!strncmp(text, "KTAP version ", 13)) {
		if (depth > k->depth + 1)
			malformed(k, "a test begins %d levels too deep", depth - k->depth - 1);
		close_below(k, depth - 1);
		k->documents += !depth;
		open_level(k, k->depth + 1);
		if (!k->last_ns)
			k->last_ns = now_ns;
	} else if (k->depth >= depth && !strncmp(text, "1..", 3) && isdigit((unsigned char)text[3])) {
		if (depth < k->depth)
			close_below(k, depth);
		k->levels[depth].has_plan = true;
		k->levels[depth].plan = (unsigned int)strtoul(text + 3, NULL, 10);
	} else if (k->depth >= depth && !strncmp(text, "# Subtest: ", 11)) {
		free(k->levels[depth].name);
		k->levels[depth].name = strdup(text + 11);
	} else if (parse_result(text, &nr, name, sizeof(name), &status, &reason)) {
		take_result(k, depth, nr, name, status, reason, now_ns);
	} else if (k->depth >= 0 && *text) {
		add_diag(k, line);
	}
}

void ktap_end(struct ktap *k)
{
	close_below(k, -1);
}

char *ktap_where(const struct ktap *k, char *buf, size_t size)
{
	const struct ktap_level *l;

	if (k->depth < 0) {
		snprintf(buf, size, "%s", "");
		return buf;
	}
	l = &k->levels[k->depth];
	snprintf(buf, size, "%s, after %u of %u results", level_name(k, k->depth), l->seen, l->plan);
	return buf;
}

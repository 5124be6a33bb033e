// SPDX-License-Identifier: MIT
/*
 * parse.c - one line of a trace into an event.
 *
 * Three writers, one shape: who, CPU in brackets, maybe flags, time, name, fields as key=value.
 *
 *	ftrace     "  cc1-17667   [001] d..1.  1605.257306: mm_page_alloc: page=… pfn=0x196374 order=1 …"
 *	trace-cmd  "  cc1-17667  [001]  1605.257306: mm_page_alloc:  page=0x… pfn=1663860 order=1 …"
 *	perf       "cc1 17667 [001]  1605.257306: kmem:mm_page_alloc: page=0x… pfn=0x196374 order=1 …"
 *
 * Task names may hold anything, blanks and brackets too, so the CPU is the first bracketed number that a time and a name
 * follow.
 * Pointers are hashed unless the recording was made otherwise: they are compared, never looked at.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace/internal.h"

#define NAME_IS(text, len, lit) ((len) == sizeof(lit) - 1 && !memcmp(text, lit, sizeof(lit) - 1))

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* "1605.257306:" or, with a counter as trace clock, "1605:". Returns what follows, or NULL. */
static const char *parse_time(const char *p, double *seconds)
{
	const char *from = p;

	while (isdigit((unsigned char)*p))
		p++;
	if (p == from)
		return NULL;
	if (*p == '.') {
		const char *fraction = ++p;

		while (isdigit((unsigned char)*p))
			p++;
		if (p == fraction)
			return NULL;
	}
	if (*p != ':')
		return NULL;
	*seconds = strtod(from, NULL);
	return p + 1;
}

/*
 * The number before the CPU's bracket: "name-123   [", "name 123 [", "name 123/124 [", with "( tgid)" in between when
 * thread groups were recorded. -1 if there is none.
 */
static int parse_pid(const char *line, const char *bracket)
{
	const char *end = bracket;
	const char *p;

	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (end > line && end[-1] == ')') {
		while (end > line && *end != '(')
			end--;
		while (end > line && end[-1] == ' ')
			end--;
	}
	for (p = end; p > line && isdigit((unsigned char)p[-1]); p--)
		;
	if (p == end || end - p > 10)
		return -1;
	return (int)strtol(p, NULL, 10);
}

/* "kmalloc:", "kmem:kmalloc:", "<stack trace>" */
static bool is_event_name(const char *p)
{
	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	return *p == ':' || *p == '<';
}

/*
 * Who, where and when. Returns the text behind the time, or NULL if this is no such line. The flags' third letter tells
 * interrupts from tasks.
 */
static const char *parse_prefix(const char *line, struct trace_event *ev)
{
	for (const char *p = strchr(line, '['); p; p = strchr(p + 1, '[')) {
		const char *close = p + 1;
		const char *flags, *rest;
		uint64_t cpu;

		while (isdigit((unsigned char)*close))
			close++;
		if (*close != ']' || trace_number(p + 1, (size_t)(close - p - 1), 10, &cpu) || cpu > 0xffff)
			continue;
		flags = skip_blanks(close + 1);
		rest = parse_time(flags, &ev->seconds);
		if (!rest) {
			const char *end = strpbrk(flags, " \t");

			if (!end || end - flags < 3 || end - flags > 16)
				continue;
			rest = parse_time(skip_blanks(end), &ev->seconds);
			ev->context = flags[2];
		}
		if (!rest || !is_event_name(skip_blanks(rest)))
			continue;
		ev->cpu = (unsigned int)cpu;
		ev->pid = parse_pid(line, p);
		return skip_blanks(rest);
	}
	return NULL;
}

/* Value of "key=" among the fields, up to the next blank. */
static const char *field(const char *fields, const char *key, size_t *len)
{
	size_t klen = strlen(key);

	for (const char *p = strstr(fields, key); p; p = strstr(p + 1, key)) {
		if (p != fields && p[-1] != ' ' && p[-1] != '\t')
			continue;
		*len = strcspn(p + klen, " \t");
		return p + klen;
	}
	return NULL;
}

static int number_field(const char *fields, const char *key, int base, uint64_t *value, struct trace_error *err)
{
	size_t len;
	const char *text = field(fields, key, &len);

	if (!text)
		return trace_fail(err, "the event has no %s field", key);
	if (trace_number(text, len, base, value))
		return trace_fail(err, "%s%.*s is not a number", key, (int)(len > 40 ? 40 : len), text);
	return 0;
}

/* Pointers come as 0x…, as bare hexadecimal digits, or as a word in parentheses: "(null)". */
static int pointer_field(const char *fields, const char *key, uint64_t *value, struct trace_error *err)
{
	size_t len;
	const char *text = field(fields, key, &len);

	if (text && (NAME_IS(text, len, "(null)") || NAME_IS(text, len, "(nil)"))) {
		*value = 0;
		return 0;
	}
	return number_field(fields, key, 16, value, err);
}

static int gfp_field(const char *fields, struct trace_event *ev, struct trace_error *err)
{
	size_t len;
	const char *text = field(fields, "gfp_flags=", &len);

	if (!text)
		return trace_fail(err, "the event has no gfp_flags= field");
	if (trace_gfp_parse(text, len, &ev->gfp))
		return trace_fail(err, "gfp_flags=%.*s: unknown flag", (int)(len > 80 ? 80 : len), text);
	return 0;
}

/* Cache names may hold blanks: in an allocation the next field ends them, in a free the line does. */
static void name_field(const char *fields, struct trace_event *ev)
{
	const char *end;
	size_t len;

	ev->name = field(fields, "name=", &len);
	if (!ev->name) {
		ev->name = "";
		return;
	}
	end = strstr(ev->name, " bytes_req=");
	ev->name_len = end ? (size_t)(end - ev->name) : strlen(ev->name);
	while (ev->name_len && isspace((unsigned char)ev->name[ev->name_len - 1]))
		ev->name_len--;
}

static int parse_slab_alloc(const char *fields, struct trace_event *ev, struct trace_error *err)
{
	if (pointer_field(fields, "ptr=", &ev->key, err) ||
	    number_field(fields, "bytes_req=", 10, &ev->bytes_req, err) ||
	    number_field(fields, "bytes_alloc=", 10, &ev->bytes_alloc, err) || gfp_field(fields, ev, err))
		return -EINVAL;
	if (ev->bytes_req > UINT32_MAX || ev->bytes_alloc > UINT32_MAX)
		return trace_fail(err, "an allocation of 4 GiB or more");
	if (ev->kind == TRACE_CACHE_ALLOC) {
		if (!ev->bytes_req)
			return trace_fail(err, "an object of no bytes");
		name_field(fields, ev);
	}
	ev->null = !ev->key;
	return 0;
}

/* A pointer of at most 16 is NULL or what kmalloc(0) gives: nothing to free. */
static int parse_slab_free(const char *fields, struct trace_event *ev, struct trace_error *err)
{
	if (pointer_field(fields, "ptr=", &ev->key, err))
		return -EINVAL;
	name_field(fields, ev);
	ev->null = ev->key <= 16;
	return 0;
}

static int parse_pages(const char *fields, struct trace_event *ev, struct trace_error *err)
{
	uint64_t page = 1, order = 0;
	size_t len;

	if (field(fields, "page=", &len) && pointer_field(fields, "page=", &page, err))
		return -EINVAL;
	if (number_field(fields, "pfn=", 0, &ev->key, err))
		return -EINVAL;
	/* Older kernels give no order with mm_page_free_batched. */
	if ((ev->kind != TRACE_PAGE_BATCHED || field(fields, "order=", &len)) &&
	    number_field(fields, "order=", 10, &order, err))
		return -EINVAL;
	if (order > 63)
		return trace_fail(err, "order=%lu is no order", (unsigned long)order);
	ev->order = (uint8_t)order;
	if (ev->kind != TRACE_PAGE_ALLOC)
		return 0;
	ev->null = !page;
	return gfp_field(fields, ev, err);
}

static const struct event_name {
	const char *name;
	enum trace_kind kind;
	int (*parse)(const char *fields, struct trace_event *ev, struct trace_error *err);
} event_names[] = {
	{"kmalloc", TRACE_KMALLOC, parse_slab_alloc},
	{"kmalloc_node", TRACE_KMALLOC, parse_slab_alloc},
	{"kmem_cache_alloc", TRACE_CACHE_ALLOC, parse_slab_alloc},
	{"kmem_cache_alloc_node", TRACE_CACHE_ALLOC, parse_slab_alloc},
	{"kfree", TRACE_KFREE, parse_slab_free},
	{"kmem_cache_free", TRACE_CACHE_FREE, parse_slab_free},
	{"mm_page_alloc", TRACE_PAGE_ALLOC, parse_pages},
	{"mm_page_free", TRACE_PAGE_FREE, parse_pages},
	{"mm_page_free_batched", TRACE_PAGE_BATCHED, parse_pages},
};

static int parse_event(const char *p, struct trace_event *ev, struct trace_error *err)
{
	size_t len;

	if (!strncmp(p, "kmem:", 5))
		p += 5;
	len = strcspn(p, ": \t");
	ev->kind = TRACE_OTHER;
	if (p[len] != ':')
		return 0;
	for (size_t i = 0; i < sizeof(event_names) / sizeof(event_names[0]); i++) {
		const struct event_name *e = &event_names[i];

		if (strlen(e->name) != len || memcmp(e->name, p, len))
			continue;
		ev->kind = e->kind;
		return e->parse(skip_blanks(p + len + 1), ev, err);
	}
	return 0;
}

/* "CPU:0 [LOST 12 EVENTS]", "CPU:1 [12 EVENTS DROPPED]", "CPU:1 [EVENTS DROPPED]", perf's "PERF_RECORD_LOST lost 12".
 */
static bool parse_lost(const char *line, struct trace_event *ev)
{
	const char *p = skip_blanks(line);
	bool perf = strstr(p, "PERF_RECORD_LOST") != NULL;

	if (!perf && (strncmp(p, "CPU:", 4) || !strstr(p, " EVENTS") || !strchr(p, '[')) &&
	    (strncmp(p, "CPU:", 4) || !strstr(p, "[EVENTS DROPPED]")))
		return false;
	p = perf ? strstr(p, "LOST") : strchr(p, '[');
	p += strcspn(p, "0123456789");
	ev->kind = TRACE_LOST;
	ev->lost = *p ? strtoull(p, NULL, 10) : 1;
	return true;
}

/* Lines that belong to a trace and are no events: comments, headers, stacks. */
static bool is_filler(const char *line)
{
	const char *p = skip_blanks(line);

	if (!*p || *p == '#' || !strncmp(p, "=>", 2))
		return true;
	if (!strncmp(p, "cpus=", 5) || !strncmp(p, "version = ", 10))
		return true;
	if (!strncmp(p, "CPU ", 4) && strstr(p, "is empty"))
		return true;
	/* perf's callchains: an address, then a symbol; deeper than the margin */
	return p > line && strspn(p, "0123456789abcdef") >= 8 && p[strspn(p, "0123456789abcdef")] == ' ';
}

int trace_parse_line(const char *line, size_t len, struct trace_event *ev, struct trace_error *err)
{
	const char *p;

	memset(ev, 0, sizeof(*ev));
	ev->name = "";
	if (strlen(line) != len)
		return trace_fail(err, "a zero byte: not the text of a trace");
	if (is_filler(line) || parse_lost(line, ev))
		return 0;
	p = parse_prefix(line, ev);
	if (!p)
		return trace_fail(err, "not a line of a kmem trace: \"%.60s%s\"", line, len > 60 ? "…" : "");
	return parse_event(p, ev, err);
}

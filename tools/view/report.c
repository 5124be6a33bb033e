// SPDX-License-Identifier: MIT
/*
 * report.c - a check's outcome for people (text) and for programs (JSON).
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "tools/view/check_impl.h"

static void print_fault(const struct check_fault *f, FILE *out)
{
	unsigned int nr;

	fprintf(out, "BROKEN %s: %s", check_rules(&nr)[f->rule].name, f->object);
	if (f->pfn != CHECK_NO_PFN)
		fprintf(out, ", pfn %#lx", f->pfn);
	if (f->addr)
		fprintf(out, ", at %#lx", f->addr);
	fprintf(out, ": found %s, expected %s\n", f->got, f->want);
}

char *check_verdict(const struct check_report *r, char *buf, size_t size)
{
	double ms = (double)r->ns / 1e6;
	int n;

	if (r->broken)
		n = snprintf(buf, size, "BROKEN: %u of %u invariants, %lu faults", r->broken, r->checked,
			     r->total_faults);
	else
		n = snprintf(buf, size, "%u invariants hold", r->checked);
	if (n > 0 && (size_t)n < size && r->total_flux)
		n += snprintf(buf + n, size - (size_t)n, ", %lu structures in flux", r->total_flux);
	if (n > 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, " (%lu pages in %.1f ms)", r->pages, ms);
	return buf;
}

void check_print(const struct check_report *r, FILE *out)
{
	check_print_more(r, out, NULL, NULL);
}

void check_print_more(const struct check_report *r, FILE *out, void (*more)(void *ctx, const struct check_fault *f),
		      void *ctx)
{
	unsigned int nr;
	const struct check_rule *rules = check_rules(&nr);
	char line[256];

	for (unsigned int i = 0; i < r->nr_faults; i++) {
		print_fault(&r->faults[i], out);
		if (more)
			more(ctx, &r->faults[i]);
	}
	for (unsigned int i = 0; i < nr; i++) {
		if (r->found[i] > CHECK_KEEP)
			fprintf(out, "BROKEN %s: %u more\n", rules[i].name, r->found[i] - CHECK_KEEP);
		if (r->flux[i])
			fprintf(out, "in flux %s: %u structures were being changed and are not judged\n", rules[i].name,
				r->flux[i]);
	}
	fprintf(out, "%s\n", check_verdict(r, line, sizeof(line)));
}

static struct json_object *hex(uint64_t x)
{
	char text[24];

	snprintf(text, sizeof(text), "%#lx", x);
	return json_object_new_string(text);
}

static struct json_object *json_fault(const struct check_fault *f)
{
	struct json_object *o = json_object_new_object();
	unsigned int nr;

	json_object_object_add(o, "rule", json_object_new_string(check_rules(&nr)[f->rule].name));
	json_object_object_add(o, "object", json_object_new_string(f->object));
	if (f->pfn != CHECK_NO_PFN)
		json_object_object_add(o, "pfn", json_object_new_int64((int64_t)f->pfn));
	if (f->addr)
		json_object_object_add(o, "address", hex(f->addr));
	json_object_object_add(o, "found", json_object_new_string(f->got));
	json_object_object_add(o, "expected", json_object_new_string(f->want));
	return o;
}

struct json_object *check_json(const struct check_report *r)
{
	return check_json_more(r, NULL, NULL);
}

struct json_object *check_json_more(const struct check_report *r,
				    void (*more)(void *ctx, const struct check_fault *f, struct json_object *o),
				    void *ctx)
{
	struct json_object *o = json_object_new_object(), *faults = json_object_new_array(),
			   *counts = json_object_new_object();
	struct json_object *flux = json_object_new_object();
	unsigned int nr;
	char ms[32];
	const struct check_rule *rules = check_rules(&nr);

	json_object_object_add(o, "holds", json_object_new_boolean(!r->broken));
	json_object_object_add(o, "checked", json_object_new_int((int)r->checked));
	json_object_object_add(o, "broken", json_object_new_int((int)r->broken));
	for (unsigned int i = 0; i < nr; i++) {
		if (r->found[i])
			json_object_object_add(counts, rules[i].name, json_object_new_int64(r->found[i]));
		if (r->flux[i])
			json_object_object_add(flux, rules[i].name, json_object_new_int64(r->flux[i]));
	}
	json_object_object_add(o, "violations", counts);
	json_object_object_add(o, "in_flux", flux);
	for (unsigned int i = 0; i < r->nr_faults; i++) {
		struct json_object *one = json_fault(&r->faults[i]);

		if (more)
			more(ctx, &r->faults[i], one);
		json_object_array_add(faults, one);
	}
	json_object_object_add(o, "faults", faults);
	json_object_object_add(o, "pages", json_object_new_int64((int64_t)r->pages));
	json_object_object_add(o, "pages_read", json_object_new_int64((int64_t)r->pages_read));
	snprintf(ms, sizeof(ms), "%.3f", (double)r->ns / 1e6);
	json_object_object_add(o, "ms", json_object_new_double_s((double)r->ns / 1e6, ms));
	return o;
}

/* The numbers of a gap that no rule has: "55-57", "84", "96,98". Return: is there one? */
static bool gap_numbers(const struct check_gap *gap, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned int n = gap->first; n <= gap->last && at < size; n++) {
		unsigned int last = n;

		if (check_numbered(n))
			continue;
		while (last < gap->last && !check_numbered(last + 1))
			last++;
		at += (size_t)snprintf(buf + at, size - at, last > n ? "%s%u-%u" : "%s%u", at ? "," : "", n, last);
		n = last;
	}
	return at != 0;
}

void check_list(FILE *out)
{
	unsigned int nr, nr_gaps, left = 0;
	const struct check_rule *rules = check_rules(&nr);
	const struct check_gap *gaps = check_gaps(&nr_gaps);
	char numbers[64];

	for (unsigned int i = 0; i < nr; i++)
		fprintf(out, "%-22s %s\n", rules[i].name, rules[i].says);
	for (unsigned int n = 1; n <= CHECK_NUMBERS; n++)
		left += !check_numbered(n);
	fprintf(out, "\nNot checked, %u of %d numbers of the list of invariants:\n", left, CHECK_NUMBERS);
	for (unsigned int i = 0; i < nr_gaps; i++)
		if (gap_numbers(&gaps[i], numbers, sizeof(numbers)))
			fprintf(out, "%-22s %s: %s\n", numbers, gaps[i].what, gaps[i].why);
}

static void add_text(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, json_object_new_string(text));
}

struct json_object *check_list_json(void)
{
	struct json_object *list = json_object_new_array();
	unsigned int nr, nr_gaps;
	const struct check_rule *rules = check_rules(&nr);
	const struct check_gap *gaps = check_gaps(&nr_gaps);
	char numbers[64];

	for (unsigned int i = 0; i < nr; i++) {
		struct json_object *o = json_object_new_object();

		add_text(o, "name", rules[i].name);
		add_text(o, "says", rules[i].says);
		add_text(o, "numbers", rules[i].numbers);
		json_object_array_add(list, o);
	}
	for (unsigned int i = 0; i < nr_gaps; i++) {
		struct json_object *o;

		if (!gap_numbers(&gaps[i], numbers, sizeof(numbers)))
			continue;
		o = json_object_new_object();
		add_text(o, "numbers", numbers);
		add_text(o, "about", gaps[i].what);
		add_text(o, "not_checked", gaps[i].why);
		json_object_array_add(list, o);
	}
	return list;
}

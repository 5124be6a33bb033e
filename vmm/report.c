// SPDX-License-Identifier: MIT
/*
 * report.c - JUnit XML and JSON. Test names and diagnoses come from the guest: they are escaped, and what XML cannot
 * hold is replaced.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/ktap.h"
#include "vmm/report.h"
#include "vmm/vm.h"

static void put_xml(FILE *f, const char *text)
{
	for (; *text; text++) {
		unsigned char ch = (unsigned char)*text;

		if (ch == '<')
			fputs("&lt;", f);
		else if (ch == '>')
			fputs("&gt;", f);
		else if (ch == '&')
			fputs("&amp;", f);
		else if (ch == '"')
			fputs("&quot;", f);
		else if ((ch < ' ' && ch != '\n' && ch != '\t') || ch >= 0x7f)
			fputc('?', f); /* control characters, and bytes that need not be UTF-8 */
		else
			fputc(ch, f);
	}
}

static void put_attr(FILE *f, const char *name, const char *value)
{
	fprintf(f, " %s=\"", name);
	put_xml(f, value);
	fputc('"', f);
}

static void put_case(FILE *f, const struct ktap_result *r)
{
	fputs("    <testcase", f);
	put_attr(f, "classname", *r->suite ? r->suite : "mmvisor");
	put_attr(f, "name", r->name);
	fprintf(f, " time=\"%.3f\"", r->ms / 1000);
	if (r->status == KTAP_PASS) {
		fputs("/>\n", f);
		return;
	}
	fputs(">\n", f);
	if (r->status == KTAP_SKIP) {
		fputs("      <skipped", f);
		put_attr(f, "message", r->diag);
		fputs("/>\n", f);
	} else {
		fputs("      <failure message=\"failed\">", f);
		put_xml(f, r->diag);
		fputs("</failure>\n", f);
	}
	fputs("    </testcase>\n", f);
}

/* What no single test stands for: a crash, a time-out, a broken invariant, missing results. */
static void put_run(FILE *f, const struct run_result *res)
{
	bool bad = res->exit_code > RUN_FAILED || res->incomplete;

	fprintf(f, "  <testsuite name=\"mmvisor.run\" tests=\"1\" failures=\"0\" errors=\"%d\" skipped=\"0\">\n", bad);
	fputs("    <testcase classname=\"mmvisor\" name=\"run\"", f);
	fprintf(f, " time=\"%.3f\"", (res->ms_launch + res->ms_boot + res->ms_suites) / 1000);
	if (bad) {
		fputs(">\n      <error", f);
		put_attr(f, "message", res->reason);
		fputs("/>\n    </testcase>\n", f);
	} else {
		fputs("/>\n", f);
	}
	fputs("  </testsuite>\n", f);
}

/* Results of one suite follow each other. Return: index of the first one that is not in @from's suite. */
static unsigned int put_suite(FILE *f, const struct ktap *k, unsigned int from)
{
	unsigned int end = from, failed = 0, skipped = 0;
	double ms = 0;

	for (; end < k->nr_results && !strcmp(k->results[end].suite, k->results[from].suite); end++) {
		failed += k->results[end].status == KTAP_FAIL;
		skipped += k->results[end].status == KTAP_SKIP;
		ms += k->results[end].ms;
	}
	fputs("  <testsuite", f);
	put_attr(f, "name", *k->results[from].suite ? k->results[from].suite : "mmvisor");
	fprintf(f, " tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"%.3f\">\n", end - from, failed,
		skipped, ms / 1000);
	for (unsigned int i = from; i < end; i++)
		put_case(f, &k->results[i]);
	fputs("  </testsuite>\n", f);
	return end;
}

static int finish(FILE *f, const char *path)
{
	int err = ferror(f) ? EIO : 0;

	if (fclose(f))
		err = errno;
	if (err)
		unlink(path);
	return -err;
}

int report_junit(const struct run_result *res, const char *path)
{
	const struct ktap *k = res->ktap;
	bool bad = res->exit_code > RUN_FAILED || res->incomplete;
	FILE *f = fopen(path, "we");

	if (!f)
		return -errno;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", f);
	fprintf(f, "<testsuites name=\"mmvisor\" tests=\"%u\" failures=\"%u\" errors=\"%d\" skipped=\"%u\">\n",
		k->nr_results + 1, k->failed, bad, k->skipped);
	for (unsigned int i = 0; i < k->nr_results;)
		i = put_suite(f, k, i);
	put_run(f, res);
	fputs("</testsuites>\n", f);
	return finish(f, path);
}

static struct json_object *milliseconds(double ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", ms);
	return json_object_new_double_s(ms, text);
}

struct json_object *report_disks(const struct vm *vm)
{
	static const char *const names[NR_DISK_OPS] = {"reads", "writes", "flushes", "discards"};
	struct json_object *disks = json_object_new_array();

	for (unsigned int i = 0; i < vm->nr_blk; i++) {
		const struct disk *d = &vm->blk[i].disk;
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "path", d->spec.path ? json_object_new_string(d->spec.path) : NULL);
		json_object_object_add(o, "sectors", json_object_new_int64((int64_t)d->sectors));
		for (unsigned int op = 0; op < NR_DISK_OPS; op++)
			json_object_object_add(o, names[op], json_object_new_int64((int64_t)d->done[op]));
		json_object_object_add(o, "failed", json_object_new_int64((int64_t)d->failed));
		json_object_array_add(disks, o);
	}
	return disks;
}

int report_json(const struct run_result *res, const char *path, struct json_object *extra)
{
	struct json_object *top = json_object_new_object(), *inv = json_object_new_object(),
			   *ms = json_object_new_object();
	FILE *f = fopen(path, "we");
	int err = f ? 0 : -errno;

	json_object_object_add(top, "engine", json_object_new_string(res->engine));
	json_object_object_add(top, "passed", json_object_new_int64(res->passed));
	json_object_object_add(top, "failed", json_object_new_int64(res->failed));
	json_object_object_add(top, "skipped", json_object_new_int64(res->skipped));
	json_object_object_add(inv, "checked", json_object_new_int64(res->checked));
	json_object_object_add(inv, "broken", json_object_new_int64(res->broken));
	json_object_object_add(top, "invariants", inv);
	json_object_object_add(ms, "launch", milliseconds(res->ms_launch));
	json_object_object_add(ms, "boot", milliseconds(res->ms_boot));
	json_object_object_add(ms, "suites", milliseconds(res->ms_suites));
	json_object_object_add(top, "ms", ms);
	json_object_object_add(top, "dma", dma_json(res->vm));
	/* No member where there is none. */
	if (res->vm && res->vm->nr_blk)
		json_object_object_add(top, "disks", report_disks(res->vm));
	if (extra) {
		json_object_object_foreach (extra, key, value) {
			json_object_object_add(top, key, json_object_get(value));
		}
	}
	if (f) {
		fprintf(f, "%s\n",
			json_object_to_json_string_ext(top, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		err = finish(f, path);
	}
	json_object_put(top);
	return err;
}

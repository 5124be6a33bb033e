/* SPDX-License-Identifier: MIT */
/*
 * ktap.h - reads KTAP (version 1 and 2) line by line, and keeps every result.
 *
 * Nesting is by indentation, four spaces a level. A plan that is not fulfilled, a result out of order, and a level that
 * is still open at the end make the whole incomplete: that counts as a failure. Other console text is ignored, and kept as
 * the diagnosis of the next result if it looks like one.
 * A pure parser: no I/O, one thread at a time.
 */
#ifndef MMV_VMM_KTAP_H
#define MMV_VMM_KTAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KTAP_MAX_DEPTH 8

enum ktap_status { KTAP_PASS, KTAP_FAIL, KTAP_SKIP };

/**
 * struct ktap_result - one test case (a result without results under it), or a suite that failed by itself.
 * @suite: names of the levels above, joined by '.'
 * @diag: lines that came before it, newline separated, "" if none; for a skip, the reason
 */
struct ktap_result {
	char *suite, *name, *diag;
	enum ktap_status status;
	double ms;
	uint64_t at_ns; /* when it came */
};

/** struct ktap_level - one level that is open. @failed: cases in it and under it that failed. */
struct ktap_level {
	char *name;
	bool has_plan;
	unsigned int plan, seen, failed;
};

struct ktap {
	struct ktap_result *results;
	unsigned int nr_results, cap;
	unsigned int passed, failed, skipped;
	unsigned int documents; /* "KTAP version" lines at the left margin */
	bool incomplete;
	char why[160]; /* the first thing that was wrong with the form */
	int depth;     /* levels open, -1: none */
	struct ktap_level levels[KTAP_MAX_DEPTH];
	char *diag;
	size_t diag_len, diag_kept; /* waiting; in all results */
	uint64_t last_ns;
	/* of the last line, for progress: a result at the left margin */
	bool suite_ended;
	char suite_name[128];
};

void ktap_init(struct ktap *k);
void ktap_free(struct ktap *k);

/** ktap_line - feed one line, without newline; @now_ns: when it came. */
void ktap_line(struct ktap *k, const char *line, uint64_t now_ns);

/** ktap_end - there are no more lines: judge what is open. */
void ktap_end(struct ktap *k);

/** ktap_where - "suite, after case" of what was running last, for messages; "" outside any. Return: @buf. */
char *ktap_where(const struct ktap *k, char *buf, size_t size);

#endif

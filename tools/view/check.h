/* SPDX-License-Identifier: MIT */
/*
 * check.h - the invariants: one table of rules, one report.
 *
 * A rule has a name that never changes (scripts and tests know it), one sentence that states it, and its numbers in the
 * project's list of invariants. A fault says which rule, which object, what was found and what should be there.
 *
 * What a vCPU was in the middle of changing (lock held or its sequence odd) is skipped and counted as in flux: that is
 * not a fault, but it is not a proof either, and the report says so.
 */
#ifndef MMV_TOOLS_CHECK_H
#define MMV_TOOLS_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/view/view.h"

struct json_object;

/**
 * struct check_rule - one invariant.
 * @numbers: its numbers in the list of invariants, comma separated
 */
struct check_rule {
	const char *name;
	const char *says;
	const char *numbers;
};

/** check_rules - the table; @nr gets its length. */
const struct check_rule *check_rules(unsigned int *nr);
/** check_rule_find - index of the rule of that name, or -1. */
int check_rule_find(const char *name);

/** struct check_gap - numbers [@first, @last] of the list: what they are about, and why no rule proves them. */
struct check_gap {
	unsigned int first, last;
	const char *what, *why;
};

/** The numbers of the list go from 1 to this. */
#define CHECK_NUMBERS 245

/** check_gaps - the table of not_applicable.c; @nr gets its length. */
const struct check_gap *check_gaps(unsigned int *nr);
/** check_numbered - does a rule have this number of the list? */
bool check_numbered(unsigned int number);

/**
 * struct check_fault - one violation.
 * @rule: index into check_rules()
 * @pfn: the page it is about, CHECK_NO_PFN if none
 * @addr: guest address of the structure it is about, 0 if none
 * @object: which zone, cache, area or page, in words
 */
#define CHECK_NO_PFN UINT64_MAX
struct check_fault {
	unsigned int rule;
	uint64_t pfn;
	gva_t addr;
	char object[80];
	char got[96];
	char want[96];
};

/** More faults of one rule than this are counted, but not kept. */
#define CHECK_KEEP 16
#define CHECK_MAX_RULES 320

/**
 * struct check_report - the outcome. Zero it, or check_report_init() it, before the first use.
 * @found: faults of each rule, kept or not
 * @flux: structures skipped under each rule because a vCPU was changing them
 * @checked: rules that were evaluated; @broken: rules with at least one fault
 * @pages: entries of the memory map that the zones cover; @pages_read: those that exist (the rest are holes that read
 * as zero)
 * @ns: how long it took; @scan_ns: of that, the pass over the memory map, by @workers threads
 */
struct check_report {
	struct check_fault *faults;
	unsigned int nr_faults, cap_faults;
	uint32_t found[CHECK_MAX_RULES];
	uint32_t flux[CHECK_MAX_RULES];
	bool ran[CHECK_MAX_RULES];
	unsigned int checked, broken;
	uint64_t total_faults, total_flux;
	uint64_t pages, pages_read;
	uint64_t ns, scan_ns;
	unsigned int workers;
};

void check_report_init(struct check_report *r);
void check_report_free(struct check_report *r);

/**
 * view_check - prove or refute every rule
 * The guest should be paused (view_pause()) or over; this function does not do it.
 * Return: number of broken rules, or -1 if there was nothing to check: the guest never announced its root, or its root
 * is of another version; the reason is in @err then.
 */
int view_check(struct view *v, struct check_report *r, char *err);
/** view_check_by - the same, the memory map looked at by @workers threads; 0: as many as are worth it. */
int view_check_by(struct view *v, unsigned int workers, struct check_report *r, char *err);

/**
 * view_check_pair - what two moments of one guest must have in common; @old: the earlier one
 * Adds to @r, which view_check() may have filled for the later one.
 * Return: number of broken rules in @r, or -1 and a line in @err: one cannot be read, or they are of different runs.
 */
int view_check_pair(struct view *old, struct view *now, struct check_report *r, char *err);

/**
 * check_confirm - keep in @r only what @again found as well: same rule, page and address
 * For a live guest that ran between the two: a thread that was stopped half-way through something has moved on.
 * Also takes over what @again has less of in flux.
 */
void check_confirm(struct check_report *r, const struct check_report *again);

/** check_print - the report as text: faults, what was in flux, a last line with the verdict. */
void check_print(const struct check_report *r, FILE *out);
/** check_print_more - the same; after each fault @more may add what it knows. check_json_more - into the fault's object. */
void check_print_more(const struct check_report *r, FILE *out, void (*more)(void *ctx, const struct check_fault *f),
		      void *ctx);
struct json_object *check_json_more(const struct check_report *r,
				    void (*more)(void *ctx, const struct check_fault *f, struct json_object *o),
				    void *ctx);
/** check_verdict - that last line alone, without newline. Return: @buf. */
char *check_verdict(const struct check_report *r, char *buf, size_t size);
/** check_json - the same for programs; the caller owns it. */
struct json_object *check_json(const struct check_report *r);
/** check_list - the table of rules, then what they leave out and why, as text or JSON. */
void check_list(FILE *out);
struct json_object *check_list_json(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * inspect.h - what the commands of mm-inspect share.
 *
 * A command reads the guest while it is paused and writes into memory; main() resumes the guest before anything is
 * printed, so that a slow terminal does not hold the guest up.
 */
#ifndef MMV_TOOLS_INSPECT_H
#define MMV_TOOLS_INSPECT_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/view/check.h"
#include "tools/view/list.h"
#include "tools/view/symtab.h"
#include "tools/view/view.h"

#define INSPECT_MAX_MODULES 64

enum { INSPECT_HOLDS = 0, INSPECT_USAGE = 2, INSPECT_BROKEN = 3 };

/**
 * struct inspect - one call of the program.
 * @arg: what follows SOURCE, NULL if the command takes nothing or was given nothing
 * @only, @skip: comma-separated rules for check, or NULL
 * @since: a core of the same run that check compares with, or NULL
 * @html, @svg: files for map and timeline to draw into, or NULL
 * @kernel, @modules: ELF files to take names from; NULL: the kernel that the source tells
 * @interval, @count: for watch and top: seconds between two looks, and how many; 0: until the guest ends
 * @out: where the command writes
 * @symbols: names from the kernel's ELF file, NULL if it cannot be read
 */
struct inspect {
	const char *source;
	const char *arg;
	const char *only, *skip;
	const char *since;
	const char *html, *svg;
	const char *kernel;
	const char *modules[INSPECT_MAX_MODULES];
	unsigned int nr_modules;
	double interval;
	unsigned long count;
	bool json, verbose;
	FILE *out;
	struct view *view;
	struct symtab *symbols;
};

/* Commands. Return: INSPECT_*; INSPECT_USAGE with a line in @err (VIEW_ERR_MAX bytes). */
int cmd_check(struct inspect *in, char *err);
int cmd_page(struct inspect *in, char *err);
int cmd_vtop(struct inspect *in, char *err);
int cmd_map(struct inspect *in, char *err);
int cmd_slabinfo(struct inspect *in, char *err);
int cmd_vmstat(struct inspect *in, char *err);
int cmd_lru(struct inspect *in, char *err);
int cmd_swap(struct inspect *in, char *err);
int cmd_mempools(struct inspect *in, char *err);
int cmd_leaks(struct inspect *in, char *err);
int cmd_threads(struct inspect *in, char *err);
int cmd_dma(struct inspect *in, char *err);
int cmd_timeline(struct inspect *in, char *err);
int cmd_log(struct inspect *in, char *err);
int cmd_snapshot(struct inspect *in, char *err);
int cmd_control(struct inspect *in, char *err);
int cmd_bt(struct inspect *in, char *err);
int cmd_diff(struct inspect *in, char *err);
int cmd_top(struct inspect *in, char *err);

/** slab_svg - slabinfo --svg: into in->svg. Return: as a command. */
int slab_svg(struct inspect *in, char *err);

struct json_object;
/** picture_open - a file of its own for a picture. NULL: a line in @err. */
FILE *picture_open(const char *path, char *err);
/** picture_close - the picture is drawn: whole, and its name is said; or gone, and a line in @err. Return: 0, -1. */
int picture_close(const struct inspect *in, FILE *f, const char *path, char *err);

/** inspect_json - write an object to in->out and drop it. NULL: nothing written, -1. */
int inspect_json(struct inspect *in, struct json_object *o);

/** print_schema - the schema of all JSON, or of what is called @name. Return: 0, or -1 and one line in @err. */
int print_schema(const char *name, FILE *out, char *err);

/** inspect_name - a name for thread_names; @ctx: the symbols, or NULL */
void inspect_name(void *ctx, gva_t addr, bool is_return, char *buf, size_t size);

/** inspect_symbols - names for @v: of the kernel it tells or --kernel, and of its modules. NULL: there are none. */
struct symtab *inspect_symbols(const struct inspect *in, const struct view *v);

/** print_origin, json_origin - the stack behind a handle; if it is not known, @caller alone, unless that is 0 */
void print_origin(const struct inspect *in, const char *indent, uint32_t handle, gva_t caller);
struct json_object *json_origin(const struct inspect *in, uint32_t handle, gva_t caller);

struct json_object;
/**
 * fault_print, fault_json - what stands around a violation: the page and the blocks before and behind it; who allocated the page
 * (debug kernel). For check_print_more() and check_json_more(); @ctx: struct inspect.
 */
void fault_print(void *ctx, const struct check_fault *f);
void fault_json(void *ctx, const struct check_fault *f, struct json_object *o);

/** page_in_short - a page's block in some words; *start, *end: its pages. Return: @buf. */
const char *page_in_short(const struct inspect *in, uint64_t pfn, uint64_t *start, uint64_t *end, char *buf,
			  size_t size);

/** where_print, where_json - what an address belongs to, as lines or as the member "belongs_to". Return: is it known? */
bool where_print(const struct inspect *in, gva_t va);
bool where_json(const struct inspect *in, gva_t va, struct json_object *o);

#endif

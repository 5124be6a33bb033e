/* SPDX-License-Identifier: MIT */
/*
 * image.h - the guest image that is sabotaged: a private copy of a core's memory in this process, and words for reaching into
 * it by guest address.
 *
 * The image is loaded once; each test runs in a forked process, whose writes stay its own. So nothing has to be undone, and no
 * test sees another's damage. Whatever a test looks for and does not find fails it: a sabotage that did nothing must not pass.
 */
#ifndef MMV_TESTS_SABOTAGE_IMAGE_H
#define MMV_TESTS_SABOTAGE_IMAGE_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/view/check.h"
#include "tools/view/view.h"

/** image_load - run a guest that leaves a core, and load that. Aborts with a message if that fails. */
void image_load(void);
/** image_load_debug - the same with the debug kernel and a zone Movable. */
void image_load_debug(void);
void image_unload(void);
/** image_done - does the guest say that it is done, or may operations be under way? True after image_load(). */
void image_done(bool done);
/** image_core - path of the core itself, for tests of the programs. */
const char *image_core(void);
/** image_program - path of a built program. */
const char *image_program(const char *name);

/**
 * image_share - from here on the image is a core in a file of its own: what is poked is in the file as well
 * For this process: tests run in processes of their own. Return: a name for it, to be opened as any core.
 */
const char *image_share(void);
/** image_header - how many bytes of that core come before memory; they are at *bytes. */
size_t image_header(uint8_t **bytes);

/** image_view - the image as it was loaded: addresses are translated through these, undamaged, tables. */
const struct view *image_view(void);
const struct mm_root *image_root(void);

/** image_check - open the image afresh, as it is now, and check it. Return: as view_check(). */
int image_check(struct check_report *r, char *err);
/** image_check_by - the same, the memory map looked at by so many threads. */
int image_check_by(unsigned int workers, struct check_report *r, char *err);

/** image_reopen - a view of the image as it is now; the caller closes it. NULL: @err says why not. */
struct view *image_reopen(char *err);

/** image_check_pair - what the image as it is now has in common with what it was. Return: as view_check_pair(). */
int image_check_pair(struct check_report *r, char *err);

/* ---- bytes at guest addresses ---- */

void peek(gva_t va, void *buf, size_t len);
void poke(gva_t va, const void *buf, size_t len);

/** image_at - where @va lies in this process; *len comes down to what is in its page. */
void *image_at(gva_t va, size_t *len);

static inline uint64_t peek64(gva_t va)
{
	uint64_t x;

	peek(va, &x, sizeof(x));
	return x;
}

static inline uint32_t peek32(gva_t va)
{
	uint32_t x;

	peek(va, &x, sizeof(x));
	return x;
}

static inline uint16_t peek16(gva_t va)
{
	uint16_t x;

	peek(va, &x, sizeof(x));
	return x;
}

static inline uint8_t peek8(gva_t va)
{
	uint8_t x;

	peek(va, &x, sizeof(x));
	return x;
}

static inline void poke64(gva_t va, uint64_t x)
{
	poke(va, &x, sizeof(x));
}

static inline void poke32(gva_t va, uint32_t x)
{
	poke(va, &x, sizeof(x));
}

static inline void poke16(gva_t va, uint16_t x)
{
	poke(va, &x, sizeof(x));
}

static inline void poke8(gva_t va, uint8_t x)
{
	poke(va, &x, sizeof(x));
}

/* The address of a field of a structure in the guest. */
#define AT(addr, type, field) ((addr) + offsetof(type, field))

/** add64 - a counter goes off by @by. */
static inline void add64(gva_t va, int64_t by)
{
	poke64(va, peek64(va) + (uint64_t)by);
}

/* ---- lists ---- */

void unlink_node(gva_t node);
void link_after(gva_t node, gva_t head);

/* ---- finding something to break ---- */

gva_t zone_addr(unsigned int zone);
void zone_copy(unsigned int zone, struct zone *z);

/** used_page - a used head with this owner and order; of raw single pages, one of the payload's. order -1: any of at least 1. */
uint64_t used_page(unsigned int owner, int order);
/** free_page_head - the first block on a free list: highest zone first. */
uint64_t free_page_head(unsigned int order, unsigned int *zone);
/** fresh_page - the first page of a zone's fresh range. */
uint64_t fresh_page(unsigned int zone);
/** reserved_page - a page of RAM that memblock has reserved. */
uint64_t reserved_page(void);
void page_copy(uint64_t pfn, struct page *page);

/** cache_named - address of a cache. */
gva_t cache_named(const char *name);
/** first_slab - pfn of the first slab on a list: offset of that list in struct kmem_cache. */
uint64_t first_slab(gva_t cache, size_t list);

/** pte_addr - where the entry lies that maps @va, or would: its address in the direct map. @level: 1 for a PTE. */
gva_t pte_addr(gva_t va, int level);

/** some_area - the nth busy vmalloc area with VM_ALLOC; its vmap_area; @vm gets its vm_struct. */
gva_t some_area(unsigned int n, struct vm_struct *vm);
/** free_piece - the nth free piece of vmalloc space. */
gva_t free_piece(unsigned int n, struct vmap_area *va);

/* ---- the table ---- */

/**
 * struct sabotage - a corruption, the rule that must report it, and the rules that may speak up too.
 * @may: blank-separated; what follows from the same damage, because several rules look at the same words
 */
struct sabotage {
	const char *rule;
	const char *what;
	void (*breaks)(void);
	const char *may;
};

/** struct sabotage_table - a file's saboteurs. @debug: they work on the debug kernel's image */
struct sabotage_table {
	const char *name;
	const struct sabotage *all;
	const unsigned int *nr;
	bool debug;
};
/** sabotage_tables - all of them: in matrix.c. An entry without a name ends the list. */
extern const struct sabotage_table sabotage_tables[];
#define SABOTAGE_TABLE(kind)                                                                                           \
	extern const struct sabotage kind##_sabotage[];                                                                \
	extern const unsigned int nr_##kind##_sabotage
SABOTAGE_TABLE(page);
SABOTAGE_TABLE(table);
SABOTAGE_TABLE(slab);
SABOTAGE_TABLE(vmalloc);
SABOTAGE_TABLE(device);
SABOTAGE_TABLE(thread);
SABOTAGE_TABLE(sched);
SABOTAGE_TABLE(file);
SABOTAGE_TABLE(ring);
SABOTAGE_TABLE(user);
SABOTAGE_TABLE(pressure);
SABOTAGE_TABLE(reclaim);
SABOTAGE_TABLE(lru);
SABOTAGE_TABLE(pair);
SABOTAGE_TABLE(mempool);
SABOTAGE_TABLE(debug);
SABOTAGE_TABLE(slab_debug);

/** sabotage_nth - the nth of all for one image; NULL past the end. sabotage_count - how many there are. */
const struct sabotage *sabotage_nth(bool debug, int n);
int sabotage_count(bool debug);
/** sabotage_of_debug_kernel - does the image of the release kernel leave this rule nothing to look at? */
bool sabotage_of_debug_kernel(const char *rule);
/** sabotage_may - is @rule among those that @s allows to speak up beside its own? */
bool sabotage_may(const struct sabotage *s, const char *rule);

/** matrix_begin - before the first test. matrix_note, matrix_untouched - what came of a test. */
void matrix_begin(void);
void matrix_note(bool debug, int n, unsigned int rule, const struct check_report *r);
void matrix_untouched(bool debug, const struct check_report *r);
/** matrix_print - the table. Return: exit status. */
int matrix_print(void);

TCase *robust_tests(void);
TCase *command_tests(void);
TCase *command_debug_tests(void);
TCase *program_tests(void);
/** add_debug_program_tests - to a test case that has loaded the debug kernel's image */
void add_debug_program_tests(TCase *t);

#endif

// SPDX-License-Identifier: MIT
/*
 * robust.c - whatever a guest's memory says, the checker ends, does not crash, and reads nothing outside the image.
 *
 * Random words at places that matter: where pointers, counts and orders lie. Values are those that hurt: zero, all ones, wild
 * and well-formed addresses, addresses of other structures; whole stretches of noise; pages that hold another page's contents.
 * Every listing and every picture reads what is left. Built with the sanitizers, so a read out of bounds is fatal.
 *
 * SABOTAGE_SEED repeats a failure. SABOTAGE_ROUNDS says how many cores each of the LOOPS tests damages (make fuzz-cores: thousands).
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/sabotage/image.h"
#include "tools/view/dma.h"
#include "tools/view/list.h"
#include "tools/view/pagemap.h"
#include "tools/view/thread.h"

#define ROUNDS 20
#define NOISE 512 /* the longest stretch */
#define LOOPS 8
#define SECONDS 1800

static uint64_t state;

/* xorshift64: the seed is all that is needed to see a failure again. */
static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static gva_t some_place(void)
{
	static const char *const caches[] = {"kmem_cache", "kmalloc-64", "rich-mixed", "rich-empty"};
	struct vm_struct vm;
	struct vmap_area va;
	unsigned int zone;

	switch (rnd() % 14) {
	case 0:
		return view_root_addr(image_view()) + rnd() % sizeof(struct mm_root) / 8 * 8;
	case 1:
		return zone_addr((unsigned int)(rnd() % 3)) + rnd() % sizeof(struct zone) / 8 * 8;
	case 2:
		return image_root()->memblock.va + rnd() % 256 / 8 * 8;
	case 3:
		return view_page_addr(free_page_head(rnd() % 3, &zone)) + rnd() % 64 / 8 * 8;
	case 4:
		return view_page_addr(used_page(OWNER_RAW, (int)(rnd() % 4))) + rnd() % 64 / 8 * 8;
	case 5:
		return view_page_addr(used_page(OWNER_SLAB, 0)) + rnd() % 64 / 8 * 8;
	case 6:
	case 7:
		return cache_named(caches[rnd() % 4]) + rnd() % sizeof(struct kmem_cache) / 8 * 8;
	case 8:
		return peek64(AT(cache_named(caches[2]), struct kmem_cache, cpu)) +
		       rnd() % sizeof(struct slab_cpu) / 8 * 8;
	case 9:
		return some_area((unsigned int)(rnd() % 3), &vm) + rnd() % sizeof(struct vmap_area) / 8 * 8;
	case 10:
		return peek64(AT(some_area(0, &vm), struct vmap_area, vm)) + rnd() % sizeof(struct vm_struct) / 8 * 8;
	case 11:
		return free_piece(1, &va) + rnd() % sizeof(va) / 8 * 8;
	case 12:
		some_area(1, &vm);
		return pte_addr(vm.addr, 1 + (int)(rnd() % 4)) / 4096 * 4096 + rnd() % 4096 / 8 * 8;
	default:
		return image_root()->modules.next.va + rnd() % 512 / 8 * 8;
	}
}

/* An address that means something, found before there is damage: afterwards the way to one may be broken. */
static gva_t spare;

static uint64_t some_value(uint64_t old)
{
	switch (rnd() % 10) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:
		return rnd();
	case 3:
		return old ^ 1ULL << rnd() % 64;
	case 4:
		return DIRECT_MAP + rnd() % (1UL << 33);
	case 5:
		return view_page_addr(rnd() % (1UL << 21)) + (rnd() % 2 ? offsetof(struct page, lru) : 0);
	case 6:
		return 0xdead000000000100;
	case 7:
		return spare;
	case 8:
		return old + rnd() % 4096 - 2048;
	default:
		/* a page-table entry: a leaf or a table anywhere in memory */
		return (rnd() % (1UL << 33) & ~0xfffULL) | (rnd() & 0x1e7) | 1;
	}
}

/* ---- everything that reads ---- */

/* Draws what it can of a run's cells. */
static void count_cell(void *ctx, const struct map_cell *cell)
{
	*(uint64_t *)ctx += cell->ram;
}

static void draw(const struct view *v)
{
	char err[VIEW_ERR_MAX];
	struct pagemap m;
	uint64_t ram = 0;

	if (!pagemap_collect(v, &m, err))
		for (unsigned int zone = 0; zone < m.nr_zones && m.zones[zone].spanned < 1UL << 24; zone++)
			pagemap_cells(&m, zone, 64, count_cell, &ram);
	pagemap_free(&m);
}

/* One of them, as text or as JSON: the check is the same for all, and rounds are many. */
static void list_one(const struct view *v, FILE *out)
{
	char err[VIEW_ERR_MAX];
	bool json = rnd() % 3 == 0;
	struct json_object *o = NULL;

	switch (rnd() % 10) {
	case 0:
		json ? (void)(o = json_buddyinfo(v, err)) : (void)print_buddyinfo(v, out, err);
		break;
	case 1:
		json ? (void)(o = json_zoneinfo(v, err)) : (void)print_zoneinfo(v, out, err);
		break;
	case 2:
		json ? (void)(o = json_pagetypeinfo(v, err)) : (void)print_pagetypeinfo(v, out, err);
		break;
	case 3:
		json ? (void)(o = json_extfrag(v, err)) : (void)print_extfrag(v, out, err);
		break;
	case 4:
		json ? (void)(o = json_slabinfo(v, err)) : (void)print_slabinfo(v, out, err);
		break;
	case 5:
		json ? (void)(o = json_vmallocinfo(v, NULL, err)) : (void)print_vmallocinfo(v, NULL, out, err);
		break;
	case 6:
		json ? (void)(o = json_meminfo(v, err)) : (void)print_meminfo(v, out, err);
		break;
	case 7:
		json ? (void)(o = json_dma(v, NULL, err)) : (void)print_dma(v, NULL, true, out, err);
		break;
	case 8:
		json ? (void)(o = json_threads(v, NULL, err)) : (void)print_threads(v, NULL, out, err);
		break;
	default:
		draw(v);
	}
	json_object_put(o);
}

/* Return: did the check notice anything? Or the source is refused, which is an answer as well. */
static bool read_all(FILE *out)
{
	char err[VIEW_ERR_MAX];
	struct check_report r;
	struct view *v;
	bool noticed = image_check(&r, err) != 0;

	check_print(&r, out);
	check_report_free(&r);
	v = image_reopen(err);
	ck_assert_ptr_nonnull(v);
	list_one(v, out);
	view_close(v);
	return noticed;
}

/* ---- damage ---- */

/** struct damage - bytes that were there before. Undone in the opposite order. */
struct damage {
	gva_t at;
	size_t len;
	uint8_t old[NOISE];
};

static void write_over(struct damage *d, gva_t at, const void *bytes, size_t len)
{
	/* Not past the page: what follows may be nowhere. */
	if (len > MMV_PAGE_SIZE - at % MMV_PAGE_SIZE)
		len = MMV_PAGE_SIZE - at % MMV_PAGE_SIZE;
	d->at = at;
	d->len = len;
	peek(at, d->old, len);
	poke(at, bytes, len);
}

static void some_noise(struct damage *d, gva_t at)
{
	uint64_t noise[NOISE / 8];

	for (size_t i = 0; i < NOISE / 8; i++)
		noise[i] = rnd() % 3 ? some_value(i) : rnd();
	write_over(d, at, noise, 16 + rnd() % (NOISE - 16));
}

static void some_copy(struct damage *d, gva_t at, gva_t from)
{
	uint8_t bytes[NOISE];
	size_t len = sizeof(bytes);

	if (len > MMV_PAGE_SIZE - from % MMV_PAGE_SIZE)
		len = MMV_PAGE_SIZE - from % MMV_PAGE_SIZE;
	peek(from, bytes, len);
	write_over(d, at, bytes, len);
}

static void one_word(struct damage *d, gva_t at)
{
	uint64_t value = some_value(peek64(at));

	write_over(d, at, &value, sizeof(value));
}

static unsigned int rounds(void)
{
	const char *wanted = getenv("SABOTAGE_ROUNDS");

	return wanted ? (unsigned int)strtoul(wanted, NULL, 0) : ROUNDS;
}

static void seed(int loop)
{
	const char *wanted = getenv("SABOTAGE_SEED");

	state = (uint64_t)time(NULL) * 1000003 + (uint64_t)loop * 7919 + 1;
	if (wanted)
		state = strtoull(wanted, NULL, 0);
	fprintf(stderr, "random_damage %d: SABOTAGE_SEED=%#lx\n", loop, state);
}

START_TEST(random_damage_never_hurts)
{
	unsigned int noticed = 0, nr = rounds();
	FILE *out = fopen("/dev/null", "w");

	ck_assert_ptr_nonnull(out);
	seed(_i);
	for (unsigned int round = 0; round < nr; round++) {
		struct damage d[4];
		gva_t at[4], from;
		int n = 1 + (int)(rnd() % 4);

		/* Everything is found before anything is damaged. */
		for (int i = 0; i < n; i++)
			at[i] = some_place();
		from = some_place();
		spare = some_place();
		for (int i = 0; i < n; i++) {
			unsigned int kind = (unsigned int)(rnd() % 8);

			if (kind == 0)
				some_noise(&d[i], at[i]);
			else if (kind == 1)
				some_copy(&d[i], at[i], from);
			else
				one_word(&d[i], at[i]);
			/* Tables that lead to what is put back must stand while it is done. */
			if (i + 1 < n && at[i] >= DIRECT_MAP && at[i] < DIRECT_MAP + DIRECT_MAP_SIZE)
				n = i + 1;
		}
		noticed += read_all(out);
		while (n--)
			poke(d[n].at, d[n].old, d[n].len);
	}
	fclose(out);
	/* Most damage shows: where nearly none did, the places were wrong. */
	ck_assert_uint_gt(noticed, nr / 3);
}
END_TEST

TCase *robust_tests(void)
{
	TCase *t = tcase_create("robust");

	tcase_set_timeout(t, SECONDS);
	tcase_add_unchecked_fixture(t, image_load, image_unload);
	tcase_add_loop_test(t, random_damage_never_hurts, 0, LOOPS);
	return t;
}

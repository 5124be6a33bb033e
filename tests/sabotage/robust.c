// SPDX-License-Identifier: MIT
/*
 * robust.c - whatever a guest's memory says, the checker ends, does not crash, and reads nothing outside the image.
 *
 * Random words at places that matter: where pointers, counts and orders lie. Values are those that hurt: zero, all ones, wild
 * and well-formed addresses, addresses of other structures. Built with the sanitizers, so a read out of bounds is fatal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/sabotage/image.h"
#include "tools/view/pagemap.h"

#define ROUNDS 60
#define LOOPS 8
#define SECONDS 120

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
		return some_place();
	case 8:
		return old + rnd() % 4096 - 2048;
	default:
		/* a page-table entry: a leaf or a table anywhere in memory */
		return (rnd() % (1UL << 33) & ~0xfffULL) | (rnd() & 0x1e7) | 1;
	}
}

START_TEST(random_damage_never_hurts)
{
	const char *seed = getenv("SABOTAGE_SEED");
	unsigned int noticed = 0;

	state = (uint64_t)time(NULL) * 1000003 + (uint64_t)_i * 7919 + 1;
	if (seed)
		state = strtoull(seed, NULL, 0);
	fprintf(stderr, "random_damage %d: SABOTAGE_SEED=%#lx\n", _i, state);
	for (int round = 0; round < ROUNDS; round++) {
		gva_t at[4];
		uint64_t old[4], value[4];
		int n = 1 + (int)(rnd() % 4);
		char err[VIEW_ERR_MAX];
		struct check_report r;
		struct pagemap m;

		/* Everything is found before anything is damaged. */
		for (int i = 0; i < n; i++) {
			at[i] = some_place();
			value[i] = some_value(peek64(at[i]));
		}
		for (int i = 0; i < n; i++) {
			old[i] = peek64(at[i]);
			poke64(at[i], value[i]);
			/* Tables that lead to what is put back must stand while it is done. */
			if (i + 1 < n && at[i] >= DIRECT_MAP && at[i] < DIRECT_MAP + DIRECT_MAP_SIZE)
				n = i + 1;
		}
		noticed += image_check(&r, err) != 0;
		pagemap_collect(image_view(), &m, err);
		pagemap_free(&m);
		check_report_free(&r);
		while (n--)
			poke64(at[n], old[n]);
	}
	/* Most damage shows: where nearly none did, the places were wrong. */
	ck_assert_uint_gt(noticed, ROUNDS / 3);
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

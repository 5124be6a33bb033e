// SPDX-License-Identifier: MIT
/*
 * damage.c - random damage to the image. See damage.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sabotage/damage.h"
#include "tests/sabotage/image.h"

static uint64_t state;

/* xorshift64: the seed is all that is needed to see a failure again. */
uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* One of the structures that are easy to name. */
static gva_t known_place(void)
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

/*
 * Wherever pointers lead: from the root along whatever words are addresses, and then anywhere in that page. So no structure
 * that the inspector reads is out of reach, and nobody has to list them.
 */
#define STEPS 12
static gva_t far_place(void)
{
	gva_t at = view_root_addr(image_view()), page;

	for (unsigned int steps = 1 + (unsigned int)(rnd() % STEPS); steps;) {
		unsigned int tries = 0;
		gpa_t gpa;
		gva_t next;

		/* Near where it leads to, mostly; at first in the root itself. */
		do {
			next = peek64(at / 8 * 8 + rnd() % 64 * 8 % (MMV_PAGE_SIZE - at % MMV_PAGE_SIZE) / 8 * 8);
		} while (++tries < 32 &&
			 (view_translate(image_view(), view_cr3(image_view()), next, &gpa, NULL, NULL) ||
			  !view_phys(image_view(), gpa / 8 * 8, 8)));
		if (tries == 32)
			break;
		at = next;
		steps--;
	}
	page = at / MMV_PAGE_SIZE * MMV_PAGE_SIZE;
	return rnd() % 4 ? page + (at % MMV_PAGE_SIZE + rnd() % 256) % MMV_PAGE_SIZE / 8 * 8
			 : page + rnd() % MMV_PAGE_SIZE / 8 * 8;
}

gva_t damage_place(void)
{
	return rnd() % 2 ? known_place() : far_place();
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

/* ---- damage ---- */

/** struct spot - where a place lies in this process: found before there is damage that may break the way to it. */
struct spot {
	void *at;
	size_t left; /* in its page: what follows may be nowhere */
};

static struct spot find_spot(gva_t va)
{
	struct spot s = {.left = NOISE};

	s.at = image_at(va, &s.left);
	return s;
}

static void write_over(struct damage *d, const struct spot *s, const void *bytes, size_t len)
{
	d->at = s->at;
	d->len = len < s->left ? len : s->left;
	memcpy(d->old, d->at, d->len);
	memcpy(d->at, bytes, d->len);
}

static void some_noise(struct damage *d, const struct spot *s)
{
	uint64_t noise[NOISE / 8];

	for (size_t i = 0; i < NOISE / 8; i++)
		noise[i] = rnd() % 3 ? some_value(i) : rnd();
	write_over(d, s, noise, 16 + rnd() % (NOISE - 16));
}

static void some_copy(struct damage *d, const struct spot *s, const struct spot *from)
{
	uint8_t bytes[NOISE];

	memcpy(bytes, from->at, from->left);
	write_over(d, s, bytes, from->left);
}

static void one_word(struct damage *d, const struct spot *s)
{
	uint64_t value = 0;

	memcpy(&value, s->at, s->left < 8 ? s->left : 8);
	value = some_value(value);
	write_over(d, s, &value, sizeof(value));
}

unsigned int damage_do(struct damage *d)
{
	struct spot spots[DAMAGE_MAX], from;
	unsigned int n = 1 + (unsigned int)(rnd() % DAMAGE_MAX);

	for (unsigned int i = 0; i < n; i++)
		spots[i] = find_spot(d[i].va = damage_place());
	from = find_spot(damage_place());
	spare = damage_place();
	for (unsigned int i = 0; i < n; i++) {
		unsigned int kind = (unsigned int)(rnd() % 8);

		if (kind == 0)
			some_noise(&d[i], &spots[i]);
		else if (kind == 1)
			some_copy(&d[i], &spots[i], &from);
		else
			one_word(&d[i], &spots[i]);
	}
	return n;
}

void damage_undo(const struct damage *d, unsigned int n)
{
	while (n--)
		memcpy(d[n].at, d[n].old, d[n].len);
}

unsigned int damage_rounds(unsigned int usual)
{
	const char *wanted = getenv("SABOTAGE_ROUNDS");

	return wanted ? (unsigned int)strtoul(wanted, NULL, 0) : usual;
}

void damage_seed(const char *test, int loop)
{
	const char *wanted = getenv("SABOTAGE_SEED");

	state = (uint64_t)time(NULL) * 1000003 + (uint64_t)loop * 7919 + 1;
	if (wanted)
		state = strtoull(wanted, NULL, 0);
	fprintf(stderr, "%s %d: SABOTAGE_SEED=%#lx\n", test, loop, state);
}

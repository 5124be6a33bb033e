// SPDX-License-Identifier: MIT
/*
 * robust.c - whatever a guest's memory says, the checker ends, does not crash, and reads nothing outside the image.
 *
 * Random damage (damage.h), and then every listing and every picture reads what is left. Built with the sanitizers, so a read out
 * of bounds is fatal. commands.c does the same with the whole program.
 */
#include <json-c/json.h>
#include <stdio.h>

#include "tests/sabotage/damage.h"
#include "tests/sabotage/image.h"
#include "tools/view/dma.h"
#include "tools/view/list.h"
#include "tools/view/pagemap.h"
#include "tools/view/thread.h"

#define ROUNDS 20
#define LOOPS 8
#define SECONDS 1800

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

START_TEST(random_damage_never_hurts)
{
	unsigned int noticed = 0, nr = damage_rounds(ROUNDS);
	FILE *out = fopen("/dev/null", "w");

	ck_assert_ptr_nonnull(out);
	damage_seed("random_damage", _i);
	for (unsigned int round = 0; round < nr; round++) {
		struct damage d[DAMAGE_MAX];
		unsigned int n = damage_do(d);

		noticed += read_all(out);
		damage_undo(d, n);
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

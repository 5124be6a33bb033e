// SPDX-License-Identifier: MIT
/*
 * suite_map.c - pictures of memory: every page of RAM is in them once, and they are what they claim to be.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

/* 128 MiB, less the hole between 640 KiB and 1 MiB. */
#define RAM_PAGES ((128 << 8) - 96)

static void make_core(void)
{
	struct proc *p = run("mmvisor", "run", "--core", "c.core", "--core-always", program_path("e2e/hello.ko"));

	expect_code(p, 0);
}

START_TEST(every_page_once)
{
	struct json_object *o, *runs = NULL;
	int64_t pages = 0, slab = 0, next = 0;
	struct proc *p;

	make_core();
	p = run("mm-inspect", "map", "--json", "c.core");
	expect_code(p, 0);
	o = json_text(p->out);
	ck_assert(json_object_object_get_ex(o, "runs", &runs));
	for (size_t i = 0; i < json_object_array_length(runs); i++) {
		struct json_object *run = json_object_array_get_idx(runs, i), *what = NULL;

		ck_assert_int_ge(json_int(run, "pfn"), next);
		next = json_int(run, "pfn") + json_int(run, "pages");
		pages += json_int(run, "pages");
		ck_assert(json_object_object_get_ex(run, "what", &what));
		ck_assert_str_ne(json_object_get_string(what), "lost");
		if (!strcmp(json_object_get_string(what), "slab"))
			slab += json_int(run, "pages");
	}
	ck_assert_int_eq(pages, RAM_PAGES);
	ck_assert_int_gt(slab, 0);
	keep("c.core");
}
END_TEST

START_TEST(for_a_terminal)
{
	struct proc *p;

	make_core();
	p = run("mm-inspect", "map", "c.core");
	expect_code(p, 0);
	expect_out(p, "^Zone DMA, 16 MiB, one character for 32 KiB:$");
	/* the hole: 640 KiB are 20 characters, 384 KiB are 12 */
	expect_out(p, "^ +0 \\|.{20} {12}[^ ]{32}\\|$");
	expect_out(p, "^Zone Normal, 64 MiB");
	expect_out(p, "^  S  slab +[0-9]+ pages");
	keep("c.core");
}
END_TEST

START_TEST(as_files)
{
	struct proc *p;
	size_t size;
	char *page;

	make_core();
	p = run("mm-inspect", "map", "--svg", "m.svg", "--html", "m.html", "c.core");
	expect_code(p, 0);
	ck_assert_int_gt(xml_count("m.svg", "rect"), 10);
	page = read_file("m.html", &size);
	ck_assert_ptr_nonnull(strstr(page, "\"source\":\"c.core\""));
	ck_assert_ptr_nonnull(strstr(page, "\"runs\":["));
	/* works offline, and nothing ends the script but its end */
	ck_assert_ptr_null(strstr(page, "//cdn"));
	ck_assert_ptr_null(strstr(page, "src="));
	ck_assert_ptr_null(strstr(strstr(page, "</script>") + 1, "</script>"));
	keep("m.svg");
	keep("m.html");
	ck_assert_int_eq(rename("c.core", "<b>&.core"), 0);
	p = run("mm-inspect", "map", "--svg", "m.svg", "--html", "m.html", "<b>&.core");
	expect_code(p, 0);
	ck_assert_int_gt(xml_count("m.svg", "rect"), 10);
	page = read_file("m.html", &size);
	ck_assert_ptr_null(strstr(page, "\"<b>"));
	keep("m.svg");
	keep("m.html");
	keep("<b>&.core");
}
END_TEST

START_TEST(what_cannot_be_drawn)
{
	struct proc *p;

	make_core();
	p = run("mm-inspect", "map", "--svg", "missing/m.svg", "c.core");
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", "missing/m.svg");
	p = run("mm-inspect", "buddyinfo", "--html", "m.html", "c.core");
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", "belong to map");
	keep("c.core");
}
END_TEST

Suite *suite_map(void)
{
	Suite *s = suite_create("map");
	TCase *t = tcase_create("map");

	tcase_set_timeout(t, 2 * LIMIT);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, every_page_once);
	tcase_add_test(t, for_a_terminal);
	tcase_add_test(t, as_files);
	tcase_add_test(t, what_cannot_be_drawn);
	suite_add_tcase(s, t);
	return s;
}

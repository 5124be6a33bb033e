// SPDX-License-Identifier: MIT
/*
 * suite_areas.c - mm-inspect vmallocinfo: the format is that of /proc/vmallocinfo, line by line, and its pages are those that the
 * memory map says are vmalloc's.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/e2e.h"

#define RANGE "^0x[0-9a-f]{16}-0x[0-9a-f]{16} +[0-9]+"
#define CALLER " [A-Za-z_][A-Za-z0-9_.]*\\+0x[0-9a-f]+/0x[0-9a-f]+( \\[[A-Za-z0-9_.-]+\\])?"
#define WORDS "( ioremap)?( sparse)?( vmalloc)?( vmap)?( user)?( dma-coherent)?( vpages)?"
#define LINE                                                                                                           \
	RANGE "( unpurged vm_area| vm_map_ram|" CALLER "( pages=[0-9]+)?( phys=0x[0-9a-f]{16})?" WORDS "( "            \
	      "N0=[0-9]+)?)$"

/* One of each sort, by the payload's function. */
#define HERE " make_areas\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[areas\\.ko\\]"
static const char *const sorts[] = {
	RANGE HERE " pages=1 vmalloc N0=1$",
	RANGE HERE " pages=7 vmalloc N0=7$",
	RANGE HERE " pages=2 vmalloc user N0=2$",
	RANGE HERE " pages=3 vmap N0=3$",
	RANGE " vm_map_ram$",
	RANGE HERE " phys=0x00000000fe000000 ioremap$",
};

static const char *inspect(const char *what, const char *json)
{
	struct proc *p = run("mm-inspect", what, "--module", program_path("e2e/areas.ko"), "c.core", json);

	expect_code(p, 0);
	return p->out;
}

/* Pages that the line says belong to vmalloc(); the line must be as Linux prints it. */
static uint64_t look_at_line(const char *line)
{
	uint64_t start, end, bytes;
	const char *pages = strstr(line, " pages="), *node = strstr(line, " N0=");

	ck_assert_msg(matches(line, LINE), "not a line of vmallocinfo: %s", line);
	ck_assert_int_eq(sscanf(line, "0x%" SCNx64 "-0x%" SCNx64 " %" SCNu64, &start, &end, &bytes), 3);
	ck_assert_msg(end - start == bytes && bytes % 4096 == 0, "%s", line);
	ck_assert_msg(!pages == !node && (!pages || strtoul(pages + 7, NULL, 10) == strtoul(node + 4, NULL, 10)), "%s",
		      line);
	return strstr(line, " vmalloc") && pages ? strtoul(pages + 7, NULL, 10) : 0;
}

static uint64_t pages_of_json(void)
{
	struct json_object *list = json_tokener_parse(inspect("vmallocinfo", "--json")), *flags, *word;
	uint64_t pages = 0;

	ck_assert(list && json_object_is_type(list, json_type_array));
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *area = json_object_array_get_idx(list, i);

		ck_assert(json_object_object_get_ex(area, "flags", &flags));
		for (size_t j = 0; j < json_object_array_length(flags); j++) {
			word = json_object_array_get_idx(flags, j);
			if (!strcmp(json_object_get_string(word), "vmalloc"))
				pages += (uint64_t)json_int(area, "pages");
		}
	}
	json_object_put(list);
	return pages;
}

START_TEST(as_linux_prints_it)
{
	char want[64];
	uint64_t pages = 0;
	struct proc *p = run("mmvisor", "run", "--core", "c.core", program_path("e2e/areas.ko"));
	char *text, *line, *rest;

	expect_code(p, 4);
	text = strdup(inspect("vmallocinfo", NULL));
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		ck_assert_msg(matches(text, sorts[i]), "no line is like %s:\n%s", sorts[i], text);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		pages += look_at_line(line);
	free(text);
	ck_assert_uint_ge(pages, 1 + 7 + 2);
	ck_assert_uint_eq(pages, pages_of_json());
	/* The memory map counts page by page. */
	ck_assert_int_eq(json_int(json_text(inspect("meminfo", "--json")), "owner_pages.vmalloc"), (int64_t)pages);
	snprintf(want, sizeof(want), "^VmallocUsed: +%" PRIu64 " kB$", pages * 4);
	ck_assert_msg(matches(inspect("meminfo", NULL), want), "no %s", want);
	keep("c.core");
}
END_TEST

Suite *suite_areas(void)
{
	Suite *s = suite_create("areas");
	TCase *t = tcase_create("areas");

	tcase_set_timeout(t, 2 * LIMIT);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, as_linux_prints_it);
	suite_add_tcase(s, t);
	return s;
}

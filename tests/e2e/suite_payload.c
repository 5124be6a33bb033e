// SPDX-License-Identifier: MIT
/*
 * suite_payload.c - payloads: how they are built, every end that a case can come to, what they leave behind, and that the
 * test runner in the guest can fail.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

static void expect_counts(int passed, int failed, int skipped)
{
	struct json_object *o = json_file("r.json");

	ck_assert_int_eq(json_int(o, "passed"), passed);
	ck_assert_int_eq(json_int(o, "failed"), failed);
	ck_assert_int_eq(json_int(o, "skipped"), skipped);
	keep("r.json");
}

START_TEST(every_ending)
{
	struct proc *p = run("mmvisor", "run", "--json", "r.json", program_path("e2e/endings.ko"));

	expect_code(p, 1);
	expect_out(p, "^ +ok 1 passes$");
	expect_out(p, "# expects: EXPECTATION FAILED at .*endings\\.c:[0-9]+$");
	expect_out(p, "^ +two \\+ two == 4 \\(0x4\\)$");
	expect_out(p, "^ +two is 2$");
	expect_out(p, "# asserts: ASSERTION FAILED at ");
	ck_assert_ptr_null(strstr(p->out, "never reached"));
	expect_out(p, "^ +ok 4 skips # SKIP not today$");
	expect_out(p, "# warns: 1 warning, expected 0$");
	expect_out(p, "warns\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[endings\\.ko\\]");
	expect_out(p, "^ +ok 1 number 1$");
	expect_out(p, "^ +not ok 2 number 2$");
	expect_out(p, "^not ok 1 endings\\.ko$");
	expect_counts(3, 4, 1);
}
END_TEST

/* Every name of the page allocator's interface compiles, links and does what it says. */
START_TEST(the_page_allocators_names)
{
	struct proc *p = run("mmvisor", "run", "--json", "r.json", program_path("e2e/pageapi.ko"));

	expect_code(p, 0);
	expect_counts(6, 0, 0);
}
END_TEST

START_TEST(the_runner_can_fail)
{
	struct proc *p = run("mmvisor", "run", "--json", "r.json", "kunit_selftest_fail");

	expect_code(p, 1);
	expect_counts(1, 7, 1);
}
END_TEST

START_TEST(selftest_runs_by_its_exact_name_only)
{
	struct proc *p = run("mmvisor", "list");

	expect_code(p, 0);
	ck_assert_ptr_null(strstr(p->out, "kunit_selftest_fail"));
	p = run("mmvisor", "run", "kunit_self*");
	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "kunit_self*");
}
END_TEST

START_TEST(parameters)
{
	struct proc *p = run("mmvisor", "run", "--append", "endings.wanted=0", program_path("e2e/endings.ko"));

	expect_code(p, 1);
	expect_out(p, "^ +not ok 1 passes$");
	p = run("mmvisor", "run", "--append", "endings.wanted=perhaps", program_path("e2e/endings.ko"));
	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "perhaps");
}
END_TEST

/* Source written for Linux: every name of the slab API compiles, loads, works and gives back what it took, on both kernels. */
START_TEST(every_name_of_the_slab_api)
{
	struct proc *p = run("mmvisor", "run", "--json", "r.json", program_path("e2e/slabnames.ko"));

	expect_code(p, 0);
	expect_counts(3, 0, 0);
	p = run("mmvisor", "run", "--debug-kernel", "--json", "r.json", program_path("e2e/slabnames.ko"));
	expect_code(p, 0);
	expect_counts(3, 0, 0);
}
END_TEST

START_TEST(leaks_are_named)
{
	struct proc *p = run("mmvisor", "run", "--json", "r.json", program_path("e2e/initleak.ko"));

	expect_code(p, 1);
	expect_out(p, "^ +ok 1 is_loaded$");
	expect_out(p, "leak: 1 object of 256 bytes in cache kmalloc-256$");
	expect_out(p, "leak: vmalloc area of 16384 bytes, asked for by .*initleak\\.ko");
	expect_out(p, "leak: 4 more pages, raw$");
	expect_out(p, "leak: 3 more pages, vmalloc$");
	expect_out(p, "7 more pages, 1 more vmalloc areas$");
	expect_out(p, "^not ok 1 initleak\\.ko$");
	expect_counts(1, 1, 0);
	p = run("mmvisor", "run", "--debug-kernel", program_path("e2e/initleak.ko"));
	expect_code(p, 1);
	expect_out(p, "leak: 4 pages in 1 block, raw, allocated by:$");
	expect_out(p, "leak: 3 pages in 3 blocks, vmalloc, allocated by:$");
	expect_out(p, "^ \\[<[0-9a-f]{16}>\\] init_module\\+.*initleak\\.ko");
	/* The thread that runs a test gets a stack, with an area, and gives another one back. */
	p = run("mmvisor", "run", "--debug-kernel", program_path("e2e/leaking.ko"));
	expect_code(p, 1);
	expect_out(p, "of cache kmalloc-192, allocated in");
	ck_assert_ptr_null(strstr(p->out, "of cache vmap_area"));
}
END_TEST

/* The debug kernel says who allocated what is left, and finds what was written into freed memory. */
START_TEST(leaks_and_damage_have_stacks)
{
	struct proc *p =
		run("mmvisor", "run", "--core-always", "--core", "plain.core", program_path("e2e/slabbugs.ko"));

	expect_code(p, 1);
	expect_out(p, "leak: 2 objects of 128 bytes in cache kmalloc-128$");
	p = run("mmvisor", "run", "--debug-kernel", "--core-always", "--core", "bugs.core",
		program_path("e2e/slabbugs.ko"));
	expect_code(p, 1);
	expect_out(p, "leak: 1 object, 100 bytes, of cache kmalloc-128, allocated in .* careless\\+");
	expect_out(p, "leak: 1 object, 100 bytes, of cache kmalloc-128, allocated in .* forgetful\\+");
	expect_out(p, "^BUG kmalloc-512 \\(Not tainted\\): Poison overwritten$");
	expect_out(p, "First byte 0x78 instead of 0x6b$");
	expect_out(p, "^Allocated in .* bugs_init\\+.*slabbugs\\.ko\\] age=[0-9]+ cpu=0 pid=[0-9]+$");
	expect_out(p, "^Freed in .* bugs_init\\+");
	expect_out(p, "^FIX kmalloc-512: Restoring Poison 0x.*=0x6b$");
	expect_out(p, "damage: 1 place in slabs overwritten$");
	p = run("mm-inspect", "leaks", "bugs.core");
	expect_code(p, 0);
	expect_out(p, "^[0-9]+ bytes in [0-9]+ objects? of kmalloc-128, allocated at$");
	expect_out(p, "module_run\\+");
	expect_out(p, "^[0-9]+ pages? besides, from [0-9]+ places?$");
	expect_out(p, "^[0-9]+ pages? in [0-9]+ blocks?, raw, allocated at$");
	expect_out(p, "virtio_blk_init\\+");
	p = run("mm-inspect", "leaks", "--json", "bugs.core");
	expect_code(p, 0);
	json_text(p->out);
	/* Only one of the two knows stacks, of objects and of other pages. */
	p = run("mm-inspect", "diff", "plain.core", "bugs.core");
	expect_code(p, 0);
	expect_out(p, "^Other pages by who allocated them: now, and the change$");
	expect_out(p, "^  raw +[0-9]+ +\\+[0-9]+ +[0-9]+ +\\+[0-9]+  new$");
	keep("plain.core");
	p = run("mm-inspect", "slabinfo", "--verbose", "bugs.core");
	expect_code(p, 0);
	expect_out(p,
		   "^kmalloc-128 +[0-9]+ +[0-9]+ +256 +[0-9]+ +[0-9]+ : tunables    0    0    0 : slabdata +1 +1 +0$");
	expect_out(p, "^where the KiB of slabs went$");
	keep("bugs.core");
}
END_TEST

/* slub_debug= chooses caches; an argument that means nothing is said to be ignored. */
START_TEST(debugging_is_chosen_by_cache)
{
	struct proc *p = run("mmvisor", "run", "--debug-kernel", "--append", "slub_debug=ZP,kmalloc-512*",
			     program_path("e2e/slabbugs.ko"));

	expect_code(p, 1);
	expect_out(p, "Poison overwritten");
	expect_out(p, "leak: 2 objects of 128 bytes in cache kmalloc-128$");
	ck_assert_ptr_null(strstr(p->out, "allocated in"));
	p = run("mmvisor", "run", "--debug-kernel", "--append", "slab_debug=-", program_path("e2e/slabbugs.ko"));
	expect_code(p, 1);
	ck_assert_ptr_null(strstr(p->out, "BUG"));
	p = run("mmvisor", "run", "--debug-kernel", "--append", "slub_debug=Q", "kunit.takes_parameters");
	expect_code(p, 0);
	expect_out(p, "slub_debug.*ignored");
}
END_TEST

/* What the next user of memory finds in it. In the debug kernel poison goes first where there is some. */
START_TEST(memory_is_cleared_if_asked_for)
{
	static const char *const modes[] = {"init_on_alloc=1 reuse.clear=1", "init_on_free=1 reuse.clear=1",
					    "init_on_alloc=0 init_on_free=0"};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		struct proc *p =
			run("mmvisor", "run", "--json", "r.json", "--append", modes[i], program_path("e2e/reuse.ko"));

		expect_code(p, 0);
		expect_counts(5, 0, 0);
	}
	expect_code(run("mmvisor", "run", "--debug-kernel", "--append",
			"init_on_alloc=1 init_on_free=1 slub_debug=FZU page_poison=0 reuse.clear=1",
			program_path("e2e/reuse.ko")),
		    0);
	expect_code(run("mmvisor", "run", "--debug-kernel", "--append", "init_on_alloc=1 init_on_free=1",
			program_path("e2e/slabnames.ko")),
		    0);
}
END_TEST

/* Who wanted to sleep, and in the debug kernel also who forbade it and with which lock. */
START_TEST(sleeping_allocation_in_atomic_section)
{
	struct proc *p = run("mmvisor", "run", program_path("e2e/atomic.ko"));

	expect_code(p, 1);
	expect_out(p, "allocation that may sleep .* in atomic context");
	expect_out(p, "allocates_too_freely\\+");
	p = run("mmvisor", "run", "--debug-kernel", program_path("e2e/atomic.ko"));
	expect_code(p, 1);
	expect_out(p, "allocates_too_freely\\+");
	expect_out(p, "#0: &payload_lock .*taken at .*enters_atomic_section\\+");
	expect_out(p, "Preemption disabled at:\n.*enters_atomic_section\\+.*\n.*sleeps_with_a_lock\\+");
	expect_out(p, "not ok 1 sleeps_with_a_lock");
}
END_TEST

START_TEST(crash_in_module_init)
{
	struct proc *p = run("mmvisor", "run", program_path("e2e/initcrash.ko"));

	expect_code(p, 4);
	expect_out(p, "^Kernel panic: page fault: read of 0x4: a NULL pointer");
	expect_out(p, "^ \\[<[0-9a-f]{16}>\\] crash_here\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[initcrash\\.ko\\]$");
}
END_TEST

static const char part_a[] = "#include <kunit/test.h>\n"
			     "int twice(int n);\n"
			     "int half(int n);\n"
			     "int half(int n) { return n / 2; }\n"
			     "static void there(struct kunit *test) { KUNIT_EXPECT_EQ(test, half(twice(21)), WANT); }\n"
			     "static struct kunit_case cases[] = {KUNIT_CASE(there), {}};\n"
			     "static struct kunit_suite a_suite = {.name = \"a\", .test_cases = cases};\n"
			     "kunit_test_suite(a_suite);\n";
static const char part_b[] = "#include <kunit/test.h>\n"
			     "int twice(int n);\n"
			     "int half(int n);\n"
			     "int twice(int n) { return 2 * n; }\n"
			     "static void back(struct kunit *test) { KUNIT_EXPECT_EQ(test, twice(half(42)), 42); }\n"
			     "static struct kunit_case cases[] = {KUNIT_CASE(back), {}};\n"
			     "static struct kunit_suite b_suite = {.name = \"b\", .test_cases = cases};\n"
			     "kunit_test_suites(&b_suite);\n";

/* In a folder far from the headers, with a blank in a name and an option passed through. */
START_TEST(built_from_two_files)
{
	struct proc *p;

	if (access(program_path("mmvisor-cc"), X_OK)) {
		skip("built_from_two_files: mmvisor-cc is not here");
		return;
	}
	write_file("part a.c", part_a, sizeof(part_a) - 1);
	write_file("b.c", part_b, sizeof(part_b) - 1);
	p = run("mmvisor-cc", "-DWANT=21", "-Werror", "part a.c", "b.c", "-o", "two.ko");
	expect_code(p, 0);
	ck_assert_str_eq(p->err, "");
	p = run("mmvisor", "run", "--json", "r.json", "two.ko");
	expect_code(p, 0);
	expect_counts(2, 0, 0);
	keep("part a.c");
	keep("b.c");
	keep("two.ko");
}
END_TEST

START_TEST(bad_source)
{
	struct proc *p;

	if (access(program_path("mmvisor-cc"), X_OK)) {
		skip("bad_source: mmvisor-cc is not here");
		return;
	}
	p = run("mmvisor-cc", "nowhere.c", "-o", "x.ko");
	expect_code(p, 2);
	expect_one_error(p, "mmvisor-cc", "nowhere.c");
	write_file("bad.c", "int main(void) { return syntax error; }\n", 40);
	p = run("mmvisor-cc", "bad.c", "-o", "x.ko");
	expect_code(p, 1);
	keep("bad.c");
}
END_TEST

/* One after the other at the same addresses: what the lock checker learnt of the first says nothing of the second. */
START_TEST(locks_of_a_payload_are_forgotten)
{
	size_t size;
	char *object = read_file(program_path("e2e/lockab.ko"), &size);
	struct proc *p;

	write_file("lockba.ko", object, size);
	p = run("mmvisor", "run", "--debug-kernel", "--append", "lockba.reverse=1", program_path("e2e/lockab.ko"),
		"lockba.ko");
	expect_code(p, 0);
	expect_out(p, "2 passed, 0 failed");
	keep("lockba.ko");
}
END_TEST

Suite *suite_payload(void)
{
	Suite *s = suite_create("payload");
	TCase *t = tcase_create("payload");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, locks_of_a_payload_are_forgotten);
	tcase_add_test(t, every_ending);
	tcase_add_test(t, the_page_allocators_names);
	tcase_add_test(t, the_runner_can_fail);
	tcase_add_test(t, selftest_runs_by_its_exact_name_only);
	tcase_add_test(t, parameters);
	tcase_add_test(t, leaks_are_named);
	tcase_add_test(t, every_name_of_the_slab_api);
	tcase_add_test(t, leaks_and_damage_have_stacks);
	tcase_add_test(t, memory_is_cleared_if_asked_for);
	tcase_add_test(t, debugging_is_chosen_by_cache);
	tcase_add_test(t, sleeping_allocation_in_atomic_section);
	tcase_add_test(t, crash_in_module_init);
	tcase_add_test(t, built_from_two_files);
	tcase_add_test(t, bad_source);
	suite_add_tcase(s, t);
	return s;
}

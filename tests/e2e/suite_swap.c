// SPDX-License-Identifier: MIT
/*
 * suite_swap.c - user memory against swap devices as a user gives them: too small, broken in one place, failing now and then. No
 * byte is lost that the device has not lost. The payload is swapper.c.
 */
#include "tests/e2e/e2e.h"

static struct proc *swap_to(const char *device)
{
	return run("mmvisor", "run", "--swap", device, program_path("e2e/swapper.ko"));
}

START_TEST(no_room_for_all)
{
	struct proc *p = swap_to("64K");

	expect_code(p, 0);
	expect_out(p, "swapper: 15 out, 0 wrong, 0 unreadable, then 0");
	expect_out(p, "swapper: again [0-9]+ out, 0 wrong; 15 slots");
}
END_TEST

/* The page that goes there stays in memory, and gets another place the next time. Slots are 8 sectors; the second used is 65. */
START_TEST(a_bad_place)
{
	struct proc *p = swap_to("512K,bad=520-527");

	expect_code(p, 0);
	expect_out(p, "Write error on swap device vda, slot 65");
	expect_out(p, "swapper: 39 out, 0 wrong, 0 unreadable, then 0");
	expect_out(p, "swapper: again 40 out, 0 wrong; 126 slots");
}
END_TEST

/* By who wants it; what was only read ahead is read again. */
START_TEST(what_cannot_be_read_is_told)
{
	struct proc *p = swap_to("512K,fail-read=7");

	expect_code(p, 0);
	expect_out(p, "Read error on swap device vda");
	expect_out(p, "swapper: 40 out, 0 wrong, [1-9] unreadable, then 0");
	expect_out(p, "invariants hold");
}
END_TEST

Suite *suite_swap(void)
{
	Suite *s = suite_create("swap");
	TCase *t = tcase_create("swap");

	tcase_set_timeout(t, 4 * LIMIT);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, no_room_for_all);
	tcase_add_test(t, a_bad_place);
	tcase_add_test(t, what_cannot_be_read_is_told);
	suite_add_tcase(s, t);
	return s;
}

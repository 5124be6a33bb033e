/* SPDX-License-Identifier: MIT */
/*
 * test_e2e.c - the end-to-end tests' main: every suite, each test in a process of its own.
 *
 * Needs a usable /dev/kvm, the programs of build/ beside it, and for a few tests root or gdb: those say SKIP where they
 * lack it.
 */
#include <stdlib.h>

#include "tests/e2e/e2e.h"

int main(void)
{
	folders_begin();

	SRunner *sr = srunner_create(suite_bad());

	srunner_add_suite(sr, suite_run());
	srunner_add_suite(sr, suite_core());
	srunner_add_suite(sr, suite_live());
	srunner_add_suite(sr, suite_inspect());
	srunner_add_suite(sr, suite_control());
	srunner_add_suite(sr, suite_install());
	srunner_add_suite(sr, suite_schema());
	srunner_add_suite(sr, suite_replay());
	srunner_add_suite(sr, suite_payload());
	srunner_add_suite(sr, suite_fault());
	srunner_add_suite(sr, suite_disk());
	srunner_add_suite(sr, suite_swap());
	srunner_add_suite(sr, suite_dma());
	srunner_add_suite(sr, suite_map());
	srunner_add_suite(sr, suite_areas());
	srunner_add_suite(sr, suite_sched());
	srunner_add_suite(sr, suite_zone());
	srunner_add_suite(sr, suite_timeline());
	srunner_run_all(sr, CK_NORMAL);
	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	folders_end();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: MIT
/*
 * test_vmm.c - runs the suites.
 */
#include <stdlib.h>

#include "tests/vmm/suites.h"

int main(void)
{
	SRunner *runner = srunner_create(suite_memspec());
	int failed;

	srunner_add_suite(runner, suite_elf());
	srunner_add_suite(runner, suite_dma());
	srunner_add_suite(runner, suite_ktap());
	srunner_add_suite(runner, suite_console());
	srunner_add_suite(runner, suite_gate());
	srunner_add_suite(runner, suite_lines());
	srunner_add_suite(runner, suite_blk());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

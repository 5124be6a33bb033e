// SPDX-License-Identifier: MIT
/*
 * test_vmm.c - runs the suites.
 */

#include "tests/runner.h"
#include "tests/vmm/suites.h"

int main(void)
{
	SRunner *runner = srunner_create(suite_memspec());

	srunner_add_suite(runner, suite_elf());
	srunner_add_suite(runner, suite_dma());
	srunner_add_suite(runner, suite_ktap());
	srunner_add_suite(runner, suite_console());
	srunner_add_suite(runner, suite_gate());
	srunner_add_suite(runner, suite_lines());
	srunner_add_suite(runner, suite_blk());
	return run_to_end(runner);
}

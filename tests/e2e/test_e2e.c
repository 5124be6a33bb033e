/* SPDX-License-Identifier: MIT */
/*
 * test_e2e.c - the end-to-end tests' main: every suite, each test in a process of its own.
 *
 * Needs a usable /dev/kvm, the programs of build/ beside it, and for a few tests root or gdb: those say SKIP where they
 * lack it.
 *
 * E2E_PART=K/N in the environment: every N-th suite, from the K-th on. All N parts together are all tests; they may run at once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/e2e/e2e.h"
#include "tests/runner.h"

/* Neighbours in the list go to different parts: the long ones are not all in one. */
static Suite *(*const suites[])(void) = {
	suite_debug,  suite_release_4cpu, suite_release, suite_replay, suite_run,     suite_payload,
	suite_live,   suite_zone,         suite_sched,   suite_fault,  suite_core,    suite_areas,
	suite_dma,    suite_disk,         suite_map,     suite_bad,    suite_inspect, suite_control,
	suite_schema, suite_timeline,     suite_install, suite_swap,
};

int main(void)
{
	const char *env = getenv("E2E_PART");
	unsigned int part = 1, parts = 1;
	SRunner *sr = srunner_create(NULL);

	if (env && (sscanf(env, "%u/%u", &part, &parts) != 2 || part < 1 || part > parts)) {
		fprintf(stderr, "test_e2e: E2E_PART=%s: K/N, K from 1 to N\n", env);
		return EXIT_FAILURE;
	}
	/* What failed, of both outputs: Check ends a test whose message is longer than it expects, and nobody learns why it failed. */
	check_set_max_msg_size(1 << 16);
	folders_begin();
	for (size_t i = part - 1; i < sizeof(suites) / sizeof(suites[0]); i += parts)
		srunner_add_suite(sr, suites[i]());
	int code = run_to_end(sr);

	folders_end();
	return code;
}

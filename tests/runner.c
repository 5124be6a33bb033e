// SPDX-License-Identifier: MIT
/*
 * runner.c - see runner.h. How much is printed, CK_VERBOSITY says.
 */
#include <stdlib.h>

#include "tests/runner.h"

int run_to_end(SRunner *r)
{
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: MIT
/*
 * test_fuzz.c - the fuzz targets without libFuzzer: random inputs from a seed, for compilers that have no fuzzer.
 *
 * FUZZ_SEED says where the sequence begins; it is printed. `make fuzz` goes on from where chance ends.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/fuzz/fuzz_dma.h"
#include "tests/runner.h"

#define INPUTS 400
#define INPUT_MAX 600

static uint64_t seed;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

START_TEST(dma_engine)
{
	uint8_t input[INPUT_MAX];

	for (unsigned int n = 0; n < INPUTS; n++) {
		size_t size = next_random() % INPUT_MAX;

		for (size_t i = 0; i < size; i++)
			input[i] = (uint8_t)(next_random() >> 24);
		ck_assert_int_eq(fuzz_dma(input, size), 0);
	}
}
END_TEST

int main(void)
{
	const char *text = getenv("FUZZ_SEED");
	Suite *s = suite_create("fuzz");
	TCase *t = tcase_create("fuzz");

	seed = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL) * 2654435761U + 1;
	printf("FUZZ_SEED=%#" PRIx64 "\n", seed);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, dma_engine);
	suite_add_tcase(s, t);
	return run_to_end(srunner_create(s));
}

// SPDX-License-Identifier: MIT
/*
 * libfuzzer.c - what libFuzzer calls.
 */
#include "tests/fuzz/fuzz_dma.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_dma(data, size);
}

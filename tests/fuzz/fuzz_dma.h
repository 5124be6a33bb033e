/* SPDX-License-Identifier: MIT */
/*
 * fuzz_dma.h - one input for the DMA engine. Ends the process if the engine touches what nobody named; the sanitizers see the rest.
 */
#ifndef MMV_TESTS_FUZZ_DMA_H
#define MMV_TESTS_FUZZ_DMA_H

#include <stddef.h>
#include <stdint.h>

int fuzz_dma(const uint8_t *data, size_t size);

#endif

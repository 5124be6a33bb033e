// SPDX-License-Identifier: MIT
/*
 * dma_check.c - what a DMA request may do, and doing it. No KVM, no threads: tests link it by itself.
 *
 * Addresses are checked against width and RAM in full before the first byte moves.
 */
#include <string.h>

#include "vmm/dma.h"

bool dma_reachable(const struct ram *ram, gpa_t gpa, uint64_t len, unsigned int bits)
{
	uint64_t limit = bits < 64 ? 1UL << bits : UINT64_MAX;

	if (gpa > limit || len > limit - gpa)
		return false;
	return ram_range_ok(ram, gpa, len);
}

enum dma_status dma_check(const struct ram *ram, const struct dma_desc *desc, unsigned int bits)
{
	bool reads = desc->op == DMA_COPY || desc->op == DMA_SUM;
	bool writes = desc->op == DMA_COPY || desc->op == DMA_FILL;

	if (desc->op == DMA_IRQ)
		return DMA_OK;
	if (!reads && !writes)
		return DMA_BAD_OP;
	if (!desc->len || desc->len > DMA_LEN_MAX)
		return DMA_BAD_LEN;
	if (reads && !dma_reachable(ram, desc->src, desc->len, bits))
		return DMA_BAD_SRC;
	if (writes && !dma_reachable(ram, desc->dst, desc->len, bits))
		return DMA_BAD_DST;
	/* Both ends are below 2^63 here: they lie in RAM. */
	if (reads && writes && desc->src < desc->dst + desc->len && desc->dst < desc->src + desc->len)
		return DMA_BAD_DST;
	return DMA_OK;
}

static uint64_t sum_bytes(const uint8_t *p, uint64_t n)
{
	uint64_t sum = 0;

	while (n--)
		sum += *p++;
	return sum;
}

uint64_t dma_perform(const struct ram *ram, const struct dma_desc *desc)
{
	uint64_t left = desc->len, sum = 0;
	gpa_t src = desc->src, dst = desc->dst;

	if (desc->op == DMA_IRQ)
		return 0;
	while (left) {
		uint64_t n = left, run;
		uint8_t *from = NULL, *to = NULL;

		if (desc->op != DMA_FILL) {
			from = ram_ptr(ram, src, &run, true);
			n = run < n ? run : n;
		}
		if (desc->op != DMA_SUM) {
			to = ram_ptr(ram, dst, &run, true);
			n = run < n ? run : n;
		}
		if (desc->op == DMA_COPY)
			memcpy(to, from, n);
		else if (desc->op == DMA_FILL)
			memset(to, (int)(desc->src & 0xff), n);
		else
			sum += sum_bytes(from, n);
		src += n;
		dst += n;
		left -= n;
	}
	return sum;
}

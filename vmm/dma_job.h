/* SPDX-License-Identifier: MIT */
/*
 * dma_job.h - one DMA request: may it be done, and doing it piece by piece. No KVM, no threads: tests link it by itself.
 *
 * Everything that the guest could change meanwhile (descriptor, lists) is copied once, and the copy is checked in full
 * before the first byte moves.
 */
#ifndef MMV_VMM_DMA_JOB_H
#define MMV_VMM_DMA_JOB_H

#include "shared/devices.h"
#include "vmm/ram.h"

/** struct dma_side - source or destination as a list; @i, @off: the next byte */
struct dma_side {
	unsigned int nr, i;
	uint64_t off;
	struct dma_sg sg[DMA_SG_MAX];
};

/** struct dma_job - a request under way. @left: bytes to go */
struct dma_job {
	struct dma_desc desc;
	uint64_t left;
	uint32_t crc;
	struct dma_side src, dst;
};

/**
 * dma_range_why - what is wrong with [gpa, gpa + len) for an engine of @bits address bits
 * @bad: receives the first address that is wrong
 */
enum dma_why dma_range_why(const struct ram *ram, gpa_t gpa, uint64_t len, unsigned int bits, gpa_t *bad);

/**
 * dma_job_begin - check job->desc, a private copy
 * Return: true if it can be carried out; else desc.status, .why and .bad_addr say what is wrong.
 */
bool dma_job_begin(struct dma_job *job, const struct ram *ram, unsigned int bits);

/**
 * dma_job_step - carry out up to @budget bytes of what dma_job_begin() allowed
 * Return: true if that was the last; then desc.status and .result are filled in.
 */
bool dma_job_step(struct dma_job *job, const struct ram *ram, uint64_t budget);

/** dma_crc32c - continue a CRC-32C over @n bytes; start with ~0, invert the end. */
uint32_t dma_crc32c(uint32_t crc, const uint8_t *p, uint64_t n);

#endif

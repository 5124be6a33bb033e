// SPDX-License-Identifier: MIT
/*
 * dma_job.c - what a DMA request may do, and doing it: see dma_job.h.
 */
#include <pthread.h>
#include <string.h>

#include "vmm/dma_job.h"

#define KNOWN_FLAGS (DMA_F_IRQ | DMA_F_SRC_SG | DMA_F_DST_SG)

/* ---- checking ---- */

static enum dma_why no_ram_why(gpa_t gpa)
{
	return gpa >= HOLE_START && gpa < HOLE_END ? DMA_WHY_HOLE : DMA_WHY_NO_RAM;
}

enum dma_why dma_range_why(const struct ram *ram, gpa_t gpa, uint64_t len, unsigned int bits, gpa_t *bad)
{
	uint64_t last = gpa + len - 1, run;

	*bad = gpa;
	if (!len)
		return DMA_WHY_NONE;
	if (bits < 64 && gpa >> bits)
		return DMA_WHY_WIDTH;
	if (last < gpa)
		return DMA_WHY_WRAP;
	for (gpa_t at = gpa;;) {
		if (bits < 64 && at >> bits) {
			*bad = at;
			return DMA_WHY_WIDTH;
		}
		if (!ram_ptr(ram, at, &run, true)) {
			*bad = at;
			return no_ram_why(at);
		}
		if (bits < 64 && run > (1UL << bits) - at)
			run = (1UL << bits) - at;
		if (run > last - at)
			return DMA_WHY_NONE;
		at += run;
	}
}

static bool refuse(struct dma_job *job, enum dma_status status, enum dma_why why, gpa_t bad)
{
	job->desc.status = status;
	job->desc.why = why;
	job->desc.bad_addr = bad;
	job->desc.result = 0;
	return false;
}

/* One side's pieces into @side. On failure the job says what is wrong. */
static bool load_side(struct dma_job *job, const struct ram *ram, unsigned int bits, bool source)
{
	struct dma_side *side = source ? &job->src : &job->dst;
	bool list = job->desc.flags & (source ? DMA_F_SRC_SG : DMA_F_DST_SG);
	gpa_t at = source ? job->desc.src : job->desc.dst, bad;
	unsigned int nr = source ? job->desc.src_nr : job->desc.dst_nr;
	uint64_t total = 0;
	enum dma_why why;

	side->i = 0;
	side->off = 0;
	if (!list) {
		side->nr = 1;
		side->sg[0] = (struct dma_sg){.addr = at, .len = (uint32_t)job->desc.len};
	} else {
		if (!nr || nr > DMA_SG_MAX)
			return refuse(job, DMA_BAD_LIST, DMA_WHY_ALIGN, nr);
		why = dma_range_why(ram, at, nr * sizeof(struct dma_sg), bits, &bad);
		if (why)
			return refuse(job, DMA_BAD_LIST, why, bad);
		side->nr = nr;
		if (ram_read(ram, at, side->sg, nr * sizeof(struct dma_sg)))
			return refuse(job, DMA_BAD_LIST, DMA_WHY_NO_RAM, at);
	}
	for (unsigned int i = 0; i < side->nr; i++) {
		if (!side->sg[i].len)
			return refuse(job, DMA_BAD_LEN, DMA_WHY_ALIGN, side->sg[i].addr);
		why = dma_range_why(ram, side->sg[i].addr, side->sg[i].len, bits, &bad);
		if (why)
			return refuse(job, source ? DMA_BAD_SRC : DMA_BAD_DST, why, bad);
		total += side->sg[i].len;
	}
	return total == job->desc.len || refuse(job, DMA_BAD_LEN, DMA_WHY_NONE, total);
}

/* Ends cannot overflow: every piece lies in RAM. */
static bool no_overlap(struct dma_job *job)
{
	for (unsigned int i = 0; i < job->src.nr; i++) {
		const struct dma_sg *s = &job->src.sg[i];

		for (unsigned int j = 0; j < job->dst.nr; j++) {
			const struct dma_sg *d = &job->dst.sg[j];

			if (s->addr < d->addr + d->len && d->addr < s->addr + s->len)
				return refuse(job, DMA_BAD_DST, DMA_WHY_OVERLAP, s->addr > d->addr ? s->addr : d->addr);
		}
	}
	return true;
}

static bool reads(const struct dma_desc *d)
{
	return d->op == DMA_COPY || d->op == DMA_CRC32C;
}

static bool writes(const struct dma_desc *d)
{
	return d->op == DMA_COPY || d->op == DMA_FILL;
}

bool dma_job_begin(struct dma_job *job, const struct ram *ram, unsigned int bits)
{
	struct dma_desc *d = &job->desc;

	d->result = d->bad_addr = 0;
	d->why = DMA_WHY_NONE;
	d->status = DMA_OK;
	job->left = 0;
	job->crc = ~0U;
	if (d->op == DMA_IRQ && !(d->flags & ~(uint32_t)DMA_F_IRQ))
		return true;
	if ((!reads(d) && !writes(d)) || d->flags & ~(uint32_t)KNOWN_FLAGS || (!reads(d) && d->flags & DMA_F_SRC_SG) ||
	    (!writes(d) && d->flags & DMA_F_DST_SG))
		return refuse(job, DMA_BAD_OP, DMA_WHY_NONE, d->op);
	if (!d->len || d->len > DMA_LEN_MAX)
		return refuse(job, DMA_BAD_LEN, DMA_WHY_NONE, d->len);
	if (reads(d) && !load_side(job, ram, bits, true))
		return false;
	if (writes(d) && !load_side(job, ram, bits, false))
		return false;
	if (reads(d) && writes(d) && !no_overlap(job))
		return false;
	job->left = d->len;
	return true;
}

/* ---- doing ---- */

/* Where the side's next byte lies, and how many follow it in one piece of one slot. */
static uint8_t *next_piece(const struct dma_side *side, const struct ram *ram, uint64_t *n)
{
	const struct dma_sg *sg = &side->sg[side->i];
	uint64_t run = 0, left = sg->len - side->off;
	uint8_t *p = ram_ptr(ram, sg->addr + side->off, &run, true);

	run = run < left ? run : left;
	*n = *n < run ? *n : run;
	return p;
}

static void advance(struct dma_side *side, uint64_t n)
{
	side->off += n;
	if (side->off == side->sg[side->i].len) {
		side->i++;
		side->off = 0;
	}
}

bool dma_job_step(struct dma_job *job, const struct ram *ram, uint64_t budget)
{
	struct dma_desc *d = &job->desc;

	while (job->left && budget) {
		uint64_t n = job->left < budget ? job->left : budget;
		uint8_t *from = reads(d) ? next_piece(&job->src, ram, &n) : NULL;
		uint8_t *to = writes(d) ? next_piece(&job->dst, ram, &n) : NULL;

		/* DMA_COPY has both sides, DMA_FILL the one, DMA_CRC32C the other. */
		if (from && to)
			memcpy(to, from, n);
		else if (to)
			memset(to, (int)(d->src & 0xff), n);
		else if (from)
			job->crc = dma_crc32c(job->crc, from, n);
		if (from)
			advance(&job->src, n);
		if (to)
			advance(&job->dst, n);
		job->left -= n;
		budget -= n;
	}
	if (job->left)
		return false;
	if (d->op == DMA_CRC32C)
		d->result = ~job->crc;
	return true;
}

/* ---- CRC-32C, eight bytes at a time: tables for each distance from the end of the word ---- */

#define CRC32C_POLY 0x82f63b78U

static uint32_t crc_table[8][256];

static void make_crc_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ CRC32C_POLY : crc >> 1;
		crc_table[0][i] = crc;
	}
	for (unsigned int t = 1; t < 8; t++)
		for (uint32_t i = 0; i < 256; i++)
			crc_table[t][i] = crc_table[t - 1][i] >> 8 ^ crc_table[0][crc_table[t - 1][i] & 0xff];
}

uint32_t dma_crc32c(uint32_t crc, const uint8_t *p, uint64_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint64_t word;

	pthread_once(&once, make_crc_table);
	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		word ^= crc;
		crc = 0;
		for (unsigned int i = 0; i < 8; i++)
			crc ^= crc_table[7 - i][word >> (8 * i) & 0xff];
	}
	while (n--)
		crc = crc >> 8 ^ crc_table[0][(crc ^ *p++) & 0xff];
	return crc;
}

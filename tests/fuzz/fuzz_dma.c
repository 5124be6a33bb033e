// SPDX-License-Identifier: MIT
/*
 * fuzz_dma.c - the DMA engine against a guest that does its worst: see fuzz_dma.h.
 *
 * RAM is three slots, each on the heap with the sanitizer's guards around it, and a blob that is none. The input is a list of
 * commands: write a register, write memory, ring, let the engine work, read a register back. After every turn of the engine
 * memory is compared with what it was: only what the descriptors at hand named as destination, and their own result part,
 * may differ.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz_dma.h"
#include "vmm/vm.h"

#define SLOTS 4

static const struct mem_region layout[SLOTS] = {
	{.gpa = 0x1000, .size = 0x3000, .is_ram = 1},
	{.gpa = 0x4000, .size = 0x2000, .is_ram = 1}, /* touches the one before */
	{.gpa = 0xa1000, .size = 0x1000, .is_ram = 0},
	{.gpa = 0x101000, .size = 0x2000, .is_ram = 1},
};

/** struct machine - @was: memory before a turn of the engine; @may: what it may change in that turn */
struct machine {
	struct vm *vm;
	struct dma *dma;
	uint8_t *was[SLOTS], *may[SLOTS];
};

/* ---- what the device needs of the VMM ---- */

void run_error(const char *fmt, ...)
{
	(void)fmt;
}

int irq_route(struct vm *vm, unsigned int line, int fd, uint64_t addr, uint32_t data)
{
	(void)vm;
	(void)fd;
	if (line >= IRQ_LINES)
		abort();
	return addr % 2 || data % 7 == 3 ? -1 : 0; /* KVM may refuse */
}

void irq_unroute(struct vm *vm, unsigned int line)
{
	(void)vm;
	if (line >= IRQ_LINES)
		abort();
}

/* ---- the machine ---- */

static void make(struct machine *m, unsigned int bits)
{
	m->vm = calloc(1, sizeof(*m->vm));
	m->vm->fd = -1;
	gate_init(&m->vm->gate);
	for (unsigned int i = 0; i < SLOTS; i++) {
		m->vm->ram.slots[i] =
			(struct ram_slot){.region = layout[i], .fd = -1, .host = calloc(1, layout[i].size)};
		m->was[i] = malloc(layout[i].size);
		m->may[i] = calloc(1, layout[i].size);
	}
	m->vm->ram.nr = SLOTS;
	m->dma = &m->vm->dma[0];
	if (dma_init(m->dma, m->vm, 0, bits))
		abort();
}

static void unmake(struct machine *m)
{
	dma_storms_join(&m->dma->storms);
	dma_deinit(m->dma);
	for (unsigned int i = 0; i < SLOTS; i++) {
		free(m->vm->ram.slots[i].host);
		free(m->was[i]);
		free(m->may[i]);
	}
	gate_deinit(&m->vm->gate);
	free(m->vm);
}

/* ---- what may change: a second opinion that shares nothing with the device ---- */

static uint8_t *byte_at(uint8_t *const bytes[SLOTS], uint64_t gpa)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		if (layout[i].is_ram && gpa - layout[i].gpa < layout[i].size)
			return bytes[i] + (gpa - layout[i].gpa);
	return NULL;
}

static bool take(uint8_t *const bytes[SLOTS], uint64_t gpa, void *to, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint8_t *b = byte_at(bytes, gpa + i);

		if (!b)
			return false;
		((uint8_t *)to)[i] = *b;
	}
	return true;
}

static void allow(struct machine *m, uint64_t gpa, uint64_t n)
{
	/* Beyond the size of all slots nothing more can be named. */
	for (uint64_t i = 0; i < n && i < 0x200000; i++) {
		uint8_t *b = byte_at(m->may, gpa + i);

		if (b)
			*b = 1;
	}
}

static void allow_desc(struct machine *m, uint64_t at)
{
	struct dma_desc d;

	if (!take(m->was, at, &d, sizeof(d)))
		return;
	allow(m, at + offsetof(struct dma_desc, result), sizeof(d) - offsetof(struct dma_desc, result));
	if (d.op != DMA_COPY && d.op != DMA_FILL)
		return;
	if (!(d.flags & DMA_F_DST_SG)) {
		allow(m, d.dst, d.len);
		return;
	}
	for (unsigned int i = 0; i < d.dst_nr; i++) {
		struct dma_sg sg;

		if (take(m->was, d.dst + i * sizeof(sg), &sg, sizeof(sg)))
			allow(m, sg.addr, sg.len);
	}
}

/* One step of each queue, with memory compared. Return: was there anything to do? */
static bool turn(struct machine *m)
{
	bool busy;

	for (unsigned int i = 0; i < SLOTS; i++) {
		memcpy(m->was[i], m->vm->ram.slots[i].host, layout[i].size);
		memset(m->may[i], 0, layout[i].size);
	}
	for (unsigned int q = 0; q < DMA_QUEUES; q++) {
		const struct dma_queue *queue = &m->dma->queues[q];

		if (queue->ring_size)
			allow_desc(m, queue->ring + (queue->tail & (queue->ring_size - 1)) * sizeof(struct dma_desc));
	}
	busy = dma_service(m->dma);
	for (unsigned int i = 0; i < SLOTS; i++) {
		const uint8_t *now = m->vm->ram.slots[i].host;

		for (uint64_t b = 0; b < layout[i].size; b++) {
			if (now[b] == m->was[i][b] || m->may[i][b])
				continue;
			fprintf(stderr, "the engine changed %#lx, which nobody named\n", layout[i].gpa + b);
			abort();
		}
	}
	return busy;
}

/* ---- the input ---- */

struct input {
	const uint8_t *p;
	size_t left;
};

static uint64_t next(struct input *in, unsigned int n)
{
	uint64_t x = 0;

	for (; n && in->left; n--, in->left--)
		x = x << 8 | *in->p++;
	return x;
}

/* Addresses that have a chance: RAM and its edges, by a byte or two; or anything at all. */
static uint64_t address(struct input *in)
{
	static const uint64_t bases[] = {0x1000, 0x3fc0, 0x5f00, 0xa0000, 0x101000, 0x102f80, 0, UINT64_MAX - 64};
	uint64_t kind = next(in, 1);

	return kind < 0xf0 ? bases[kind % 8] + next(in, kind & 8 ? 2 : 1) * (kind & 16 ? 64 : 1) : next(in, 8);
}

static void write_desc(struct machine *m, struct input *in)
{
	struct dma_desc d = {.op = (uint32_t)next(in, 1) % 6};
	uint64_t at = m->dma->queues[0].ring + next(in, 1) % 16 * sizeof(d);

	d.flags = (uint32_t)next(in, 1);
	d.src = address(in);
	d.dst = address(in);
	d.len = next(in, d.flags & 0x80 ? 8 : 2);
	d.flags &= 0x0f;
	d.src_nr = (uint16_t)(next(in, 1) * (d.flags & 8 ? 257 : 1));
	d.dst_nr = (uint16_t)next(in, 1);
	ram_write(&m->vm->ram, at, &d, sizeof(d));
}

static void write_sg(struct machine *m, struct input *in)
{
	uint64_t at = address(in);
	struct dma_sg sg = {.addr = address(in)};

	sg.len = (uint32_t)next(in, 2);
	ram_write(&m->vm->ram, at, &sg, sizeof(sg));
}

static void command(struct machine *m, struct input *in)
{
	unsigned int what = (unsigned int)next(in, 1);
	uint64_t value;

	switch (what % 8) {
	case 0: /* any register, any value; but no periods: threads make no two runs alike */
		value = next(in, 2) & 0xff8;
		if (value < DMA_STORM(0) || (value & 0x38) != DMA_STORM_HZ)
			dma_reg_write(m->dma, (unsigned int)value, address(in));
		break;
	case 1:
		dma_reg_read(m->dma, (unsigned int)next(in, 2) & 0xff8);
		break;
	case 2: /* a queue that could work */
		value = DMA_QUEUE(what / 8 % 2);
		dma_reg_write(m->dma, (unsigned int)value + DMA_QUEUE_RESET, 0);
		dma_reg_write(m->dma, (unsigned int)value + DMA_RING, address(in) & ~63UL);
		dma_reg_write(m->dma, (unsigned int)value + DMA_RING_SIZE, 2UL << what / 16 % 12);
		break;
	case 3:
		write_desc(m, in);
		break;
	case 4:
		write_sg(m, in);
		break;
	case 5:
		dma_reg_write(m->dma, DMA_QUEUE(what / 8 % 2) + DMA_HEAD,
			      m->dma->queues[what / 8 % 2].tail + next(in, 1) % 20);
		break;
	default:
		for (unsigned int n = 0; n < 8 && turn(m); n++)
			;
	}
}

int fuzz_dma(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct machine m;

	make(&m, 20 + (unsigned int)next(&in, 1) % 45);
	while (in.left)
		command(&m, &in);
	for (unsigned int n = 0; n < 64 && turn(&m); n++)
		;
	unmake(&m);
	return 0;
}

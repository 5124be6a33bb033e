// SPDX-License-Identifier: MIT
/*
 * image.c - lays out an image (shared/replay.h): what the guest reads, then what it writes, as zeros.
 *
 * Streams come in the order of their CPUs, however they appeared in the trace; waits name the new numbers.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/trace/internal.h"

static uint64_t align_up(uint64_t at)
{
	return (at + REPLAY_ALIGN - 1) & ~(uint64_t)(REPLAY_ALIGN - 1);
}

static uint64_t room(uint64_t *at, uint64_t bytes)
{
	uint64_t here = align_up(*at);

	*at = here + bytes;
	return here;
}

/* order[i]: which stream comes i-th; number[s]: where stream s went. */
static void sort_streams(const struct trace_parts *p, unsigned int *order, unsigned int *number)
{
	for (unsigned int i = 0; i < p->nr_streams; i++) {
		unsigned int at = i;

		for (; at && p->streams[order[at - 1]].cpu > p->streams[i].cpu; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	for (unsigned int i = 0; i < p->nr_streams; i++)
		number[order[i]] = i;
}

static void copy_ops(uint64_t *to, const struct trace_ops *from, const unsigned int *number)
{
	for (size_t i = 0; i < from->nr; i++) {
		uint64_t op = from->op[i];

		if (REPLAY_OP_CODE(op) == REPLAY_WAIT)
			op = REPLAY_OP(REPLAY_WAIT, number[REPLAY_OP_CLASS(op)], REPLAY_OP_SLOT(op));
		to[i] = op;
	}
}

static void *copy(void *image, uint64_t at, const void *from, size_t bytes)
{
	char *to = (char *)image + at;

	if (bytes)
		memcpy(to, from, bytes);
	return to;
}

struct replay_header *trace_image(struct trace_parts *p)
{
	unsigned int order[REPLAY_MAX_STREAMS], number[REPLAY_MAX_STREAMS];
	uint64_t result = replay_result_size(p->nr_streams, (uint32_t)p->nr_caches, (uint32_t)p->nr_classes);
	struct replay_header h = {
		.magic = REPLAY_MAGIC,
		.version = REPLAY_VERSION,
		.header_size = sizeof(h),
		.nr_streams = p->nr_streams,
		.nr_caches = (uint32_t)p->nr_caches,
		.nr_classes = (uint32_t)p->nr_classes,
		.nr_slots = p->nr_slots,
		.total_size = sizeof(h),
	};
	struct replay_stream *streams;
	struct replay_header *image;
	uint64_t at;

	for (unsigned int s = 0; s < p->nr_streams; s++)
		h.nr_ops += p->streams[s].nr;
	h.caches_off = room(&h.total_size, p->nr_caches * sizeof(*p->caches));
	h.classes_off = room(&h.total_size, p->nr_classes * sizeof(*p->classes));
	h.streams_off = room(&h.total_size, p->nr_streams * sizeof(*streams));
	h.ops_off = room(&h.total_size, h.nr_ops * sizeof(uint64_t));
	h.slots_off = room(&h.total_size, (uint64_t)p->nr_slots * sizeof(struct replay_slot));
	h.result_off = room(&h.total_size, result);
	h.total_size = align_up(h.total_size);

	image = calloc(1, h.total_size);
	if (!image)
		return NULL;
	*image = h;
	copy(image, h.caches_off, p->caches, p->nr_caches * sizeof(*p->caches));
	copy(image, h.classes_off, p->classes, p->nr_classes * sizeof(*p->classes));
	sort_streams(p, order, number);
	streams = (struct replay_stream *)((char *)image + h.streams_off);
	at = h.ops_off;
	for (unsigned int i = 0; i < p->nr_streams; i++) {
		const struct trace_ops *from = &p->streams[order[i]];

		streams[i] =
			(struct replay_stream){.ops_off = at, .nr_ops = (uint32_t)from->nr, .traced_cpu = from->cpu};
		copy_ops((uint64_t *)((char *)image + at), from, number);
		at += from->nr * sizeof(uint64_t);
	}
	return image;
}

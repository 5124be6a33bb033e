// SPDX-License-Identifier: MIT
/*
 * dma_report.c - what the engines did and what they refused, for the summary and for --json.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "vmm/vm.h"

static const char *const op_names[NR_DMA_OPS] = DMA_OP_NAMES;
static const char *const why_names[NR_DMA_WHY] = {"request", "width", "no-ram", "hole", "wrap", "overlap", "bounds"};

/* Which part of a request an error is about. */
static const char *part_name(uint64_t error)
{
	static const char *const names[] = {"",       "",     "command", "source", "destination",
					    "length", "list", "ring",    "head"};

	return (uint32_t)error < sizeof(names) / sizeof(*names) ? names[(uint32_t)error] : "";
}

static uint64_t requests(const struct dma_stats *s)
{
	uint64_t n = s->refused;

	for (unsigned int i = 0; i < NR_DMA_OPS; i++)
		n += s->done[i];
	return n;
}

static void put(struct json_object *o, const char *name, uint64_t value)
{
	json_object_object_add(o, name, json_object_new_int64((int64_t)value));
}

static struct json_object *engine_json(struct dma *d)
{
	const struct dma_stats *s = &d->stats;
	struct json_object *o = json_object_new_object(), *why = json_object_new_object(),
			   *done = json_object_new_object();

	put(o, "bits", d->bits);
	put(o, "requests", requests(s));
	put(o, "bytes", s->bytes);
	put(o, "refused", s->refused);
	put(o, "stopped", s->stopped);
	put(o, "interrupts", s->irqs);
	put(o, "storm", dma_storms_sent(&d->storms));
	put(o, "resets", s->resets);
	for (unsigned int i = 1; i < NR_DMA_OPS; i++)
		put(done, op_names[i], s->done[i]);
	json_object_object_add(o, "done", done);
	for (unsigned int i = 0; i < NR_DMA_WHY; i++)
		put(why, why_names[i], s->why[i]);
	json_object_object_add(o, "why", why);
	return o;
}

struct json_object *dma_json(struct vm *vm)
{
	struct json_object *o = json_object_new_object(), *engines = json_object_new_array();
	uint64_t total = 0, errors = 0, irqs = 0, storm = 0;

	for (unsigned int i = 0; i < vm->nr_dma; i++) {
		struct dma *d = &vm->dma[i];

		json_object_array_add(engines, engine_json(d));
		total += requests(&d->stats);
		errors += d->stats.refused + d->stats.stopped;
		irqs += d->stats.irqs;
		storm += dma_storms_sent(&d->storms);
	}
	put(o, "requests", total);
	put(o, "errors", errors);
	put(o, "interrupts", irqs);
	put(o, "storm", storm);
	json_object_object_add(o, "engines", engines);
	return o;
}

static void print_last(const struct dma *d)
{
	const struct dma_stats *s = &d->stats;
	const char *op = s->last_op < NR_DMA_OPS && s->last_op ? op_names[s->last_op] : "queue";

	printf("; last: %s, %s %#" PRIx64 " ", op, part_name(s->last), s->last_addr);
	switch (s->last >> 32) {
	case DMA_WHY_WIDTH:
		printf("is beyond %u bits", d->bits);
		break;
	case DMA_WHY_NO_RAM:
		printf("is no RAM");
		break;
	case DMA_WHY_HOLE:
		printf("is in the hole below 1 MiB");
		break;
	case DMA_WHY_WRAP:
		printf("and its length wrap around");
		break;
	case DMA_WHY_OVERLAP:
		printf("is source and destination");
		break;
	default:
		printf("is not valid");
	}
	printf(" (queue %u)\n", s->last_queue);
}

void dma_print(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_dma; i++) {
		const struct dma_stats *s = &vm->dma[i].stats;

		if (!s->refused && !s->stopped)
			continue;
		printf("mmvisor: dma%u (%u bits): %" PRIu64 " requests, %" PRIu64 " refused, queues stopped %" PRIu64
		       " times",
		       i, vm->dma[i].bits, requests(s), s->refused, s->stopped);
		print_last(&vm->dma[i]);
	}
}

// SPDX-License-Identifier: MIT
/*
 * native.c - the allocators compiled for the host (the simulated machine of tests/unit, without its sanitizers), timed beside the
 * malloc() of this process: preload another one to see what that costs.
 *
 *	native ROW OPERATIONS [ROUNDS]	print the least nanoseconds per operation of so many rounds (default 21)
 *	native list			the rows
 *
 * An operation is an allocation and its free: at once (pair), or of 512 held together, freed in the opposite order (batch). With
 * one round nothing is timed that a tool that counts instructions would not see.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "tests/unit/arch/sim.h"

#define HELD 512
#define USE(x) asm volatile("" : : "r"(x) : "memory")

static void *held[HELD];

static void *take_kernel(size_t size)
{
	return size == PAGE_SIZE ? (void *)alloc_pages(GFP_KERNEL, 0) : kmalloc(size, GFP_KERNEL);
}

static void give_kernel(size_t size, void *p)
{
	if (size == PAGE_SIZE)
		__free_pages(p, 0);
	else
		kfree(p);
}

#define LOOPS(name, take, give)                                                                                        \
	static void name##_pair(size_t size, unsigned long n)                                                          \
	{                                                                                                              \
		while (n--) {                                                                                          \
			void *p = take;                                                                                \
                                                                                                                       \
			USE(p);                                                                                        \
			give;                                                                                          \
		}                                                                                                      \
	}                                                                                                              \
	static void name##_batch(size_t size, unsigned long n)                                                         \
	{                                                                                                              \
		for (unsigned long done = 0; done < n; done += HELD) {                                                 \
			for (unsigned int i = 0; i < HELD; i++)                                                        \
				held[i] = take;                                                                        \
			for (unsigned int i = HELD; i-- > 0;) {                                                        \
				void *p = held[i];                                                                     \
                                                                                                                       \
				give;                                                                                  \
			}                                                                                              \
		}                                                                                                      \
		(void)size;                                                                                            \
	}

LOOPS(ours, take_kernel(size), give_kernel(size, p))
LOOPS(libc, malloc(size), free(p))

static const struct row {
	const char *name;
	void (*fn)(size_t size, unsigned long n);
	size_t size;
} rows[] = {
	{"kmalloc_16.pair", ours_pair, 16},           {"malloc_16.pair", libc_pair, 16},
	{"kmalloc_64.pair", ours_pair, 64},           {"malloc_64.pair", libc_pair, 64},
	{"kmalloc_256.pair", ours_pair, 256},         {"malloc_256.pair", libc_pair, 256},
	{"kmalloc_1024.pair", ours_pair, 1024},       {"malloc_1024.pair", libc_pair, 1024},
	{"kmalloc_64.batch512", ours_batch, 64},      {"malloc_64.batch512", libc_batch, 64},
	{"alloc_pages_0.pair", ours_pair, 4096},      {"malloc_4096.pair", libc_pair, 4096},
	{"alloc_pages_0.batch512", ours_batch, 4096}, {"malloc_4096.batch512", libc_batch, 4096},
};

/* The simulated machine hands the debug kernel a boot argument; there is none here. */
int slab_debug_setup(char *value);
int slab_debug_setup(char *value)
{
	(void)value;
	return 1;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int measure(const struct row *row, unsigned long n, unsigned int rounds)
{
	static const struct sim_range ram[] = {{4ULL << 30, 1ULL << 30}, {0, 0}};
	double best = 1e99;

	if (strncmp(row->name, "malloc", 6))
		sim_start(ram, 1);
	for (unsigned int i = 0; i < rounds; i++) {
		double start = now_ns(), took;

		row->fn(row->size, n);
		took = (now_ns() - start) / (double)n;
		if (took < best)
			best = took;
	}
	printf("%.2f\n", best);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			puts(rows[i].name);
		return 0;
	}
	for (size_t i = 0; argc >= 3 && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(argv[1], rows[i].name))
			return measure(&rows[i], strtoul(argv[2], NULL, 0),
				       argc > 3 ? (unsigned int)strtoul(argv[3], NULL, 0) : 21);
	fprintf(stderr, "usage: native ROW OPERATIONS [ROUNDS] | native list\n");
	return 2;
}

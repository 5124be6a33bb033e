// SPDX-License-Identifier: MIT
/*
 * random.c - a sequence for each CPU, all from the run's seed. Being interrupted in the middle of a step only makes
 * another sequence, so nothing is locked.
 */
#include <linux/export.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "guest/kernel/main.h"

static DEFINE_PER_CPU(struct rnd_state, rnd);

static u64 run_seed;

void random_init_cpu(unsigned int cpu)
{
	prandom_seed_state(per_cpu_ptr(&rnd, cpu), run_seed + cpu * 0x100000001b3ull);
}

void random_init(u64 seed)
{
	run_seed = seed;
	random_init_cpu(0);
}

u64 get_random_u64(void)
{
	u64 v;

	preempt_disable();
	v = prandom_u64_state(this_cpu_ptr(&rnd));
	preempt_enable();
	return v;
}
EXPORT_SYMBOL(get_random_u64);

u32 get_random_u32(void)
{
	return (u32)(get_random_u64() >> 32);
}
EXPORT_SYMBOL(get_random_u32);

u32 get_random_u32_below(u32 ceil)
{
	/* The high half of the product: even to within 2^-32. */
	return (u32)(((u64)get_random_u32() * ceil) >> 32);
}
EXPORT_SYMBOL(get_random_u32_below);

u32 get_random_u32_inclusive(u32 floor, u32 ceil)
{
	u32 span = ceil - floor + 1;

	return span ? floor + get_random_u32_below(span) : get_random_u32();
}
EXPORT_SYMBOL(get_random_u32_inclusive);

static void fill(struct rnd_state *state, void *buf, size_t len)
{
	u8 *p = buf;

	while (len) {
		u64 v = state ? prandom_u64_state(state) : get_random_u64();
		size_t n = len < sizeof(v) ? len : sizeof(v);

		memcpy(p, &v, n);
		p += n;
		len -= n;
	}
}

void get_random_bytes(void *buf, size_t len)
{
	fill(NULL, buf, len);
}
EXPORT_SYMBOL(get_random_bytes);

void prandom_bytes_state(struct rnd_state *state, void *buf, size_t len)
{
	fill(state, buf, len);
}
EXPORT_SYMBOL(prandom_bytes_state);

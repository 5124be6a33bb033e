/* SPDX-License-Identifier: MIT */
/* prandom.h - sequences of one's own: the same seed gives the same numbers, whoever else asks for some. */
#ifndef _LINUX_PRANDOM_H
#define _LINUX_PRANDOM_H

#include <linux/random.h>

struct rnd_state {
	u64 s;
};

static inline u64 prandom_u64_state(struct rnd_state *state)
{
	/* xorshift64*: Marsaglia 2003, with Vigna's multiplier. */
	state->s ^= state->s >> 12;
	state->s ^= state->s << 25;
	state->s ^= state->s >> 27;
	return state->s * 0x2545f4914f6cdd1dull;
}

static inline u32 prandom_u32_state(struct rnd_state *state)
{
	return (u32)(prandom_u64_state(state) >> 32);
}

static inline void prandom_seed_state(struct rnd_state *state, u64 seed)
{
	/* Spread small seeds over the word; the one state that never moves is 0. */
	state->s = (seed + 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;
	if (!state->s)
		state->s = 1;
}

void prandom_bytes_state(struct rnd_state *state, void *buf, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * damage.h - random damage to the image: words at places that matter, where pointers, counts and orders lie, and at places
 * that pointers lead to. Values are those that hurt: zero, all ones, wild and well-formed addresses, addresses of other
 * structures; whole stretches of noise; pages that hold another page's contents.
 *
 * SABOTAGE_SEED repeats a failure. SABOTAGE_ROUNDS says how many images each test damages.
 */
#ifndef MMV_TESTS_SABOTAGE_DAMAGE_H
#define MMV_TESTS_SABOTAGE_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "tools/view/view.h"

#define NOISE 512 /* the longest stretch */
#define DAMAGE_MAX 4

/** struct damage - @va, which lies @at in this process: bytes that were there before. Undone in the opposite order. */
struct damage {
	gva_t va;
	void *at;
	size_t len;
	uint8_t old[NOISE];
};

/** rnd - the next random number. */
uint64_t rnd(void);
/** damage_place - an address of a word that somebody reads. */
gva_t damage_place(void);
/** damage_do - up to DAMAGE_MAX of them. Return: how many. damage_undo - all of them, in the opposite order. */
unsigned int damage_do(struct damage *d);
void damage_undo(const struct damage *d, unsigned int n);

/** damage_rounds - how many images: SABOTAGE_ROUNDS, or @usual. */
unsigned int damage_rounds(unsigned int usual);
/** damage_seed - a seed of its own for each @loop of a test, unless SABOTAGE_SEED says which; it is printed. */
void damage_seed(const char *test, int loop);

#endif

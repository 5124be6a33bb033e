/* SPDX-License-Identifier: MIT */
/*
 * pc.h - the machine of the tests of slabs, kmalloc() and vmalloc(): memory where a PC of 112 MiB has it, four CPUs.
 */
#ifndef TESTS_UNIT_PC_H
#define TESTS_UNIT_PC_H

#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

#define MiB(n) ((uint64_t)(n) << 20)
#define GiB(n) ((uint64_t)(n) << 30)

static const struct sim_range pc[] = {
	{0, 0xa0000}, {0x100000, MiB(15)}, {MiB(16), MiB(32)}, {GiB(4), MiB(64)}, {0, 0},
};

static inline void boot(void)
{
	sim_start(pc, 4);
}

/* What users hold, and that nothing is wrong. */
static inline unsigned long usage(void)
{
	struct mm_usage u;

	assert_valid();
	mm_usage(&u);
	return u.pages + u.objects + u.areas;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cpumask.h - sets of CPUs: one word, as there are at most 64.
 *
 * cpumask_set_cpu() and its relatives are atomic, their __ forms and everything that writes a whole set are not. What
 * looks for a CPU gives nr_cpu_ids or more if there is none. After boot every possible CPU is online.
 */
#ifndef _LINUX_CPUMASK_H
#define _LINUX_CPUMASK_H

#include <linux/bitops.h>
#include <linux/smp.h>
#include <linux/types.h>

typedef struct cpumask {
	unsigned long bits[1];
} cpumask_t;
/* Small enough to lie where it is used: alloc_cpumask_var() never fails. */
typedef struct cpumask cpumask_var_t[1];

_Static_assert(NR_CPUS <= BITS_PER_LONG, "a cpumask is one word");

/* One set for each CPU, holding it alone (guest/kernel/smp.c). */
extern const struct cpumask cpu_single[NR_CPUS];
extern struct cpumask cpu_possible_bits;

#define CPU_BITS_ALL ((unsigned long)-1)
#define CPU_MASK_NONE ((struct cpumask){{0}})
#define CPU_MASK_ALL ((struct cpumask){{CPU_BITS_ALL}})
#define cpumask_bits(m) ((m)->bits)
#define cpumask_size() sizeof(struct cpumask)
#define cpu_online_mask ((const struct cpumask *)&cpu_online_bits)
#define cpu_possible_mask ((const struct cpumask *)&cpu_possible_bits)
#define cpu_present_mask cpu_possible_mask
#define cpu_active_mask cpu_online_mask
#define cpumask_of(cpu) (&cpu_single[cpu])

#define cpumask_set_cpu(cpu, m) set_bit(cpu, (m)->bits)
#define cpumask_clear_cpu(cpu, m) clear_bit(cpu, (m)->bits)
#define __cpumask_set_cpu(cpu, m) __set_bit(cpu, (m)->bits)
#define __cpumask_clear_cpu(cpu, m) __clear_bit(cpu, (m)->bits)
#define cpumask_test_cpu(cpu, m) test_bit(cpu, (m)->bits)
#define cpumask_test_and_set_cpu(cpu, m) test_and_set_bit(cpu, (m)->bits)
#define cpumask_test_and_clear_cpu(cpu, m) test_and_clear_bit(cpu, (m)->bits)

#define cpumask_clear(m) ((void)((m)->bits[0] = 0))
#define cpumask_setall(m) ((void)((m)->bits[0] = cpu_possible_bits.bits[0]))
#define cpumask_copy(to, from) ((void)((to)->bits[0] = (from)->bits[0]))
#define cpumask_complement(to, from) ((void)((to)->bits[0] = ~(from)->bits[0] & cpu_possible_bits.bits[0]))
#define cpumask_or(to, a, b) ((void)((to)->bits[0] = (a)->bits[0] | (b)->bits[0]))
#define cpumask_xor(to, a, b) ((void)((to)->bits[0] = (a)->bits[0] ^ (b)->bits[0]))
/* These two say whether anything is left. */
#define cpumask_and(to, a, b) (((to)->bits[0] = (a)->bits[0] & (b)->bits[0]) != 0)
#define cpumask_andnot(to, a, b) (((to)->bits[0] = (a)->bits[0] & ~(b)->bits[0]) != 0)

#define cpumask_weight(m) hweight64((m)->bits[0])
#define cpumask_empty(m) ((m)->bits[0] == 0)
#define cpumask_full(m) ((~(m)->bits[0] & cpu_possible_bits.bits[0]) == 0)
#define cpumask_equal(a, b) ((a)->bits[0] == (b)->bits[0])
#define cpumask_subset(a, b) (((a)->bits[0] & ~(b)->bits[0]) == 0)
#define cpumask_intersects(a, b) (((a)->bits[0] & (b)->bits[0]) != 0)

/** cpumask_next - the first CPU of @m after @n */
static inline unsigned int cpumask_next(int n, const struct cpumask *m)
{
	unsigned long rest = n >= BITS_PER_LONG - 1 ? 0 : m->bits[0] & ~0UL << (n + 1);

	return rest ? (unsigned int)__builtin_ctzl(rest) : nr_cpu_ids;
}

static inline unsigned int cpumask_first(const struct cpumask *m)
{
	return cpumask_next(-1, m);
}

#define cpumask_any(m) cpumask_first(m)

static inline unsigned int cpumask_first_and(const struct cpumask *a, const struct cpumask *b)
{
	struct cpumask both = {{a->bits[0] & b->bits[0]}};

	return cpumask_first(&both);
}

static inline unsigned int cpumask_next_and(int n, const struct cpumask *a, const struct cpumask *b)
{
	struct cpumask both = {{a->bits[0] & b->bits[0]}};

	return cpumask_next(n, &both);
}

#define cpumask_any_and(a, b) cpumask_first_and(a, b)

/** cpumask_any_but - a CPU of @m that is not @cpu */
static inline unsigned int cpumask_any_but(const struct cpumask *m, unsigned int cpu)
{
	struct cpumask rest = {{m->bits[0] & ~(1UL << cpu)}};

	return cpumask_first(&rest);
}

#define for_each_cpu(cpu, m) for ((cpu) = cpumask_first(m); (cpu) < nr_cpu_ids; (cpu) = cpumask_next((int)(cpu), m))
#define for_each_cpu_and(cpu, a, b)                                                                                    \
	for ((cpu) = cpumask_first_and(a, b); (cpu) < nr_cpu_ids; (cpu) = cpumask_next_and((int)(cpu), a, b))

static inline bool alloc_cpumask_var(cpumask_var_t *mask, gfp_t gfp)
{
	(void)mask;
	(void)gfp;
	return true;
}

static inline bool zalloc_cpumask_var(cpumask_var_t *mask, gfp_t gfp)
{
	cpumask_clear(*mask);
	return alloc_cpumask_var(mask, gfp);
}

static inline void free_cpumask_var(cpumask_var_t mask)
{
	(void)mask;
}

#endif

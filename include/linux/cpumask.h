/* SPDX-License-Identifier: MIT */
/* cpumask.h - sets of CPUs: one word, as there are at most 64. */
#ifndef _LINUX_CPUMASK_H
#define _LINUX_CPUMASK_H

#include <linux/bitops.h>
#include <linux/smp.h>
#include <linux/types.h>

typedef struct cpumask {
	unsigned long bits[1];
} cpumask_t;

_Static_assert(NR_CPUS <= BITS_PER_LONG, "a cpumask is one word");

#define cpumask_bits(m) ((m)->bits)
#define cpu_online_mask ((const struct cpumask *)&cpu_online_bits)
#define cpumask_set_cpu(cpu, m) set_bit(cpu, (m)->bits)
#define cpumask_clear_cpu(cpu, m) clear_bit(cpu, (m)->bits)
#define cpumask_test_cpu(cpu, m) test_bit(cpu, (m)->bits)
#define cpumask_clear(m) ((void)((m)->bits[0] = 0))
#define cpumask_weight(m) hweight64((m)->bits[0])
#define cpumask_empty(m) ((m)->bits[0] == 0)
#define cpumask_first(m) ((unsigned int)find_first_bit((m)->bits, nr_cpu_ids))
#define cpumask_next(n, m) ((unsigned int)find_next_bit((m)->bits, nr_cpu_ids, (unsigned long)((n) + 1)))
#define for_each_cpu(cpu, m) for_each_set_bit(cpu, (m)->bits, nr_cpu_ids)

#endif

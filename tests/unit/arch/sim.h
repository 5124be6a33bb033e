/* SPDX-License-Identifier: MIT */
/*
 * sim.h - the machine that the host build of guest/mm runs on: RAM, CPUs, interrupts, mappings, a console that remembers.
 *
 * Everything between sim_start() and the end of the test process is one boot. Check forks for every test, so each has its
 * own machine.
 */
#ifndef TESTS_UNIT_SIM_H
#define TESTS_UNIT_SIM_H

#include <stdbool.h>
#include <stdint.h>

/** struct sim_range - RAM at [base, base + size). */
struct sim_range {
	uint64_t base, size;
};

extern unsigned int sim_cpu;
extern unsigned long sim_irq_flags;

/**
 * sim_slab_debug - slub_debug= of the next boot; "-": caches are as in the release kernel, arrays and all
 * MM_TEST_SLUB_DEBUG overrides it.
 */
extern const char *sim_slab_debug;

/** sim_start - a machine with this RAM (ended by size 0) and so many CPUs, memblock filled, mm_init() done, booted. */
void sim_start(const struct sim_range *ranges, unsigned int cpus);
/** sim_start_raw - the same before mm_init(): only RAM, struct pages and memblock. */
void sim_start_raw(const struct sim_range *ranges, unsigned int cpus);

/** sim_log - what printk() and warnings said since the last sim_log_clear(). */
const char *sim_log(void);
void sim_log_clear(void);
/** sim_warnings - how many WARNs there were since the last sim_log_clear(). */
unsigned int sim_warnings(void);

/** sim_interrupt - between the two, code runs as in a hard interrupt. */
void sim_interrupt_enter(void);
void sim_interrupt_exit(void);

/** sim_fail_at - refuse the @n-th inner allocation from now on (0: the next; negative: none). */
void sim_fail_at(long n);
/** sim_fail_always - refuse all of them, or none. */
void sim_fail_always(bool yes);
/** sim_fail_hit - was one refused since the last sim_fail_at() with a number? */
bool sim_fail_hit(void);

/* sim_block.c */

struct bio;
/** sim_on_bio - what the device does with a bio: 0 or a blk_status_t. */
extern uint8_t (*sim_on_bio)(struct bio *bio);

/* sim_kernel.c */

/** sim_grace_period - RCU callbacks called for before now run. synchronize_rcu() and rcu_barrier() do the same. */
void sim_grace_period(void);
/** sim_rcu_waiting - callbacks that wait for one. */
unsigned long sim_rcu_waiting(void);
/** sim_on_sleep - what happens while a task sleeps; sim_sleeps: how often one did; sim_sleep_ticks: how long the last one would. */
extern void (*sim_on_sleep)(void);
extern unsigned long sim_sleeps;
extern long sim_sleep_ticks;
/** sim_on_trylock - what happens before a mutex is tried. */
extern void (*sim_on_trylock)(void);
/** sim_user_hole, sim_user_end - user addresses below the one, and from the other on, are not mapped. */
extern unsigned long sim_user_hole, sim_user_end;

/** sim_flushes - TLB flushes so far. */
unsigned long sim_flushes(void);
/** sim_mapped_pages - pages mapped in the vmalloc and module areas. */
unsigned long sim_mapped_pages(void);
/** sim_large_mappings - mappings so far that could use 2 MiB pages; sim_tables - page tables there are for these areas. */
unsigned long sim_large_mappings(void);
unsigned long sim_tables(void);
/** sim_faults - does reading a byte at @addr fault? */
bool sim_faults(const volatile void *addr);
/** sim_write_faults - does writing (the byte that is there)? */
bool sim_write_faults(volatile void *addr);

/** sim_random - the next number of the test's sequence. MM_TEST_SEED sets where it begins; printed at the start. */
uint64_t sim_random(void);
uint32_t sim_below(uint32_t limit);
/** sim_steps - how many steps a random test takes: MM_TEST_STEPS, or @standard. */
unsigned long sim_steps(unsigned long standard);

/* sim_user.c */

/** sim_swap_sectors - size of the swap device; 0: there is none. sim_user_flushes: TLB flushes of user memory so far */
extern unsigned long sim_swap_sectors, sim_user_flushes;

#endif

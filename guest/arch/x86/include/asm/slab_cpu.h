/* SPDX-License-Identifier: MIT */
/*
 * asm/slab_cpu.h - push to and pop from this CPU's array of a cache, without turning interrupts off.
 *
 * Each is a restartable sequence (asm/restart.h) that ends with the one store that makes the change.
 */
#ifndef ASM_SLAB_CPU_H
#define ASM_SLAB_CPU_H

#include <asm/percpu.h>
#include <asm/restart.h>

#include "shared/slab.h"

/* Distance from a cache's first array to this CPU's. */
extern unsigned long slab_cpu_offset;

/* @obj = the last object of this CPU's array, which then ends before it; if there is none: goto @empty */
#define arch_slab_pop(s, obj, empty)                                                                                   \
	do {                                                                                                           \
		unsigned long __c, __n;                                                                                \
		asm volatile goto(                                                                                     \
			"1:	mov %%gs:%P[off], %[c]\n"                                                                  \
			"	add %[cpu], %[c]\n"                                                                          \
			"	mov %c[nr](%[c]), %k[n]\n"                                                                   \
			"	sub $1, %k[n]\n"                                                                             \
			"	jb %l[" #empty "]\n"                                                                   \
			"	mov %c[objs](%[c],%[n],8), %[o]\n"                                                           \
			"	mov %k[n], %c[nr](%[c])\n"                                                                   \
			"2:\n" ARCH_RESTART_ENTRY                                                                      \
			: [o] "=&r"(obj), [c] "=&r"(__c), [n] "=&r"(__n)                                               \
			: [off] "p"(&slab_cpu_offset), [cpu] "m"((s)->cpu), [nr] "i"(offsetof(struct slab_cpu, nr)),   \
			  [objs] "i"(offsetof(struct slab_cpu, objs))                                                  \
			: "memory", "cc"                                                                               \
			: empty);                                                                                      \
	} while (0)

/*
 * @obj behind the last object of this CPU's array; if that is full, or its last object is @obj: goto @odd.
 *
 * The word before the first entry is a count (see struct slab_cpu): it never equals an object.
 */
#define arch_slab_push(s, obj, odd)                                                                                    \
	do {                                                                                                           \
		unsigned long __c, __n;                                                                                \
		asm volatile goto(                                                                                     \
			"1:	mov %%gs:%P[off], %[c]\n"                                                                  \
			"	add %[cpu], %[c]\n"                                                                          \
			"	mov %c[nr](%[c]), %k[n]\n"                                                                   \
			"	cmp %c[cap](%[c]), %k[n]\n"                                                                  \
			"	je %l[" #odd "]\n"                                                                     \
			"	cmp %[o], %c[objs]-8(%[c],%[n],8)\n"                                                         \
			"	je %l[" #odd "]\n"                                                                     \
			"	mov %[o], %c[objs](%[c],%[n],8)\n"                                                           \
			"	inc %k[n]\n"                                                                                 \
			"	mov %k[n], %c[nr](%[c])\n"                                                                   \
			"2:\n" ARCH_RESTART_ENTRY                                                                      \
			: [c] "=&r"(__c), [n] "=&r"(__n)                                                               \
			: [o] "r"(obj), [off] "p"(&slab_cpu_offset), [cpu] "m"((s)->cpu),                              \
			  [nr] "i"(offsetof(struct slab_cpu, nr)), [cap] "i"(offsetof(struct slab_cpu, cap)),          \
			  [objs] "i"(offsetof(struct slab_cpu, objs))                                                  \
			: "memory", "cc"                                                                               \
			: odd);                                                                                        \
	} while (0)

#endif

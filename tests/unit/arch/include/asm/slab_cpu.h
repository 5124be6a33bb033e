/* SPDX-License-Identifier: MIT */
/* asm/slab_cpu.h of the host build - nothing interrupts a simulated CPU where the test does not say so. */
#ifndef ASM_SLAB_CPU_H
#define ASM_SLAB_CPU_H

#include "shared/slab.h"
#include <asm/processor.h>
#include <asm/restart.h>

#define arch_slab_pop(s, obj, empty)                                                                                   \
	do {                                                                                                           \
		struct slab_cpu *__c = &(s)->cpu[sim_cpu];                                                             \
		if (!__c->nr)                                                                                          \
			goto empty;                                                                                    \
		(obj) = __c->objs[--__c->nr];                                                                          \
	} while (0)

#define arch_slab_push(s, obj, odd)                                                                                    \
	do {                                                                                                           \
		struct slab_cpu *__c = &(s)->cpu[sim_cpu];                                                             \
		if (__c->nr == __c->cap || (__c->nr && __c->objs[__c->nr - 1] == (obj)))                               \
			goto odd;                                                                                      \
		__c->objs[__c->nr++] = (obj);                                                                          \
	} while (0)

#endif

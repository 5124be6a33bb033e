/* SPDX-License-Identifier: MIT */
/*
 * gate.h - who may touch guest memory now: the way to pause a guest and to end it.
 *
 * Actors (vCPU threads, DMA engines) are inside the gate while they may change guest memory. A pause closes the gate
 * and waits until nobody is inside; pauses nest. A stop opens it for good: actors see it and leave.
 * Getting an actor out is its own affair (vCPUs are kicked, an engine comes out after each descriptor).
 */
#ifndef MMV_VMM_GATE_H
#define MMV_VMM_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int inside;          /* under lock */
	_Atomic(unsigned int) closed; /* pauses in force; written under lock */
	atomic_bool stop;
};

/** gate_init - open, nobody inside. */
void gate_init(struct gate *g);
void gate_deinit(struct gate *g);

/** gate_enter - wait until the gate is open. Return: false if there will be no more entering. */
bool gate_enter(struct gate *g);

/** gate_leave - the caller is outside from now on. */
void gate_leave(struct gate *g);

/** gate_wanted - must those who are inside come out? */
static inline bool gate_wanted(struct gate *g)
{
	return atomic_load(&g->closed) || atomic_load(&g->stop);
}

/** gate_close - no more entering; one more pause. The caller then gets the actors out and calls gate_wait(). */
void gate_close(struct gate *g);

/** gate_wait - until nobody is inside. */
void gate_wait(struct gate *g);

/** gate_open - one pause less. */
void gate_open(struct gate *g);

/** gate_stop - entering fails from now on, also for those who wait. */
void gate_stop(struct gate *g);

#endif

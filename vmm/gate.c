// SPDX-License-Identifier: MIT
/*
 * gate.c - one mutex, one condition: see gate.h.
 */
#include <assert.h>

#include "vmm/gate.h"

void gate_init(struct gate *g)
{
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->changed, NULL);
	g->inside = 0;
	atomic_init(&g->closed, 0);
	atomic_init(&g->stop, false);
}

void gate_deinit(struct gate *g)
{
	assert(!g->inside);
	pthread_cond_destroy(&g->changed);
	pthread_mutex_destroy(&g->lock);
}

bool gate_enter(struct gate *g)
{
	bool ok;

	pthread_mutex_lock(&g->lock);
	while (atomic_load(&g->closed) && !atomic_load(&g->stop))
		pthread_cond_wait(&g->changed, &g->lock);
	ok = !atomic_load(&g->stop);
	if (ok)
		g->inside++;
	pthread_mutex_unlock(&g->lock);
	return ok;
}

void gate_leave(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->inside--;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

void gate_close(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	atomic_fetch_add(&g->closed, 1);
	pthread_mutex_unlock(&g->lock);
}

void gate_wait(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	while (g->inside)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

void gate_open(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	atomic_fetch_sub(&g->closed, 1);
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

void gate_stop(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	atomic_store(&g->stop, true);
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

// SPDX-License-Identifier: MIT
/*
 * map.c - a hash table of live objects.
 *
 * Open addressing with linear probing, at most three quarters full, entries in place. Taking one out moves the entries
 * behind it up, so that there are no tombstones and a table that saw many objects stays as quick as a new one.
 */
#include <errno.h>
#include <stdlib.h>

#include "tools/trace/internal.h"

/* Page frame numbers come in runs: multiply, and take the high bits. */
static size_t place(const struct trace_map *m, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ull) >> 20) & (m->cap - 1);
}

struct trace_obj *trace_map_find(const struct trace_map *m, uint64_t key)
{
	if (!m->cap)
		return NULL;
	for (size_t i = place(m, key); m->tab[i].type; i = (i + 1) & (m->cap - 1))
		if (m->tab[i].key == key)
			return &m->tab[i];
	return NULL;
}

static void put(struct trace_map *m, const struct trace_obj *obj)
{
	size_t i = place(m, obj->key);

	while (m->tab[i].type)
		i = (i + 1) & (m->cap - 1);
	m->tab[i] = *obj;
}

static int enlarge(struct trace_map *m)
{
	struct trace_map bigger = {.nr = m->nr, .cap = m->cap ? 2 * m->cap : 1024};

	bigger.tab = calloc(bigger.cap, sizeof(*bigger.tab));
	if (!bigger.tab)
		return -ENOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->tab[i].type)
			put(&bigger, &m->tab[i]);
	free(m->tab);
	*m = bigger;
	return 0;
}

int trace_map_add(struct trace_map *m, const struct trace_obj *obj)
{
	if (4 * (m->nr + 1) > 3 * m->cap && enlarge(m))
		return -ENOMEM;
	put(m, obj);
	m->nr++;
	return 0;
}

void trace_map_del(struct trace_map *m, struct trace_obj *obj)
{
	size_t hole = (size_t)(obj - m->tab);
	size_t mask = m->cap - 1;

	for (size_t i = (hole + 1) & mask; m->tab[i].type; i = (i + 1) & mask) {
		size_t home = place(m, m->tab[i].key);

		/* It may move into the hole if its home is not between the hole and it. */
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		m->tab[hole] = m->tab[i];
		hole = i;
	}
	m->tab[hole].type = OBJ_NONE;
	m->nr--;
}

void trace_map_free(struct trace_map *m)
{
	free(m->tab);
	*m = (struct trace_map){0};
}

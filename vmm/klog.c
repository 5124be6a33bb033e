// SPDX-License-Identifier: MIT
/*
 * klog.c - see klog.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/klog.h"

void klog_init(struct klog *k)
{
	/* Not the table: nothing of it is read before it was written, and most runs print little. */
	k->first = k->next = 0;
	k->bytes = 0;
	pthread_mutex_init(&k->lock, NULL);
}

static struct klog_line *line_at(struct klog *k, uint64_t number)
{
	return &k->at[number % KLOG_LINES];
}

/* Needs: k->lock, a line. */
static void drop_oldest(struct klog *k)
{
	struct klog_line *l = line_at(k, k->first++);

	k->bytes -= strlen(l->text);
	free(l->text);
	l->text = NULL;
}

void klog_deinit(struct klog *k)
{
	while (k->first < k->next)
		drop_oldest(k);
	pthread_mutex_destroy(&k->lock);
}

void klog_add(struct klog *k, uint64_t ns, const char *text)
{
	size_t len = strlen(text);
	char *copy = strdup(text);

	if (!copy)
		return;
	pthread_mutex_lock(&k->lock);
	while (k->first < k->next && (k->next - k->first == KLOG_LINES || k->bytes + len > KLOG_BYTES))
		drop_oldest(k);
	*line_at(k, k->next++) = (struct klog_line){ns, copy};
	k->bytes += len;
	pthread_mutex_unlock(&k->lock);
}

uint64_t klog_each(struct klog *k, uint64_t from, void (*fn)(void *ctx, uint64_t number, const struct klog_line *line),
		   void *ctx)
{
	uint64_t next;

	pthread_mutex_lock(&k->lock);
	next = k->next;
	for (uint64_t n = from > k->first ? from : k->first; n < next; n++)
		fn(ctx, n, line_at(k, n));
	pthread_mutex_unlock(&k->lock);
	return next;
}

uint64_t klog_next(struct klog *k)
{
	uint64_t next;

	pthread_mutex_lock(&k->lock);
	next = k->next;
	pthread_mutex_unlock(&k->lock);
	return next;
}

static void write_line(void *ctx, uint64_t number, const struct klog_line *l)
{
	/* The first that is left says how many were before it. */
	if (number && !ftello(ctx))
		fprintf(ctx, "LOST %" PRIu64 "\n", number);
	fprintf(ctx, "[%5" PRIu64 ".%06" PRIu64 "] %s\n", l->ns / 1000000000, l->ns / 1000 % 1000000, l->text);
}

void klog_write(struct klog *k, FILE *f)
{
	klog_each(k, 0, write_line, f);
}

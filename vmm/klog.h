/* SPDX-License-Identifier: MIT */
/*
 * klog.h - what the guest printed, kept for those who come later: the control socket's "log", and the core's note.
 *
 * Lines are numbered from 0 and kept with the time at which they came; of too many, the oldest go. The guest is untrusted, so
 * lines and bytes are limited. Locking: @lock covers everything.
 */
#ifndef MMV_VMM_KLOG_H
#define MMV_VMM_KLOG_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#define KLOG_LINES 16384
#define KLOG_BYTES (2UL << 20)

struct klog_line {
	uint64_t ns;
	char *text;
};

/** struct klog - lines [@first, @next) are at @at[number % KLOG_LINES] */
struct klog {
	pthread_mutex_t lock;
	struct klog_line at[KLOG_LINES];
	uint64_t first, next;
	size_t bytes;
};

void klog_init(struct klog *k);
void klog_deinit(struct klog *k);

/** klog_add - keep a copy of @text, which came @ns after the guest's first instruction. No memory: the line is lost. */
void klog_add(struct klog *k, uint64_t ns, const char *text);

/**
 * klog_each - hand @fn every line with a number from @from on, under the lock
 * Return: the number that the next line will have.
 */
uint64_t klog_each(struct klog *k, uint64_t from, void (*fn)(void *ctx, uint64_t number, const struct klog_line *line),
		   void *ctx);

/** klog_next - the number that the next line will have */
uint64_t klog_next(struct klog *k);

/** klog_write - all of it in the form of CORE_NOTE_LOG (shared/core.h) */
void klog_write(struct klog *k, FILE *f);

#endif

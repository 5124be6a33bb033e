/* SPDX-License-Identifier: MIT */
/*
 * console.h - the console device: text out of the guest, line by line.
 *
 * A line goes to @emit when it is finished, or when it is longer than CONSOLE_LINE. Control characters other than tab
 * become '?': a guest must not be able to drive the user's terminal.
 * Locking: @lock covers everything; @emit is called under it, so lines come one at a time and whole.
 */
#ifndef MMV_VMM_CONSOLE_H
#define MMV_VMM_CONSOLE_H

#include <pthread.h>

#include "shared/devices.h"
#include "vmm/ram.h"

#define CONSOLE_LINE 2048

struct console {
	pthread_mutex_t lock;
	const struct ram *ram;
	void (*emit)(void *ctx, const char *line);
	void *ctx;
	gpa_t buf;
	uint64_t size;
	size_t len;
	char line[CONSOLE_LINE + 1];
};

void console_init(struct console *c, const struct ram *ram, void (*emit)(void *ctx, const char *line), void *ctx);

/** console_reg_write - the guest wrote register @reg. What makes no sense is ignored. */
void console_reg_write(struct console *c, unsigned int reg, uint64_t value);

/** console_flush - hand out an unfinished last line. */
void console_flush(struct console *c);

void console_deinit(struct console *c);

#endif

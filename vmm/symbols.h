/* SPDX-License-Identifier: MIT */
/*
 * symbols.h - names for guest addresses while the guest runs and after it crashed.
 *
 * The kernel's table is read when the first name is wanted: a run without a stack trace does not pay for it. Modules come
 * and go, so theirs are read anew for each line that needs them.
 * Locking: the caller has the console's lock, or every vCPU has ended.
 */
#ifndef MMV_VMM_SYMBOLS_H
#define MMV_VMM_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/types.h"

struct vm;
struct vcpu;
struct view;
struct symtab;

struct symbols {
	struct symtab *kernel;
	bool tried;
};

/** symbols_cpu - the vCPU on whose behalf this thread works, NULL elsewhere: its page tables find the modules. */
extern _Thread_local struct vcpu *symbols_cpu;

/**
 * symbols_name - "name+0x12/0x80 [module]", or the address in hex
 * @view: the guest's memory; NULL: made for this call if it is needed
 * @is_return: the instruction before @addr is meant: after a call that never returns, @addr is in the next function
 * Return: @buf.
 */
char *symbols_name(struct vm *vm, struct view *view, gva_t addr, bool is_return, char *buf, size_t size);

/** symbols_line - copy @line to @out, with a name after each `[<16 hex digits>]`. */
void symbols_line(struct vm *vm, const char *line, char *out, size_t size);

/** symbols_view - a view of the VM's memory; vCPUs that run have no registers in it but @cpu's (NULL: all ended). */
struct view *symbols_view(struct vm *vm, struct vcpu *cpu);

void symbols_close(struct symbols *s);

#endif

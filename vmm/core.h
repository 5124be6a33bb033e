/* SPDX-License-Identifier: MIT */
/*
 * core.h - writing a guest's memory and registers as an ELF core (format: shared/core.h).
 */
#ifndef MMV_VMM_CORE_H
#define MMV_VMM_CORE_H

struct vm;
struct view;

/**
 * core_write - write a core of a VM whose vCPUs have ended
 * @view: the guest's memory, for its page tables; NULL: only the direct map goes in
 * @reason: one line for the reader
 * On failure one line goes to stderr and no file stays.
 * Return: 0 or -errno.
 */
int core_write(struct vm *vm, struct view *view, const char *path, const char *reason);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * core.h - writing a guest's memory and registers as an ELF core (format: shared/core.h).
 */
#ifndef MMV_VMM_CORE_H
#define MMV_VMM_CORE_H

struct vm;
struct view;

/**
 * core_write - write a core of a VM whose vCPUs have ended, or are paused
 * @view: the guest's memory, for its page tables; NULL: only the direct map goes in
 * @reason: one line for the reader
 * On failure no file stays.
 * Return: 0, -errno, or CORE_SHORT: the file is fine, but more mappings than fit are to be found in the direct map only.
 */
#define CORE_SHORT 1
int core_write(struct vm *vm, struct view *view, const char *path, const char *reason);

#endif

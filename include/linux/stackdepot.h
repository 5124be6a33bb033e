/* SPDX-License-Identifier: MIT */
/*
 * stackdepot.h - call stacks as 32-bit handles, each different stack kept once.
 *
 * For the debug kernel: objects and pages remember who allocated and who freed them. In the release kernel there is no depot, every
 * handle is 0. Context of all functions: any; none of them allocates, sleeps or takes a lock.
 */
#ifndef _LINUX_STACKDEPOT_H
#define _LINUX_STACKDEPOT_H

#include <linux/gfp_types.h>
#include <linux/types.h>

/** depot_stack_handle_t - a kept stack; 0: none */
typedef u32 depot_stack_handle_t;

/**
 * stack_depot_save - keep a stack
 * @gfp: unused: room was set aside at boot
 *
 * Return: its handle, the same for the same stack; 0 if there is no depot or it is full.
 */
depot_stack_handle_t stack_depot_save(const unsigned long *entries, unsigned int nr, gfp_t gfp);

/**
 * stack_depot_save_here - keep the stack of this place
 * @skip:  callers to leave out, as stack_trace_save()
 * @depth: entries to keep at most
 */
depot_stack_handle_t stack_depot_save_here(unsigned int skip, unsigned int depth);

/**
 * stack_depot_fetch - a kept stack's entries
 *
 * They lie in a buffer of this CPU, overwritten by the next call on it. Return: how many; 0 for a handle that is none.
 */
unsigned int stack_depot_fetch(depot_stack_handle_t handle, unsigned long **entries);

/** stack_depot_copy - the same into one's own array. Return: entries stored, @size at most. */
unsigned int stack_depot_copy(depot_stack_handle_t handle, unsigned long *store, unsigned int size);

/** stack_depot_print - as a stack trace; nothing for handle 0 */
void stack_depot_print(depot_stack_handle_t handle);

/** stack_depot_init - take room from memblock: RAM / 128, 64 KiB to 4 MiB. The debug kernel's boot calls it. */
void stack_depot_init(void);

/** stack_depot_say - if stacks were lost for want of room, say how many */
void stack_depot_say(void);

#endif

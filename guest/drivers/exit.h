/* SPDX-License-Identifier: MIT */
/*
 * exit.h - the exit port: how a run ends, and what the guest says about itself on the way. Any context.
 */
#ifndef DRIVERS_EXIT_H
#define DRIVERS_EXIT_H

#include "shared/devices.h"
#include "shared/mm.h"

/** exit_run - end the run: the VMM stops every vCPU inside the register write. */
void exit_run(enum exit_code code) __attribute__((noreturn));

/** exit_mark - a phase begins now; the VMM takes the time. */
void exit_mark(enum exit_mark mark);

/** exit_announce_root - from now on the host may read @root and all that hangs from it. */
void exit_announce_root(const struct mm_root *root);

#endif

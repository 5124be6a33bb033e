/* SPDX-License-Identifier: MIT */
/*
 * run_state.h - what a run holds between run_guest() and run_free(): shared by run.c and summary.c only.
 */
#ifndef MMV_VMM_RUN_STATE_H
#define MMV_VMM_RUN_STATE_H

#include "tools/view/check.h"
#include "tools/view/view.h"
#include "vmm/control.h"
#include "vmm/ktap.h"
#include "vmm/timeline.h"
#include "vmm/vm.h"

/**
 * struct run_state - one run.
 * @cfg: a copy, with the seed chosen
 * @complaint: the last console line that began with "mmvisor: ": the reason when the guest says EXIT_GUEST_USAGE
 * @panic: what the guest said its panic was about
 * @check_tried, @check_done: a verdict was wanted; there is one in @check (else @check_err says why not)
 */
struct run_state {
	struct run_config cfg;
	struct vm vm;
	bool vm_made;
	struct ktap ktap;
	struct control control;
	struct timeline timeline;
	int epoll, signal_fd;
	uint64_t started;
	bool ended;
	char complaint[256];
	char panic[160];
	struct check_report check;
	bool check_tried, check_done;
	char check_err[VIEW_ERR_MAX];
	bool core_written;
};

#endif

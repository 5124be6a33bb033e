/* SPDX-License-Identifier: MIT */
/*
 * replay_report.h - what a person reads after a replay.
 */
#ifndef MMV_VMM_REPLAY_REPORT_H
#define MMV_VMM_REPLAY_REPORT_H

#include <stdio.h>

#include "tools/trace/trace.h"
#include "vmm/run.h"

/**
 * replay_report_trace - what the trace holds, before the guest starts
 * @path: as the user gave it
 */
void replay_report_trace(FILE *out, const char *path, const struct trace_program *prog);

/** replay_report - operations, failures, what is live, free memory and slab use of the guest in @res. */
void replay_report(FILE *out, const struct trace_program *prog, const struct trace_totals *t,
		   const struct run_config *cfg, const struct run_result *res);

/** replay_json - {"replay":{…}} for --json; the caller owns it. @t NULL: the guest told nothing. */
struct json_object *replay_json(const struct trace_program *prog, const struct trace_totals *t);

#endif

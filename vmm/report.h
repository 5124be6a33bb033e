/* SPDX-License-Identifier: MIT */
/*
 * report.h - a run's results as files: JUnit XML and one JSON object.
 */
#ifndef MMV_VMM_REPORT_H
#define MMV_VMM_REPORT_H

#include "vmm/run.h"

/** report_junit - write every result as JUnit XML. Return: 0 or -errno; no file stays on failure. */
int report_junit(const struct run_result *res, const char *path);

/** report_disks - what each block device did, an array in the order of the command line; nobody may be using them */
struct json_object *report_disks(const struct vm *vm);

/** report_json - write the summary as one JSON object, members of @extra added. Return: as report_junit(). */
int report_json(const struct run_result *res, const char *path, struct json_object *extra);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * boot_count.c - how many TSC ticks did a guest's boot take? Reads it from the guest's own record, in a core.
 *
 * From the kernel's entry to the first payload instruction. Where the clock counts instructions, ticks are instructions.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tools/view/view.h"

int main(int argc, char **argv)
{
	char err[VIEW_ERR_MAX] = "";

	if (argc != 2) {
		fprintf(stderr, "usage: boot_count CORE\n");
		return 2;
	}
	struct view *v = view_open(argv[1], err);
	const struct mm_root *root = v ? view_root(v, err) : NULL;

	if (!root) {
		fprintf(stderr, "boot_count: %s\n", err);
		return 2;
	}
	if (!root->tsc_entry || root->tsc_booted <= root->tsc_entry) {
		fprintf(stderr, "boot_count: %s: the guest did not finish its boot\n", argv[1]);
		return 1;
	}
	printf("%" PRIu64 "\n", root->tsc_booted - root->tsc_entry);
	view_close(v);
	return 0;
}

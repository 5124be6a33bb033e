// SPDX-License-Identifier: MIT
/*
 * cmd_host.c - `mmvisor host`: what this machine's KVM offers, measured rather than believed.
 */
#include <stdio.h>

#include "vmm/host.h"
#include "vmm/run.h"

int cmd_host(int argc, char **argv)
{
	struct kvm_host h;
	int err;

	if (argc > 1) {
		run_error("host %s: it takes no arguments", argv[1]);
		return RUN_USAGE;
	}
	err = kvm_host_open(&h);
	if (!err)
		printf("KVM API version     %d\n", h.api_version);
	kvm_host_close(&h);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * cmd_host.c - `mmvisor host`: what this machine's KVM offers, measured rather than believed, and which engine suits.
 *
 * CPUID says what a processor could do; whether KVM can do it in ring 0 only a try shows (some KVMs emulate ring 0, and their
 * emulator knows fewer instructions than CPUID announces).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/probe.h"
#include "vmm/run.h"

#define SLOW_INSNS_PER_S 20e6
#define ENOUGH_NS 5000000UL

/* Eight instructions a round, as allocators use them: load, add, store, compare, shift, and, count, branch. */
static const uint8_t mixed_loop[] = {
	0x48, 0x8b, 0x06,                   /* 1: mov (%rsi),%rax */
	0x48, 0x83, 0xc0, 0x07,             /* add $7,%rax */
	0x48, 0x89, 0x06,                   /* mov %rax,(%rsi) */
	0x48, 0x39, 0xc8,                   /* cmp %rcx,%rax */
	0x48, 0xd1, 0xe8,                   /* shr %rax */
	0x48, 0x25, 0xff, 0x0f, 0x00, 0x00, /* and $0xfff,%rax */
	0x48, 0xff, 0xc9,                   /* dec %rcx */
	0x75, 0xe5,                         /* jnz 1b */
	0xe6, 0x80,                         /* out %al,$0x80 */
};
#define INSNS_PER_ROUND 8

static const struct {
	const char *name;
	uint8_t code[16];
	unsigned int size;
} probes[] = {
	{"popcnt", {0xf3, 0x48, 0x0f, 0xb8, 0xc1, 0xe6, 0x80}, 7},
	{"rdtscp", {0x0f, 0x01, 0xf9, 0xe6, 0x80}, 5},
	{"mfence", {0x0f, 0xae, 0xf0, 0xe6, 0x80}, 5},
	{"cmpxchg16b", {0x48, 0x0f, 0xc7, 0x0e, 0xe6, 0x80}, 6},
	{"addsd (SSE2)", {0xf2, 0x0f, 0x58, 0xc1, 0xe6, 0x80}, 6},
};

/* Instructions a second in ring 0; rounds grow until the time can be measured. 0: it did not run. */
static double measure_speed(struct probe *p)
{
	uint64_t ns = 0;

	for (uint64_t rounds = 500; rounds < 500UL << 20; rounds *= 8) {
		if (probe_run(p, mixed_loop, sizeof(mixed_loop), rounds, &ns))
			return 0;
		if (ns >= ENOUGH_NS)
			return (double)(rounds * INSNS_PER_ROUND) * 1e9 / (double)ns;
	}
	return 0;
}

/* The best of many, so that another process on the machine does not count. */
static double measure_exit_us(struct probe *p)
{
	static const uint8_t out[] = {0xe6, 0x80};
	uint64_t ns, best = UINT64_MAX;

	for (unsigned int i = 0; i < 200; i++) {
		if (probe_run(p, out, sizeof(out), 0, &ns))
			return 0;
		best = ns < best ? ns : best;
	}
	return (double)best / 1e3;
}

static void print_instructions(const struct kvm_host *h)
{
	bool all = true;

	printf("ring 0 cannot run:  ");
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		struct probe p;
		uint64_t ns;

		/* A vCPU that ran into an internal error is not to be used again. */
		if (!probe_open(&p, h) && probe_run(&p, probes[i].code, probes[i].size, 0, &ns) == -EIO) {
			printf("%s%s", all ? "" : ", ", probes[i].name);
			all = false;
		}
		probe_close(&p);
	}
	puts(all ? "nothing that was tried" : " (KVM internal error: build guests without them)");
}

static void print_verdict(const struct kvm_host *h, double speed)
{
	if (!speed)
		puts("verdict             no guest code runs here: run inside QEMU with `make nested`");
	else if (speed < SLOW_INSNS_PER_S)
		puts("verdict             usable, and slow: this KVM emulates ring 0. Good for short runs; for long "
		     "ones `make nested`");
	else if (!strcmp(h->engine, "nested"))
		puts("verdict             usable: a processor that QEMU emulates");
	else
		puts("verdict             usable: run everything here");
}

static void print_caps(const struct kvm_host *h)
{
	printf("KVM API version     %d\n", h->api_version);
	printf("engine              %s\n", h->engine);
	printf("vCPUs               %u (this program drives up to %d)\n", h->max_vcpus, MMV_NR_CPUS);
	printf("memory slots        %u\n", h->nr_slots);
	printf("physical address    %u bits\n", h->phys_bits);
	printf("TSC-deadline timer  %s\n", h->has_tsc_deadline ? "yes" : "no");
	printf("split irqchip       %s\n", kvm_host_cap(h, KVM_CAP_SPLIT_IRQCHIP) ? "yes" : "no");
	printf("dirty ring          %d bytes\n", kvm_host_cap(h, KVM_CAP_DIRTY_LOG_RING));
}

int cmd_host(int argc, char **argv)
{
	struct kvm_host h;
	struct probe p;
	double speed = 0;
	int err;

	if (argc > 1) {
		run_error("host %s: it takes no arguments", argv[1]);
		return RUN_USAGE;
	}
	err = kvm_host_open(&h);
	if (err) {
		kvm_host_close(&h);
		return err;
	}
	print_caps(&h);
	err = probe_open(&p, &h);
	if (err) {
		run_error("/dev/kvm: no test VM: %s: run inside QEMU with `make nested`", strerror(-err));
		err = RUN_NO_KVM;
	} else {
		printf("TSC                 %d kHz\n", ioctl(p.cpu, KVM_GET_TSC_KHZ, 0));
		speed = measure_speed(&p);
		printf("ring 0 speed        %.1f million instructions a second\n", speed / 1e6);
		printf("exit and back       %.1f us\n", measure_exit_us(&p));
		print_instructions(&h);
		print_verdict(&h, speed);
	}
	probe_close(&p);
	kvm_host_close(&h);
	return err;
}

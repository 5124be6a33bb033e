// SPDX-License-Identifier: MIT
/*
 * kvm_host.c - opening /dev/kvm, and saying what to do when that does not work.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/host.h"
#include "vmm/run.h"

#define CPUID_ENTRIES 256

/* Without these there is nothing to be done. */
static const struct {
	long cap;
	const char *name;
} required[] = {
	{KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"}, {KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP"},
	{KVM_CAP_IRQ_ROUTING, "KVM_CAP_IRQ_ROUTING"}, {KVM_CAP_IRQFD, "KVM_CAP_IRQFD"},
	{KVM_CAP_IOEVENTFD, "KVM_CAP_IOEVENTFD"},     {KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID"},
	{KVM_CAP_MP_STATE, "KVM_CAP_MP_STATE"},       {KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"},
	{KVM_CAP_GET_TSC_KHZ, "KVM_CAP_GET_TSC_KHZ"},
};

int kvm_host_cap(const struct kvm_host *h, long cap)
{
	int value = ioctl(h->kvm, KVM_CHECK_EXTENSION, cap);

	return value < 0 ? 0 : value;
}

const struct kvm_cpuid_entry2 *kvm_host_cpuid(const struct kvm_host *h, unsigned int leaf)
{
	for (unsigned int i = 0; i < h->cpuid->nent; i++) {
		if (h->cpuid->entries[i].function == leaf)
			return &h->cpuid->entries[i];
	}
	return NULL;
}

static bool processor_virtualizes(void)
{
	unsigned int a, b, c = 0, d;

	if (__get_cpuid(1, &a, &b, &c, &d) && (c & 1U << 5))
		return true;
	return __get_cpuid(0x80000001, &a, &b, &c, &d) && (c & 1U << 2);
}

static bool under_tcg(void)
{
	unsigned int sig[3], a;

	__cpuid(0x40000000, a, sig[0], sig[1], sig[2]);
	return !memcmp(sig, "TCGTCGTCGTCG", sizeof(sig));
}

static int open_failed(int err)
{
	switch (err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		run_error("/dev/kvm: %s: load kvm_intel or kvm_amd, or run inside QEMU with `make nested`",
			  strerror(err));
		break;
	case EACCES:
	case EPERM:
		run_error("/dev/kvm: no permission: add yourself to its group (`sudo usermod -aG kvm $USER`, then log "
			  "in again), "
			  "or run inside QEMU with `make nested`");
		break;
	default:
		run_error("/dev/kvm: %s: run inside QEMU with `make nested`", strerror(err));
	}
	return RUN_NO_KVM;
}

static int ask(struct kvm_host *h)
{
	const struct kvm_cpuid_entry2 *e;

	h->api_version = ioctl(h->kvm, KVM_GET_API_VERSION, 0);
	if (h->api_version != KVM_API_VERSION) {
		run_error("/dev/kvm: it speaks API version %d, this program %d: use a current Linux", h->api_version,
			  KVM_API_VERSION);
		return RUN_NO_KVM;
	}
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		if (!kvm_host_cap(h, required[i].cap)) {
			run_error("/dev/kvm: it lacks %s: use a newer Linux, or run inside QEMU with `make nested`",
				  required[i].name);
			return RUN_NO_KVM;
		}
	}
	h->max_vcpus = (unsigned int)kvm_host_cap(h, KVM_CAP_MAX_VCPUS);
	if (!h->max_vcpus)
		h->max_vcpus = (unsigned int)kvm_host_cap(h, KVM_CAP_NR_VCPUS);
	h->nr_slots = (unsigned int)kvm_host_cap(h, KVM_CAP_NR_MEMSLOTS);
	h->has_tsc_deadline = kvm_host_cap(h, KVM_CAP_TSC_DEADLINE_TIMER);
	h->run_size = (unsigned int)ioctl(h->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	h->cpuid->nent = CPUID_ENTRIES;
	if (h->run_size < sizeof(struct kvm_run) || ioctl(h->kvm, KVM_GET_SUPPORTED_CPUID, h->cpuid)) {
		run_error("/dev/kvm: it does not say what a vCPU is like: %s", strerror(errno));
		return RUN_NO_KVM;
	}
	e = kvm_host_cpuid(h, 0x80000008);
	h->phys_bits = e ? e->eax & 0xff : 36;
	return 0;
}

int kvm_host_open(struct kvm_host *h)
{
	memset(h, 0, sizeof(*h));
	h->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (h->kvm < 0)
		return open_failed(errno);
	h->cpuid = calloc(1, sizeof(*h->cpuid) + CPUID_ENTRIES * sizeof(h->cpuid->entries[0]));
	if (!h->cpuid) {
		run_error("out of memory");
		return RUN_NO_KVM;
	}
	h->emulates_ring0 = !processor_virtualizes();
	h->engine = under_tcg() ? "nested" : h->emulates_ring0 ? "kvm-emulated" : "kvm";
	return ask(h);
}

void kvm_host_close(struct kvm_host *h)
{
	if (h->kvm >= 0)
		close(h->kvm);
	h->kvm = -1;
	free(h->cpuid);
	h->cpuid = NULL;
}

// SPDX-License-Identifier: MIT
/*
 * vm.c - making a VM and taking it down: slots, irqchip, vCPUs, engines, threads; pausing and ending it.
 *
 * Order of construction: KVM, VM, slots, irqchip, vCPUs, devices. vm_destroy() undoes whatever of it happened, so every
 * descriptor starts as -1.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/vm.h"

/* Three pages that KVM on Intel wants somewhere below 4 GiB and outside RAM: between device window and 4 GiB. */
#define KVM_TSS_GPA 0xfffbd000UL
#define BLOB_ALIGN (2UL << 20)

/* KVM counts a slot's pages in 31 bits. */
#define SLOT_MAX (((1UL << 31) - 1) << MMV_PAGE_SHIFT)

#define KICK_SIGNAL SIGUSR1

/* ---- memory ---- */

static int add_slot(struct vm *vm, const struct mem_region *region, const char *name)
{
	struct ram_slot *s = &vm->ram.slots[vm->ram.nr];
	struct kvm_userspace_memory_region set;

	s->region = *region;
	s->host = MAP_FAILED;
	s->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (s->fd < 0)
		return -errno;
	vm->ram.nr++;
	if (ftruncate(s->fd, (off_t)region->size))
		return -errno;
	/* A tool gets this descriptor: it must not be able to pull the memory away from under us. */
	if (fcntl(s->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	s->host = mmap(NULL, region->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, s->fd, 0);
	if (s->host == MAP_FAILED)
		return -errno;
	set = (struct kvm_userspace_memory_region){
		.slot = vm->ram.nr - 1,
		.guest_phys_addr = region->gpa,
		.memory_size = region->size,
		.userspace_addr = (uint64_t)(uintptr_t)s->host,
	};
	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &set) ? -errno : 0;
}

static int slot_failed(const struct vm *vm, const char *what, uint64_t size, gpa_t gpa, int err)
{
	run_error("%s: KVM or this machine refuses %" PRIu64 "M at %#" PRIx64 ": %s: ask for less with --mem", what,
		  size >> 20, gpa, strerror(-err));
	return vm->fd < 0 ? RUN_NO_KVM : RUN_USAGE;
}

static int check_addresses(struct vm *vm, uint64_t blob_size)
{
	const struct mem_spec *mem = &vm->cfg->mem;
	uint64_t limit = vm->host.phys_bits < 64 ? 1UL << vm->host.phys_bits : UINT64_MAX;
	gpa_t end = mem_spec_end(mem);

	if (end > limit) {
		run_error("--mem: RAM up to %#" PRIx64
			  " is beyond this host's %u guest-physical address bits: stay below %#" PRIx64,
			  end, vm->host.phys_bits, limit);
		return RUN_USAGE;
	}
	vm->blob_gpa = ((end > DMA32_END ? end : DMA32_END) + BLOB_ALIGN - 1) & ~(BLOB_ALIGN - 1);
	if (vm->blob_gpa > limit || blob_size > limit - vm->blob_gpa) {
		run_error(
			"--mem: no room for the boot blob above RAM within this host's %u guest-physical address bits: "
			"stay %" PRIu64 "M below %#" PRIx64,
			vm->host.phys_bits, blob_size >> 20, limit);
		return RUN_USAGE;
	}
	return 0;
}

static int add_memory(struct vm *vm, uint64_t blob_size)
{
	const struct mem_spec *mem = &vm->cfg->mem;
	struct mem_region r;
	int err = check_addresses(vm, blob_size);

	if (err)
		return err;
	if (mem->nr_slots + 1 > vm->host.nr_slots) {
		run_error("--mem: %u slots needed, this host's KVM has %u: use fewer ranges", mem->nr_slots + 1,
			  vm->host.nr_slots);
		return RUN_USAGE;
	}
	for (unsigned int i = 0; i < mem->nr_slots; i++) {
		if (mem->slots[i].size > SLOT_MAX) {
			run_error("--mem: KVM takes less than 8T in one range: split %s@%#" PRIx64 " into several",
				  mem_zone_name(mem->slots[i].zone), mem->slots[i].gpa);
			return RUN_USAGE;
		}
		r = (struct mem_region){.gpa = mem->slots[i].gpa, .size = mem->slots[i].size, .is_ram = 1};
		err = add_slot(vm, &r, mem_zone_name(mem->slots[i].zone));
		if (err)
			return slot_failed(vm, "--mem", r.size, r.gpa, err);
	}
	r = (struct mem_region){.gpa = vm->blob_gpa, .size = blob_size};
	err = add_slot(vm, &r, "blob");
	return err ? slot_failed(vm, "blob", r.size, r.gpa, err) : 0;
}

/* ---- vCPUs and devices ---- */

static int add_vcpus(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_cpus; i++) {
		struct vcpu *v = &vm->cpus[i];
		void *run;

		v->fd = ioctl(vm->fd, KVM_CREATE_VCPU, i);
		if (v->fd < 0)
			return -errno;
		run = mmap(NULL, vm->host.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
		if (run == MAP_FAILED)
			return -errno;
		v->run = run;
	}
	return 0;
}

static int add_devices(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->cfg->nr_dma; i++) {
		int err;

		vm->nr_dma++;
		err = dma_init(&vm->dma[i], vm, i, vm->cfg->dma_bits[i]);
		if (err)
			return err;
	}
	return 0;
}

/* A disk that cannot be opened is a word on the command line that is wrong, and anything else is this machine's fault. */
static int add_disks(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->cfg->nr_disks; i++) {
		const struct disk_spec *spec = &vm->cfg->disks[i];
		int err;

		vm->nr_blk++;
		err = virtio_blk_init(&vm->blk[i], vm, i, spec);
		if (!err)
			continue;
		run_error("%s %s: %s",
			  spec->path   ? "--disk"
			  : spec->swap ? "--swap"
				       : "--scratch",
			  spec->path ? spec->path : "",
			  err == -EINVAL ? "give a regular file of whole sectors (512 bytes)" : strerror(-err));
		return RUN_USAGE;
	}
	return 0;
}

static int check_cpus(const struct vm *vm)
{
	if (vm->nr_cpus > vm->host.max_vcpus) {
		run_error("--cpus %u: this host's KVM offers %u", vm->nr_cpus, vm->host.max_vcpus);
		return RUN_USAGE;
	}
	return 0;
}

/*
 * Local APICs in the kernel, no I/O APIC and no PIC: the devices signal by MSI only. An in-kernel I/O APIC would do no
 * harm, but registering it takes some hosts 7 ms, most of a launch. Older KVMs have only the whole set.
 */
static int make_irqchip(const struct vm *vm)
{
	struct kvm_enable_cap split = {.cap = KVM_CAP_SPLIT_IRQCHIP};

	if (kvm_host_cap(&vm->host, KVM_CAP_SPLIT_IRQCHIP) && !ioctl(vm->fd, KVM_ENABLE_CAP, &split))
		return 0;
	return ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0);
}

static int make_vm(struct vm *vm)
{
	uint64_t identity = KVM_TSS_GPA - MMV_PAGE_SIZE;

	vm->fd = ioctl(vm->host.kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0) {
		run_error("/dev/kvm: it makes no VM: %s: run inside QEMU with `make nested`", strerror(errno));
		return RUN_NO_KVM;
	}
	/* For Intel only; where they are not known, they are not needed. */
	if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity) || ioctl(vm->fd, KVM_SET_TSS_ADDR, KVM_TSS_GPA))
		errno = 0;
	if (make_irqchip(vm)) {
		run_error("/dev/kvm: no in-kernel interrupt controller: %s: run inside QEMU with `make nested`",
			  strerror(errno));
		return RUN_NO_KVM;
	}
	return 0;
}

static int read_tsc(struct vm *vm)
{
	int khz = ioctl(vm->cpus[0].fd, KVM_GET_TSC_KHZ, 0);

	if (khz <= 0)
		return -EOPNOTSUPP;
	vm->tsc_hz = (uint64_t)khz * 1000;
	return 0;
}

static void prepare_empty(struct vm *vm, const struct run_config *cfg)
{
	vm->cfg = cfg;
	vm->fd = vm->end_fd = -1;
	vm->nr_cpus = cfg->cpus ? cfg->cpus : 1;
	gate_init(&vm->gate);
	klog_init(&vm->klog);
	pthread_mutex_init(&vm->irq_lock, NULL);
	pthread_mutex_init(&vm->end.lock, NULL);
	for (unsigned int i = 0; i < vm->nr_cpus; i++)
		vm->cpus[i] = (struct vcpu){.vm = vm, .index = i, .fd = -1};
}

int vm_create(struct vm *vm, const struct run_config *cfg, uint64_t blob_size)
{
	int err;

	prepare_empty(vm, cfg);
	err = kvm_host_open(&vm->host);
	if (!err)
		err = check_cpus(vm);
	if (!err)
		err = make_vm(vm);
	if (!err)
		err = add_memory(vm, blob_size);
	if (err)
		return err;
	vm->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = vm->end_fd < 0 ? -errno : add_vcpus(vm);
	if (!err)
		err = add_devices(vm);
	if (!err)
		err = read_tsc(vm);
	if (err) {
		run_error("/dev/kvm: a VM with %u vCPUs: %s", vm->nr_cpus, strerror(-err));
		return RUN_NO_KVM;
	}
	return add_disks(vm);
}

void vm_destroy(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_dma; i++)
		dma_deinit(&vm->dma[i]);
	for (unsigned int i = 0; i < vm->nr_blk; i++)
		virtio_blk_deinit(&vm->blk[i]);
	for (unsigned int i = 0; i < vm->nr_cpus; i++) {
		if (vm->cpus[i].run)
			munmap(vm->cpus[i].run, vm->host.run_size);
		if (vm->cpus[i].fd >= 0)
			close(vm->cpus[i].fd);
	}
	if (vm->fd >= 0)
		close(vm->fd);
	for (unsigned int i = 0; i < vm->ram.nr; i++) {
		if (vm->ram.slots[i].host != MAP_FAILED)
			munmap(vm->ram.slots[i].host, vm->ram.slots[i].region.size);
		close(vm->ram.slots[i].fd);
	}
	if (vm->end_fd >= 0)
		close(vm->end_fd);
	kvm_host_close(&vm->host);
	gate_deinit(&vm->gate);
	klog_deinit(&vm->klog);
	pthread_mutex_destroy(&vm->irq_lock);
	pthread_mutex_destroy(&vm->end.lock);
}

/* ---- running ---- */

static void on_kick(int sig)
{
	(void)sig; /* interrupting KVM_RUN is all it is for */
}

int vm_start(struct vm *vm)
{
	struct sigaction kick = {.sa_handler = on_kick};
	int err = 0;

	sigaction(KICK_SIGNAL, &kick, NULL);
	for (unsigned int i = 0; !err && i < vm->nr_dma; i++)
		err = dma_start(&vm->dma[i]);
	for (unsigned int i = 0; !err && i < vm->nr_blk; i++)
		err = virtio_blk_start(&vm->blk[i]);
	for (unsigned int i = 0; !err && i < vm->nr_cpus; i++) {
		struct vcpu *v = &vm->cpus[i];

		err = -pthread_create(&v->thread, NULL, vcpu_thread, v);
		v->started = !err;
	}
	return err;
}

void vm_kick(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_cpus; i++) {
		struct vcpu *v = &vm->cpus[i];

		if (!v->run)
			continue;
		/* In KVM_RUN: the signal ends it. On the way in: the flag does. */
		__atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
		if (v->started)
			pthread_kill(v->thread, KICK_SIGNAL);
	}
}

void vm_stop(struct vm *vm)
{
	gate_stop(&vm->gate);
	vm_kick(vm);
	for (unsigned int i = 0; i < vm->nr_cpus; i++) {
		struct vcpu *v = &vm->cpus[i];

		if (v->started)
			pthread_join(v->thread, NULL);
		v->started = false;
	}
	for (unsigned int i = 0; i < vm->nr_dma; i++)
		dma_join(&vm->dma[i]);
	for (unsigned int i = 0; i < vm->nr_blk; i++)
		virtio_blk_join(&vm->blk[i]);
}

void vm_pause(struct vm *vm)
{
	gate_close(&vm->gate);
	vm_kick(vm);
	gate_wait(&vm->gate);
}

void vm_resume(struct vm *vm)
{
	gate_open(&vm->gate);
}

void vm_end(struct vm *vm, enum run_end how, unsigned int cpu, const char *fmt, ...)
{
	struct vm_end *e = &vm->end;
	uint64_t one = 1;
	va_list ap;

	pthread_mutex_lock(&e->lock);
	if (!e->set) {
		e->set = true;
		e->how = how;
		e->cpu = cpu;
		va_start(ap, fmt);
		vsnprintf(e->reason, sizeof(e->reason), fmt, ap);
		va_end(ap);
	}
	pthread_mutex_unlock(&e->lock);
	gate_stop(&vm->gate);
	/* The counter cannot be full: one write per reason to end. */
	if (write(vm->end_fd, &one, sizeof(one)) < 0)
		errno = 0;
}

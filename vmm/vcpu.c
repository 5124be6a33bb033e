// SPDX-License-Identifier: MIT
/*
 * vcpu.c - the thread that runs a vCPU.
 *
 * It is inside the gate while it may change guest memory, and leaves only after KVM_RUN returned EINTR: then the access
 * of the last exit is complete and the registers are those of an instruction boundary.
 *
 * Whoever wants it out sets its wish (gate) first and kicks second; this thread clears immediate_exit first and looks
 * at the wish second. So no wish is missed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/vm.h"

static void clear_kick(struct vcpu *v)
{
	__atomic_store_n(&v->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
}

static void internal_error(struct vcpu *v)
{
	struct kvm_run *run = v->run;
	struct vm_end *e = &v->vm->end;

	if (run->internal.suberror != KVM_INTERNAL_ERROR_EMULATION) {
		vm_end(v->vm, END_CRASH, v->index, "KVM internal error %u on vCPU %u", run->internal.suberror,
		       v->index);
		return;
	}
	pthread_mutex_lock(&e->lock);
	if (!e->set) {
		e->no_emulation = true;
		if (run->emulation_failure.ndata >= 1 &&
		    run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) {
			e->nr_insn = run->emulation_failure.insn_size;
			if (e->nr_insn > sizeof(run->emulation_failure.insn_bytes))
				e->nr_insn = sizeof(run->emulation_failure.insn_bytes);
			memcpy(e->insn, run->emulation_failure.insn_bytes, e->nr_insn);
		}
	}
	pthread_mutex_unlock(&e->lock);
	vm_end(v->vm, END_CRASH, v->index, "this host's KVM cannot emulate an instruction of vCPU %u", v->index);
}

/*
 * On SVM the state of a vCPU that was shut down is undefined, and KVM puts it into that of INIT: real mode. Whoever reads
 * the report must know that these are not the registers of the fault.
 */
static void shut_down(struct vcpu *v)
{
	struct guest_regs regs;
	bool reset = !vcpu_regs(v, &regs) && !(regs.cr0 & 1);

	vm_end(v->vm, END_CRASH, v->index, "triple fault on vCPU %u%s", v->index,
	       reset ? " (this host's KVM has reset it: its registers at the fault are lost)" : "");
}

static void port_io(struct kvm_run *run)
{
	/* No device has ports: reads find nothing, as on a PC. The size cannot exceed the page that KVM shares. */
	if (run->io.direction == KVM_EXIT_IO_IN)
		memset((uint8_t *)run + run->io.data_offset, 0xff, (size_t)run->io.size * run->io.count);
}

/* Return: false if this vCPU cannot go on. */
static bool handle_exit(struct vcpu *v)
{
	struct kvm_run *run = v->run;

	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		vm_mmio(v, run->mmio.phys_addr, run->mmio.data, run->mmio.len, run->mmio.is_write);
		return true;
	case KVM_EXIT_IO:
		port_io(run);
		return true;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		return true;
	case KVM_EXIT_SHUTDOWN:
		shut_down(v);
		return false;
	case KVM_EXIT_INTERNAL_ERROR:
		internal_error(v);
		return false;
	case KVM_EXIT_FAIL_ENTRY:
		vm_end(v->vm, END_CRASH, v->index, "KVM could not enter vCPU %u: hardware reason %#" PRIx64, v->index,
		       (uint64_t)run->fail_entry.hardware_entry_failure_reason);
		return false;
	case KVM_EXIT_SYSTEM_EVENT:
		vm_end(v->vm, END_CRASH, v->index, "system event %u on vCPU %u", run->system_event.type, v->index);
		return false;
	default:
		vm_end(v->vm, END_CRASH, v->index, "unexpected KVM exit %u on vCPU %u", run->exit_reason, v->index);
		return false;
	}
}

/* One KVM_RUN, from inside the gate. Return: false if this vCPU is not to run again; it is outside then. */
static bool run_once(struct vcpu *v)
{
	struct gate *gate = &v->vm->gate;

	/* Somebody wants us out, perhaps because of our own last exit: complete that access and come back. */
	if (gate_wanted(gate))
		__atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	if (!ioctl(v->fd, KVM_RUN, 0)) {
		/* Nobody else writes it. */
		atomic_store_explicit(&v->exits, atomic_load_explicit(&v->exits, memory_order_relaxed) + 1,
				      memory_order_relaxed);
		if (handle_exit(v))
			return true;
		gate_leave(gate);
		return false;
	}
	if (errno == EAGAIN)
		return true;
	if (errno != EINTR) {
		vm_end(v->vm, END_CRASH, v->index, "KVM_RUN of vCPU %u failed: %s", v->index, strerror(errno));
		gate_leave(gate);
		return false;
	}
	clear_kick(v);
	if (!gate_wanted(gate))
		return true;
	gate_leave(gate);
	return gate_enter(gate);
}

void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	uint64_t never = 0;
	char name[16];

	snprintf(name, sizeof(name), "vcpu%u", v->index);
	pthread_setname_np(pthread_self(), name);
	if (!gate_enter(&v->vm->gate))
		return NULL;
	atomic_compare_exchange_strong(&v->vm->t_start, &never, vm_now());
	while (run_once(v))
		;
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * irq.c - interrupts from their gate to their handler, and who handles which.
 *
 * An interrupt number is a vector: the same on every CPU, given out once (msi_alloc_irq()), then to one handler
 * (request_irq()). States of a number: free -> taken -> handled, and back; compare-and-swap moves them, so no lock is needed.
 * @running lets free_irq() wait until no CPU is inside the handler: it is raised before the handler is read.
 *
 * Every interrupt, on the interrupt stack: back to the beginning of a restartable sequence, irq_enter(), the work, end of interrupt, irq_exit(). Back on the stack of the task,
 * entry.S calls irq_exit_resched(), which may switch to another task.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/interrupt.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <mmvisor/tick.h>

#include <asm/apic.h>

#include "guest/arch/x86/arch.h"
#include "guest/kernel/boot_info.h"

#define NR_IRQS (LAST_DEVICE_VECTOR + 1)
#define MSI_ADDRESS 0xfee00000UL
#define MSI_DEST_SHIFT 12

enum irq_state { IRQ_FREE, IRQ_TAKEN, IRQ_HAS_HANDLER };

/** struct irq_desc - see the top of the file. @count: (a) arrivals */
struct irq_desc {
	unsigned int state;
	unsigned int running;
	irq_handler_t handler;
	void *dev;
	const char *name;
	unsigned long count;
};

static struct irq_desc irqs[NR_IRQS];
static DEFINE_PER_CPU(unsigned long, timer_ticks);
DEFINE_PER_CPU(unsigned long, nr_irqs_while_off); /* counted by entry.S, which says why */

/** struct tick_call - what waits for the next tick. @taken: (a) by whoever will set @fn; free again when @fn is NULL */
struct tick_call {
	bool taken;
	void (*fn)(void *arg);
	void *arg;
};
static DEFINE_PER_CPU(struct tick_call, tick_calls);

static bool irq_move(unsigned int irq, unsigned int from, unsigned int to)
{
	return __atomic_compare_exchange_n(&irqs[irq].state, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

int msi_alloc_irq(unsigned int cpu, struct msi_msg *msg)
{
	if (!cpu_online(cpu))
		return -EINVAL;
	for (unsigned int irq = FIRST_DEVICE_VECTOR; irq <= LAST_DEVICE_VECTOR; irq++) {
		if (!irq_move(irq, IRQ_FREE, IRQ_TAKEN))
			continue;
		idt_use_vector(irq);
		msg->address = MSI_ADDRESS | (uint64_t)boot_info.cpus[cpu].apic_id << MSI_DEST_SHIFT;
		msg->data = irq;
		return (int)irq;
	}
	return -ENOSPC;
}
EXPORT_SYMBOL_GPL(msi_alloc_irq);

void msi_free_irq(int irq)
{
	WARN_ON(irq < FIRST_DEVICE_VECTOR || irq >= NR_IRQS || !irq_move((unsigned int)irq, IRQ_TAKEN, IRQ_FREE));
}
EXPORT_SYMBOL_GPL(msi_free_irq);

int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev)
{
	struct irq_desc *desc;

	if (irq < FIRST_DEVICE_VECTOR || irq >= NR_IRQS || !handler || flags)
		return -EINVAL;
	desc = &irqs[irq];
	if (!irq_move(irq, IRQ_TAKEN, IRQ_HAS_HANDLER))
		return __atomic_load_n(&desc->state, __ATOMIC_RELAXED) == IRQ_FREE ? -EINVAL : -EBUSY;
	desc->dev = dev;
	desc->name = name;
	__atomic_store_n(&desc->handler, handler, __ATOMIC_RELEASE);
	return 0;
}
EXPORT_SYMBOL(request_irq);

const void *free_irq(unsigned int irq, void *dev)
{
	struct irq_desc *desc;
	const char *name;

	if (WARN_ON(irq < FIRST_DEVICE_VECTOR || irq >= NR_IRQS))
		return NULL;
	desc = &irqs[irq];
	if (WARN_ON(desc->state != IRQ_HAS_HANDLER || desc->dev != dev))
		return NULL;
	name = desc->name;
	__atomic_store_n(&desc->handler, NULL, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&desc->running, __ATOMIC_SEQ_CST))
		cpu_relax();
	desc->dev = NULL;
	desc->name = NULL;
	irq_move(irq, IRQ_HAS_HANDLER, IRQ_TAKEN);
	return name;
}
EXPORT_SYMBOL(free_irq);

unsigned long irq_count(unsigned int irq)
{
	return irq < NR_IRQS ? __atomic_load_n(&irqs[irq].count, __ATOMIC_RELAXED) : 0;
}
EXPORT_SYMBOL_GPL(irq_count);

unsigned long cpu_timer_ticks(unsigned int cpu)
{
	return cpu < nr_cpu_ids ? *(volatile unsigned long *)per_cpu_ptr(&timer_ticks, cpu) : 0;
}
EXPORT_SYMBOL_GPL(cpu_timer_ticks);

unsigned long irqs_while_off(void)
{
	unsigned long nr = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		nr += *(volatile unsigned long *)per_cpu_ptr(&nr_irqs_while_off, cpu);
	return nr;
}
EXPORT_SYMBOL_GPL(irqs_while_off);

int tick_call(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	struct tick_call *call;

	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENXIO;
	call = per_cpu_ptr(&tick_calls, cpu);
	if (__atomic_exchange_n(&call->taken, true, __ATOMIC_ACQUIRE))
		return -EBUSY;
	call->arg = arg;
	__atomic_store_n(&call->fn, fn, __ATOMIC_RELEASE);
	return 0;
}
EXPORT_SYMBOL_GPL(tick_call);

static void run_tick_call(struct tick_call *call)
{
	void (*fn)(void *arg) = __atomic_load_n(&call->fn, __ATOMIC_ACQUIRE);
	void *arg = call->arg;

	if (likely(!fn))
		return;
	call->fn = NULL;
	__atomic_store_n(&call->taken, false, __ATOMIC_RELEASE);
	fn(arg);
}

static void device_irq(unsigned int irq)
{
	struct irq_desc *desc = &irqs[irq];
	irq_handler_t handler;

	__atomic_fetch_add(&desc->count, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&desc->running, 1, __ATOMIC_SEQ_CST);
	handler = __atomic_load_n(&desc->handler, __ATOMIC_SEQ_CST);
	if (handler)
		handler((int)irq, desc->dev);
	__atomic_fetch_sub(&desc->running, 1, __ATOMIC_SEQ_CST);
}

void handle_interrupt(struct pt_regs *regs)
{
	restart_sequence(regs);
	irq_enter();
	switch (regs->vector) {
	case TIMER_VECTOR:
		this_cpu_inc(timer_ticks);
		apic_timer_rearm();
		tick();
		run_tick_call(this_cpu_ptr(&tick_calls));
		break;
	case RESCHEDULE_VECTOR:
		break; /* whoever sent it has set need_resched */
	case CALL_FUNCTION_VECTOR:
		handle_call_ipi();
		break;
	case TLB_FLUSH_VECTOR:
		tlb_handle_flush();
		break;
	case SPURIOUS_VECTOR:
		break;
	default:
		if (regs->vector < NR_IRQS)
			device_irq((unsigned int)regs->vector);
	}
	/* A spurious interrupt is not in service: acknowledging it could end another one. */
	if (regs->vector != SPURIOUS_VECTOR)
		apic_eoi();
	irq_exit();
}

void irq_init(void)
{
	idt_use_vector(RESCHEDULE_VECTOR);
	idt_use_vector(CALL_FUNCTION_VECTOR);
	idt_use_vector(TLB_FLUSH_VECTOR);
	idt_use_vector(TIMER_VECTOR);
	idt_use_vector(SPURIOUS_VECTOR);
	idt_set_gate(WAKE_VECTOR, wake_entry, IST_NONE);
}

// SPDX-License-Identifier: MIT
/*
 * offirq.c - an interrupt that comes while interrupts are off, as a faulty emulation of the processor delivers one: "int" asks for
 * the timer's. A KVM that emulates ring 0 refuses the instruction.
 */
#include <kunit/test.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/stringify.h>

#include <asm/apic.h>

static noinline void timer_interrupt_here(void)
{
	asm volatile("int $" __stringify(TIMER_VECTOR) : : : "memory");
}

static void dropped_while_off(struct kunit *test)
{
	unsigned long before, dropped, flags, ticks;

	before = irqs_while_off();
	local_irq_save(flags);
	ticks = cpu_timer_ticks((unsigned int)smp_processor_id());
	timer_interrupt_here();
	ticks = cpu_timer_ticks((unsigned int)smp_processor_id()) - ticks;
	local_irq_restore(flags);
	dropped = irqs_while_off() - before;
	KUNIT_EXPECT_EQ(test, ticks, 0UL);
	KUNIT_EXPECT_GE(test, dropped, 1UL);
}

static void served_while_on(struct kunit *test)
{
	unsigned int cpu = get_cpu();
	unsigned long ticks = cpu_timer_ticks(cpu);

	timer_interrupt_here();
	KUNIT_EXPECT_GE(test, cpu_timer_ticks(cpu) - ticks, 1UL);
	put_cpu();
}

static struct kunit_case cases[] = {KUNIT_CASE(dropped_while_off), KUNIT_CASE(served_while_on), {}};
static struct kunit_suite suite = {.name = "offirq", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");

/* SPDX-License-Identifier: MIT */
/*
 * exit.c - the exit port: see exit.h.
 */
#include <asm/irqflags.h>

#include "guest/drivers/devwin.h"
#include "guest/drivers/exit.h"
#include "guest/kernel/boot_info.h"

void exit_run(enum exit_code code)
{
	if (boot_info.exit_port)
		port_write(boot_info.exit_port, (uint8_t)code);
	/* The write does not return; should a VMM let it, this CPU stops here. */
	dev_write(EXIT_GPA + EXIT_CODE, code);
	arch_local_irq_disable();
	for (;;)
		arch_halt();
}

void exit_mark(enum exit_mark mark)
{
	dev_write(EXIT_GPA + EXIT_MARK, mark);
}

void exit_announce_root(const struct mm_root *root)
{
	dev_write(EXIT_GPA + EXIT_ROOT, (uint64_t)root);
}

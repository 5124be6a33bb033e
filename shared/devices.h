/* SPDX-License-Identifier: MIT */
/*
 * devices.h - register layouts of the emulated devices. All are little endian, in the device window
 * (DEV_GPA), one 4 KiB page each; registers are 8 bytes wide and must be accessed as such.
 *
 * Unknown registers read 0 and swallow writes. Nothing that a guest writes here can hurt the VMM.
 */
#ifndef MMV_SHARED_DEVICES_H
#define MMV_SHARED_DEVICES_H

#include "shared/types.h"

#define DEV_PAGE 0x1000
#define CONSOLE_GPA (0xfe000000UL)
#define EXIT_GPA (0xfe001000UL)
#define DMA_GPA(n) (0xfe010000UL + (n)*DEV_PAGE) /* one page for each engine: shared/dma_regs.h */
#define DMA_MAX_ENGINES 8

/* Console: the guest names a buffer once, fills it, and rings once per line. */
#define CONSOLE_BUF 0x00   /* w: gpa of the buffer */
#define CONSOLE_SIZE 0x08  /* w: its size in bytes, at most CONSOLE_MAX */
#define CONSOLE_WRITE 0x10 /* w: print this many bytes from the start of the buffer */
#define CONSOLE_MAX 4096

/* Exit port: how a run ends, and what the guest says about itself on the way. */
#define EXIT_CODE 0x00 /* w: enum exit_code; the VMM stops all vCPUs, the write does not return */
#define EXIT_ROOT 0x08 /* w: virtual address of struct mm_root (shared/mm.h), once it is consistent */
#define EXIT_MARK 0x10 /* w: enum exit_mark: a phase begins; the VMM takes the time */

enum exit_code {
	EXIT_GUEST_DONE = 0, /* everything asked for was run; results are on the console as KTAP */
	EXIT_GUEST_USAGE =
		2, /* asked for something that does not exist (unknown suite, bad module, bad op stream): the reason
				 * is the last console line, which begins with "mmvisor: " */
	EXIT_GUEST_PANIC = 4, /* panic(): the writing vCPU stands in panic(), its frames are intact */
};

enum exit_mark {
	MARK_BOOTED = 1, /* boot is over, the first payload instruction comes next */
	MARK_DONE = 2,   /* payloads are over */
};

#include "shared/dma_regs.h"

#endif

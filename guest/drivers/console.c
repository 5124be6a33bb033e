/* SPDX-License-Identifier: MIT */
/*
 * console.c - text leaves through a buffer in memory and one doorbell per piece: an exit costs as much as hundreds of
 * instructions, so no byte leaves alone.
 *
 * On a machine of another VMM (boot_info.console_port) bytes leave one by one through its serial port, which is taken to be
 * emulated: always ready.
 *
 * The device knows where the buffer is after the first write. No lock: see console.h.
 */
#include <linux/string.h>

#include <asm/page.h>

#include "guest/drivers/console.h"
#include "guest/drivers/devwin.h"
#include "guest/kernel/boot_info.h"

static char console_buf[CONSOLE_MAX] __attribute__((aligned(4096)));
static bool console_ready;

void console_write(const char *s, size_t len)
{
	if (boot_info.console_port) {
		while (len--)
			port_write(boot_info.console_port, (uint8_t)*s++);
		return;
	}
	if (!console_ready) {
		dev_write(CONSOLE_GPA + CONSOLE_BUF, __pa(console_buf));
		dev_write(CONSOLE_GPA + CONSOLE_SIZE, sizeof(console_buf));
		console_ready = true;
	}
	while (len) {
		size_t n = len < sizeof(console_buf) ? len : sizeof(console_buf);

		memcpy(console_buf, s, n);
		dev_write(CONSOLE_GPA + CONSOLE_WRITE, n);
		s += n;
		len -= n;
	}
}

// SPDX-License-Identifier: MIT
/*
 * printk.c - messages become lines, lines go to the console whole.
 *
 * Every CPU has a buffer in which a line grows (interrupts off while it is touched, so interrupts and tasks do not
 * mix inside one call). A complete line goes out under console_lock. A message that does not continue the line before it
 * (KERN_CONT) ends it. In a panic the one CPU that still counts prints without waiting for the lock: whoever holds
 * it may be stopped.
 */
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "guest/drivers/console.h"
#include "guest/kernel/main.h"

#define LINE_SIZE 1024
#define LEVEL_DEFAULT 4

/** struct line - (p) @len bytes wait for the end of their line */
struct line {
	unsigned int len;
	char text[LINE_SIZE];
};

int console_loglevel = 7;
EXPORT_SYMBOL(console_loglevel);

static DEFINE_PER_CPU(struct line, this_line);
static DEFINE_SPINLOCK(console_lock);
static bool console_busted;

/* A copy of what is printed goes here, under console_lock. */
static char *capture;
static unsigned int capture_left;

static void capture_add(const char *text, unsigned int len)
{
	len = min(len, capture_left);
	memcpy(capture, text, len);
	capture += len;
	capture_left -= len;
	*capture = 0;
}

void printk_capture(char *buf, unsigned int size)
{
	unsigned long flags;

	spin_lock_irqsave(&console_lock, flags);
	capture = buf;
	capture_left = buf ? size - 1 : 0;
	if (buf)
		*buf = 0;
	spin_unlock_irqrestore(&console_lock, flags);
}
EXPORT_SYMBOL(printk_capture);

/* Needs: interrupts off. */
static void emit(struct line *line, unsigned int len)
{
	bool locked = false;

	if (!READ_ONCE(console_busted)) {
		__spin_acquire(&console_lock);
		locked = true;
	}
	console_write(line->text, len);
	if (unlikely(capture) && locked)
		capture_add(line->text, len);
	if (locked)
		__spin_release(&console_lock);
	line->len -= len;
	if (line->len)
		memmove(line->text, line->text + len, line->len);
}

static void finish_line(struct line *line)
{
	if (!line->len)
		return;
	line->text[line->len++] = '\n';
	emit(line, line->len);
}

/* Needs: interrupts off. Return: bytes that the message has. */
static int add(struct line *line, const char *fmt, va_list args)
{
	/* One byte stays free for the newline of finish_line(). */
	int len = vscnprintf(line->text + line->len, LINE_SIZE - 1 - line->len, fmt, args);
	unsigned int done;

	line->len += (unsigned int)len;
	for (done = line->len; done && line->text[done - 1] != '\n'; done--)
		;
	if (done)
		emit(line, done);
	else if (line->len > LINE_SIZE / 2)
		finish_line(line);
	return len;
}

int vprintk(const char *fmt, va_list args)
{
	int level = LEVEL_DEFAULT;
	bool cont = false;
	unsigned long flags;
	struct line *line;
	int len;

	if (fmt[0] == KERN_SOH_ASCII && fmt[1]) {
		cont = fmt[1] == 'c';
		if (!cont)
			level = fmt[1] - '0';
		fmt += 2;
	}
	if (!cont && level >= console_loglevel)
		return 0;
	flags = arch_local_irq_save();
	line = this_cpu_ptr(&this_line);
	if (!cont)
		finish_line(line);
	len = add(line, fmt, args);
	arch_local_irq_restore(flags);
	return len;
}
EXPORT_SYMBOL(vprintk);

int printk(const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vprintk(fmt, args);
	va_end(args);
	return len;
}
EXPORT_SYMBOL(printk);

void console_flush(void)
{
	unsigned long flags = arch_local_irq_save();

	finish_line(this_cpu_ptr(&this_line));
	arch_local_irq_restore(flags);
}

void console_bust(void)
{
	struct line *line = this_cpu_ptr(&this_line);

	/* The crash may have come in the middle of a line, with the lock held. */
	WRITE_ONCE(console_busted, true);
	if (line->len >= LINE_SIZE)
		line->len = 0;
	finish_line(line);
}

static void hex_group(char *out, size_t size, const void *p, int groupsize)
{
	u64 v = 0;

	memcpy(&v, p, (size_t)groupsize);
	snprintf(out, size, "%0*llx ", groupsize * 2, v);
}

void print_hex_dump(const char *level, const char *prefix, int prefix_type, int rowsize, int groupsize, const void *buf,
		    size_t len, bool ascii)
{
	/* A level is recognised at the start of a format only. */
	char fmt[] = KERN_DEBUG "%s%s%s%s\n";
	const u8 *p = buf;

	if (level[0] == KERN_SOH_ASCII)
		fmt[1] = level[1];
	if (rowsize != 32)
		rowsize = 16;
	if (groupsize != 2 && groupsize != 4 && groupsize != 8)
		groupsize = 1;
	for (size_t at = 0; at < len; at += (size_t)rowsize) {
		char hex[32 * 3 + 1], text[33], place[24] = "";
		size_t n = min(len - at, (size_t)rowsize);
		size_t used = 0;

		for (size_t i = 0; i < n; i += (size_t)groupsize) {
			hex_group(hex + used, sizeof(hex) - used, p + at + i,
				  n - i < (size_t)groupsize ? 1 : groupsize);
			used += strlen(hex + used);
		}
		for (size_t i = 0; i < n; i++)
			text[i] = p[at + i] >= ' ' && p[at + i] < 127 ? (char)p[at + i] : '.';
		text[ascii ? n : 0] = 0;
		if (prefix_type == DUMP_PREFIX_ADDRESS)
			snprintf(place, sizeof(place), "%px: ", p + at);
		else if (prefix_type == DUMP_PREFIX_OFFSET)
			snprintf(place, sizeof(place), "%08zx: ", at);
		printk(level[0] == KERN_SOH_ASCII ? fmt : fmt + 2, prefix, place, hex, text);
	}
}
EXPORT_SYMBOL(print_hex_dump);

// SPDX-License-Identifier: MIT
/*
 * console.c - see console.h. The guest's buffer is copied once, and the copy is what is looked at.
 */
#include "vmm/console.h"

void console_init(struct console *c, const struct ram *ram, void (*emit)(void *ctx, const char *line), void *ctx)
{
	pthread_mutex_init(&c->lock, NULL);
	c->ram = ram;
	c->emit = emit;
	c->ctx = ctx;
	c->buf = 0;
	c->size = 0;
	c->len = 0;
}

void console_deinit(struct console *c)
{
	pthread_mutex_destroy(&c->lock);
}

/* Needs: c->lock. */
static void emit(struct console *c)
{
	c->line[c->len] = '\0';
	c->len = 0;
	c->emit(c->ctx, c->line);
}

/* Needs: c->lock. */
static void put(struct console *c, unsigned char ch)
{
	if (ch == '\n') {
		emit(c);
		return;
	}
	if (ch == '\r')
		return;
	if ((ch < ' ' && ch != '\t') || ch == 0x7f)
		ch = '?';
	if (c->len == CONSOLE_LINE)
		emit(c);
	c->line[c->len++] = (char)ch;
}

static void print(struct console *c, uint64_t len)
{
	unsigned char text[CONSOLE_MAX];

	if (len > c->size || len > sizeof(text))
		return;
	if (!ram_range_ok(c->ram, c->buf, len) || ram_read(c->ram, c->buf, text, len))
		return;
	for (uint64_t i = 0; i < len; i++)
		put(c, text[i]);
}

void console_reg_write(struct console *c, unsigned int reg, uint64_t value)
{
	pthread_mutex_lock(&c->lock);
	switch (reg) {
	case CONSOLE_BUF:
		c->buf = value;
		break;
	case CONSOLE_SIZE:
		c->size = value;
		break;
	case CONSOLE_WRITE:
		print(c, value);
		break;
	}
	pthread_mutex_unlock(&c->lock);
}

void console_flush(struct console *c)
{
	pthread_mutex_lock(&c->lock);
	if (c->len)
		emit(c);
	pthread_mutex_unlock(&c->lock);
}

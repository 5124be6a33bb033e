// SPDX-License-Identifier: MIT
/*
 * suite_console.c - the console device: lines come out whole, and a guest cannot make it read what is not its own.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/vmm/suites.h"
#include "vmm/console.h"

#define BUF 0x1000UL
#define RAM_SIZE 0x2000UL

static struct ram ram;
static struct console con;
static char out[65536];

static void emit(void *ctx, const char *line)
{
	(void)ctx;
	append(out, sizeof(out), line);
	append(out, sizeof(out), "|");
}

static void setup(void)
{
	out[0] = '\0';
	ram.nr = 2;
	ram.slots[0] = (struct ram_slot){
		.region = {.gpa = BUF, .size = RAM_SIZE, .is_ram = 1}, .fd = -1, .host = calloc(1, RAM_SIZE)};
	ram.slots[1] =
		(struct ram_slot){.region = {.gpa = 0x10000, .size = 0x1000}, .fd = -1, .host = calloc(1, 0x1000)};
	console_init(&con, &ram, emit, NULL);
}

static void teardown(void)
{
	console_deinit(&con);
	free(ram.slots[0].host);
	free(ram.slots[1].host);
}

static void print(const char *text)
{
	memcpy(ram.slots[0].host, text, strlen(text));
	console_reg_write(&con, CONSOLE_BUF, BUF);
	console_reg_write(&con, CONSOLE_SIZE, CONSOLE_MAX);
	console_reg_write(&con, CONSOLE_WRITE, strlen(text));
}

START_TEST(lines)
{
	print("one\ntwo\nthr");
	ck_assert_str_eq(out, "one|two|");
	print("ee\n\n");
	ck_assert_str_eq(out, "one|two|three||");
	print("no newline");
	console_flush(&con);
	console_flush(&con);
	ck_assert_str_eq(out, "one|two|three||no newline|");
}
END_TEST

START_TEST(terminal_is_safe)
{
	print("a\x1b[2Jb\x07\tc\r\n");
	ck_assert_str_eq(out, "a?[2Jb?\tc|");
}
END_TEST

START_TEST(long_lines_are_cut)
{
	char text[CONSOLE_MAX];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	print(text);
	print(text);
	print("\n");
	ck_assert_uint_eq(strlen(out), 2 * (CONSOLE_MAX - 1) + 4);
}
END_TEST

START_TEST(bad_buffers_print_nothing)
{
	static const uint64_t at[] = {0, BUF - 1, BUF + RAM_SIZE - 4, 0x10000, UINT64_MAX, UINT64_MAX - 2};

	console_reg_write(&con, CONSOLE_SIZE, CONSOLE_MAX);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		console_reg_write(&con, CONSOLE_BUF, at[i]);
		console_reg_write(&con, CONSOLE_WRITE, 8);
	}
	console_reg_write(&con, CONSOLE_BUF, BUF);
	console_reg_write(&con, CONSOLE_WRITE, CONSOLE_MAX + 1);
	console_reg_write(&con, CONSOLE_WRITE, UINT64_MAX);
	console_reg_write(&con, CONSOLE_SIZE, UINT64_MAX);
	console_reg_write(&con, CONSOLE_WRITE, CONSOLE_MAX + 1);
	console_reg_write(&con, CONSOLE_SIZE, 4);
	console_reg_write(&con, CONSOLE_WRITE, 5);
	console_reg_write(&con, 0x777, 5);
	console_flush(&con);
	ck_assert_str_eq(out, "");
}
END_TEST

Suite *suite_console(void)
{
	Suite *s = suite_create("console");
	TCase *t = tcase_create("console");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, lines);
	tcase_add_test(t, terminal_is_safe);
	tcase_add_test(t, long_lines_are_cut);
	tcase_add_test(t, bad_buffers_print_nothing);
	suite_add_tcase(s, t);
	return s;
}

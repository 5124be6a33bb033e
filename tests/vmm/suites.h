/* SPDX-License-Identifier: MIT */
/*
 * suites.h - the suites of test_vmm, one per part of the VMM.
 */
#ifndef MMV_TESTS_VMM_SUITES_H
#define MMV_TESTS_VMM_SUITES_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

Suite *suite_memspec(void);
Suite *suite_elf(void);
Suite *suite_dma(void);
Suite *suite_ktap(void);
Suite *suite_console(void);
Suite *suite_gate(void);
Suite *suite_lines(void);
Suite *suite_blk(void);

/** append - add @text to the string in @buf of @size bytes; it must fit. */
static inline void append(char *buf, size_t size, const char *text)
{
	size_t len = strlen(buf);

	ck_assert_uint_lt(len + strlen(text), size);
	memcpy(buf + len, text, strlen(text) + 1);
}

/** next_random - xorshift: the same sequence for the same start, so that a failure can be had again. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif

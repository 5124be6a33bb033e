// SPDX-License-Identifier: MIT
/*
 * suite_gate.c - pausing: nobody is inside while the gate is closed, pauses nest, a stop lets everybody out.
 */
#include <stdatomic.h>
#include <unistd.h>

#include "tests/vmm/suites.h"
#include "vmm/gate.h"

#define ACTORS 4

static struct gate gate;
static atomic_int inside;
static atomic_ulong turns;

static void *actor(void *arg)
{
	(void)arg;
	while (gate_enter(&gate)) {
		atomic_fetch_add(&inside, 1);
		while (!gate_wanted(&gate) && atomic_fetch_add(&turns, 1) % 64)
			;
		atomic_fetch_sub(&inside, 1);
		gate_leave(&gate);
	}
	return NULL;
}

START_TEST(pauses_and_stop)
{
	pthread_t threads[ACTORS];

	gate_init(&gate);
	for (int i = 0; i < ACTORS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, actor, NULL), 0);
	for (int n = 0; n < 200; n++) {
		unsigned long before;

		gate_close(&gate);
		gate_wait(&gate);
		ck_assert_int_eq(atomic_load(&inside), 0);
		gate_close(&gate);
		gate_wait(&gate);
		gate_open(&gate);
		/* one pause is left: nobody may move */
		before = atomic_load(&turns);
		usleep(100);
		ck_assert_int_eq(atomic_load(&inside), 0);
		ck_assert_uint_eq(atomic_load(&turns), before);
		gate_open(&gate);
	}
	gate_close(&gate);
	gate_stop(&gate);
	for (int i = 0; i < ACTORS; i++)
		pthread_join(threads[i], NULL);
	ck_assert(!gate_enter(&gate));
	gate_deinit(&gate);
}
END_TEST

Suite *suite_gate(void)
{
	Suite *s = suite_create("gate");
	TCase *t = tcase_create("gate");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, pauses_and_stop);
	suite_add_tcase(s, t);
	return s;
}

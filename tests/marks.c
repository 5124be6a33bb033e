// SPDX-License-Identifier: MIT
/*
 * marks.c - marks of passed assertions, fewer of them.
 *
 * Check writes a message for every assertion that holds, so that it can say after which one a test died, and unpacks them all
 * when the test has ended. A random test asserts a million times: most of its time went into these messages. Linked with
 * --wrap=_mark_point, the first MARKS_ALL of a test are written as ever, then one of MARKS_THEN. What fails is told with its
 * own place all the same; only "died after this point" is coarser in a long loop.
 */
#define MARKS_ALL 256
#define MARKS_THEN 1024

void __real__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line);

void __wrap__mark_point(const char *file, int line)
{
	/* A test is a process of its own: it starts at 0. Threads may lose a count, no more. */
	static unsigned int marks;
	unsigned int n = __atomic_fetch_add(&marks, 1, __ATOMIC_RELAXED);

	if (n < MARKS_ALL || n % MARKS_THEN == 0)
		__real__mark_point(file, line);
}

/* SPDX-License-Identifier: MIT */
/*
 * validate.h - recounts every equation of shared/mm.h from the structures alone, slowly and without writing.
 *
 * Each returns NULL if all holds, or a line that says what does not.
 */
#ifndef TESTS_UNIT_VALIDATE_H
#define TESTS_UNIT_VALIDATE_H

#include "shared/mm.h"

/** struct census - pages of all zones by what they are. @free: on zones' lists and fresh; @pcp: on CPUs' lists. */
struct census {
	unsigned long free, pcp, used, owned[NR_PAGE_OWNERS], blocks[NR_PAGE_OWNERS];
};

const char *validate_zones(struct census *census);
const char *validate_slabs(void);
const char *validate_vmaps(void);
/** validate_all - all three, and what they say about each other. */
const char *validate_all(void);

#define assert_valid()                                                                                                 \
	do {                                                                                                           \
		const char *wrong_ = validate_all();                                                                   \
		ck_assert_msg(!wrong_, "%s", wrong_);                                                                  \
	} while (0)

#endif

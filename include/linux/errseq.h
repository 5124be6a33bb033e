/* SPDX-License-Identifier: MIT */
/*
 * errseq.h - an error that several parties must hear of, each once.
 *
 * Whoever has an error sets it; whoever wants to know samples first, and later asks what came since. The word holds the last
 * error in its low 12 bits, whether anybody has seen it in bit 12, and a count of errors seen above: setting the same error
 * again before anybody looked changes nothing.
 */
#ifndef _LINUX_ERRSEQ_H
#define _LINUX_ERRSEQ_H

#include <linux/types.h>

typedef u32 errseq_t;

#define ERRSEQ_SEEN 0x1000u
#define ERRSEQ_STEP 0x2000u
#define ERRSEQ_ERROR 0xfffu

/** errseq_set - @err (< 0) happened. Context: any. Return: the word now. */
static inline errseq_t errseq_set(errseq_t *eseq, int err)
{
	errseq_t old = __atomic_load_n(eseq, __ATOMIC_RELAXED), new;

	do {
		new = (old & ~(ERRSEQ_ERROR | ERRSEQ_SEEN)) | ((u32)-err & ERRSEQ_ERROR);
		if (old & ERRSEQ_SEEN)
			new += ERRSEQ_STEP;
		if (new == old)
			break;
	} while (!__atomic_compare_exchange_n(eseq, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return new;
}

/** errseq_sample - where to begin: an error that nobody has seen yet counts as one to come */
static inline errseq_t errseq_sample(errseq_t *eseq)
{
	errseq_t now = __atomic_load_n(eseq, __ATOMIC_ACQUIRE);

	return now & ERRSEQ_SEEN ? now : 0;
}

/** errseq_check - was there an error since @since? Return: 0 or the last one. */
static inline int errseq_check(errseq_t *eseq, errseq_t since)
{
	errseq_t now = __atomic_load_n(eseq, __ATOMIC_ACQUIRE);

	return now == since ? 0 : -(int)(now & ERRSEQ_ERROR);
}

/** errseq_check_and_advance - the same, and do not tell this party again. Its caller sees to it that @since is not shared. */
static inline int errseq_check_and_advance(errseq_t *eseq, errseq_t *since)
{
	errseq_t now = __atomic_load_n(eseq, __ATOMIC_ACQUIRE), seen;

	if (now == *since)
		return 0;
	seen = now | ERRSEQ_SEEN;
	/* Lost only to a newer error, which then is for the next call. */
	if (seen != now)
		__atomic_compare_exchange_n(eseq, &now, seen, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	*since = seen;
	return -(int)(seen & ERRSEQ_ERROR);
}

#endif

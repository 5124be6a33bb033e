// SPDX-License-Identifier: MIT
/*
 * replay.c - performs a recorded trace: the same allocations by the same names, sizes, orders and masks, on as many CPUs.
 *
 * One thread per stream, bound to a CPU, walks its ops in order (shared/replay.h has the format). Addresses are kept in
 * the image's slots. Every object is proved real and its own: its first and last word are marked with its slot when it
 * is allocated and looked at when it is freed, and memory that was to be zeroed is looked at before.
 *
 * Streams share nothing but the slots (each used by one object at a time, handed over by waits), the finished-ops counters
 * (one writer each) and a few words for faults and progress. Nothing here takes a lock.
 *
 * The image is checked as a whole first and op by op while it runs: a bad one ends the replay, it cannot harm the guest.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "shared/replay.h"

#define X(name, value) _Static_assert((name) == (value), #name " differs from what traces are compiled for");
REPLAY_GFP_BITS(X)
#undef X

/* A stream looks after the others, its progress line and its neighbours on the CPU once in so many ops. */
#define BREATH 512
#define PROGRESS_STEP 5
/* Results and complaints are for programs: loglevel= must not hide them. */
#define say(fmt, ...) printk(KERN_EMERG fmt, ##__VA_ARGS__)
/* No stream has finished an op for so long: the image's waits form a circle. */
#define STUCK_AFTER (30 * HZ)

/* Sizes that kmalloc() takes are any number: the last word need not be aligned. */
typedef uint64_t __attribute__((aligned(1))) mark_t;

/* What all streams share; constant while they run, but for the last three. */
static struct {
	const struct replay_header *h;
	const struct replay_class *classes;
	struct replay_slot *slots;
	struct replay_result *result;
	struct replay_progress *progress;
	struct kmem_cache **caches;
	struct replay_count *counts;
	uint32_t nr_classes, nr_slots, nr_streams, nr_caches;
	struct completion finished;
	unsigned long pages_before; /* see slab_pages() */
	unsigned int next_percent;  /* (a) at which the next progress line is due */
	atomic_t running;
	bool stop;
} rp;

struct stream {
	uint32_t index;
	uint32_t nr_ops;
	const uint64_t *ops;
	struct replay_progress *me;
	struct replay_count *counts;
	long large_pages; /* (one writer) in kmalloc() beyond the largest class; less than 0: another stream's */
	struct task_struct *thread; /* ends by itself: valid until it runs */
};

static struct stream streams[REPLAY_MAX_STREAMS];

static void fault(const struct stream *s, enum replay_fault_what what, uint64_t op, const void *address)
{
	uint32_t n = __atomic_fetch_add(&rp.result->nr_faults, 1, __ATOMIC_RELAXED);
	struct replay_fault *f = &rp.result->faults[n];

	if (n < REPLAY_NR_FAULTS) {
		f->stream = s->index;
		f->op = (uint32_t)s->me->done;
		f->class = REPLAY_OP_CLASS(op);
		f->address = (uint64_t)(unsigned long)address;
		f->what = what;
	}
	if (what >= REPLAY_F_BAD_OP) {
		rp.result->state = REPLAY_BAD;
		WRITE_ONCE(rp.stop, true);
	}
}

/* ---- objects ---- */

static __always_inline unsigned long object_bytes(const struct replay_class *k)
{
	return k->kind == REPLAY_PAGES ? PAGE_SIZE << k->order : k->size;
}

static __always_inline char *object_start(const struct replay_class *k, void *object)
{
	return k->kind == REPLAY_PAGES ? page_address((struct page *)object) : object;
}

static __always_inline uint64_t mark_of(const char *start, uint32_t slot)
{
	return (uint64_t)start ^ ((uint64_t)~slot << 16);
}

static void prove(struct stream *s, const struct replay_class *k, uint64_t op, void *object)
{
	char *start = object_start(k, object);
	unsigned long bytes = object_bytes(k);
	mark_t *first = (mark_t *)start;
	mark_t *last = (mark_t *)(start + bytes - sizeof(*last));
	uint64_t mark = mark_of(start, REPLAY_OP_SLOT(op));

	if (unlikely(bytes < sizeof(*first)))
		return;
	if ((k->gfp & __GFP_ZERO) && unlikely(*first | *last)) {
		s->me->not_zero++;
		fault(s, REPLAY_F_NOT_ZERO, op, start);
	}
	*first = mark;
	if (bytes >= 2 * sizeof(*first))
		*last = mark;
}

static void look_again(struct stream *s, const struct replay_class *k, uint64_t op, void *object)
{
	char *start = object_start(k, object);
	unsigned long bytes = object_bytes(k);
	uint64_t mark = mark_of(start, REPLAY_OP_SLOT(op));

	if (unlikely(bytes < sizeof(mark_t)))
		return;
	if (unlikely(*(mark_t *)start != mark) ||
	    (bytes >= 2 * sizeof(mark_t) && unlikely(*(mark_t *)(start + bytes - sizeof(mark_t)) != mark))) {
		s->me->corrupt++;
		fault(s, REPLAY_F_CORRUPT, op, start);
	}
}

/* ---- how much memory it takes ---- */

static __always_inline long large_pages(const struct replay_class *k)
{
	return k->kind == REPLAY_KMALLOC && unlikely(k->size > KMALLOC_MAX_CACHE_SIZE) ? 1L << get_order(k->size) : 0;
}

/* Pages in slabs of every cache that the trace can use, and in large kmalloc(). */
static unsigned long slab_pages(void)
{
	long pages = 0;

	for (unsigned int type = 0; type < NR_KMALLOC_TYPES; type++)
		for (unsigned int class = 0; class < KMALLOC_NR_CLASSES; class ++)
			pages += (long)kmem_cache_pages(&kmalloc_caches[type][class]);
	for (uint32_t i = 0; i < rp.nr_caches; i++)
		pages += (long)kmem_cache_pages(rp.caches[i]);
	for (uint32_t i = 0; i < rp.nr_streams; i++)
		pages += READ_ONCE(streams[i].large_pages);
	return (unsigned long)pages;
}

static void note_memory(void)
{
	unsigned long pages = slab_pages();
	uint64_t bytes = pages > rp.pages_before ? (pages - rp.pages_before) << PAGE_SHIFT : 0;
	uint64_t peak = READ_ONCE(rp.result->slab_peak);

	while (bytes > peak && !try_cmpxchg(&rp.result->slab_peak, &peak, bytes))
		;
	rp.result->slab_end = bytes;
}

/* ---- ops ---- */

static __always_inline bool op_fits(uint64_t op)
{
	return REPLAY_OP_CLASS(op) < rp.nr_classes && REPLAY_OP_SLOT(op) < rp.nr_slots;
}

static void do_alloc(struct stream *s, uint64_t op)
{
	struct replay_count *count = &s->counts[REPLAY_OP_CLASS(op)];
	const struct replay_class *k = &rp.classes[REPLAY_OP_CLASS(op)];
	struct replay_slot *slot = &rp.slots[REPLAY_OP_SLOT(op)];
	void *object;

	if (unlikely(!op_fits(op)) || unlikely(slot->class)) {
		fault(s, REPLAY_F_BAD_OP, op, NULL);
		return;
	}
	if (k->kind == REPLAY_CACHE)
		object = kmem_cache_alloc(rp.caches[k->cache], k->gfp);
	else if (k->kind == REPLAY_PAGES)
		object = alloc_pages(k->gfp, k->order);
	else
		object = kmalloc(k->size, k->gfp);
	slot->object = (uint64_t)(unsigned long)object;
	slot->class = REPLAY_OP_CLASS(op) + 1;
	if (unlikely(!object)) {
		count->failed++;
		fault(s, REPLAY_F_NOMEM, op, NULL);
		return;
	}
	prove(s, k, op, object);
	s->large_pages += large_pages(k);
	count->allocs++;
}

static void do_free(struct stream *s, uint64_t op)
{
	struct replay_count *count = &s->counts[REPLAY_OP_CLASS(op)];
	const struct replay_class *k = &rp.classes[REPLAY_OP_CLASS(op)];
	struct replay_slot *slot = &rp.slots[REPLAY_OP_SLOT(op)];
	void *object;

	/* Freed as what it is, or not at all: the wrong way would harm the allocators, not show their faults. */
	if (unlikely(!op_fits(op)) || unlikely(slot->class != REPLAY_OP_CLASS(op) + 1)) {
		fault(s, REPLAY_F_BAD_OP, op, NULL);
		return;
	}
	object = (void *)(unsigned long)slot->object;
	slot->class = 0;
	if (unlikely(!object)) {
		count->skipped++;
		return;
	}
	look_again(s, k, op, object);
	if (k->kind == REPLAY_PAGES)
		__free_pages(object, k->order);
	else if (k->kind == REPLAY_CACHE && REPLAY_OP_CODE(op) != REPLAY_KFREE)
		kmem_cache_free(rp.caches[k->cache], object);
	else
		kfree(object);
	s->large_pages -= large_pages(k);
	count->frees++;
	if (unlikely(REPLAY_OP_CODE(op) == REPLAY_UNSEEN))
		s->me->unseen[k->kind]++;
}

static uint64_t total_done(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < rp.nr_streams; i++)
		sum += READ_ONCE(rp.progress[i].done);
	return sum;
}

static void do_wait(struct stream *s, uint64_t op)
{
	unsigned long since = jiffies;
	const uint64_t *done;
	uint64_t seen = 0;

	if (unlikely(REPLAY_OP_CLASS(op) >= rp.nr_streams)) {
		fault(s, REPLAY_F_BAD_OP, op, NULL);
		return;
	}
	done = &rp.progress[REPLAY_OP_CLASS(op)].done;
	if (__atomic_load_n(done, __ATOMIC_ACQUIRE) >= REPLAY_OP_SLOT(op))
		return;
	s->me->waits++;
	while (__atomic_load_n(done, __ATOMIC_ACQUIRE) < REPLAY_OP_SLOT(op) && !READ_ONCE(rp.stop)) {
		uint64_t now = total_done();

		if (now != seen) {
			seen = now;
			since = jiffies;
		} else if (time_after(jiffies, since + STUCK_AFTER)) {
			fault(s, REPLAY_F_STUCK, op, NULL);
		}
		cpu_relax();
		/* Another stream may have to run on this very CPU. */
		yield();
	}
}

static void show_progress(void)
{
	uint64_t done = total_done();
	unsigned int percent = (unsigned int)(done * 100 / rp.h->nr_ops);
	unsigned int due = READ_ONCE(rp.next_percent);

	if (percent >= due && due < 100 &&
	    try_cmpxchg(&rp.next_percent, &due, percent - percent % PROGRESS_STEP + PROGRESS_STEP))
		pr_info("replay: %u%% (%lu of %lu operations)\n", percent, done, rp.h->nr_ops);
}

static int run_stream(void *data)
{
	struct stream *s = data;

	for (uint32_t i = 0; i < s->nr_ops && !READ_ONCE(rp.stop); i++) {
		uint64_t op = s->ops[i];

		switch (REPLAY_OP_CODE(op)) {
		case REPLAY_ALLOC:
			do_alloc(s, op);
			break;
		case REPLAY_FREE:
		case REPLAY_KFREE:
		case REPLAY_UNSEEN:
			do_free(s, op);
			break;
		case REPLAY_WAIT:
			do_wait(s, op);
			break;
		case REPLAY_NOP:
			break;
		default:
			fault(s, REPLAY_F_BAD_OP, op, NULL);
		}
		/* What this op did is seen by whoever sees it finished. */
		__atomic_store_n(&s->me->done, (uint64_t)i + 1, __ATOMIC_RELEASE);
		if (i % BREATH == BREATH - 1) {
			show_progress();
			note_memory();
			cond_resched();
		}
	}
	if (atomic_dec_and_test(&rp.running))
		complete(&rp.finished);
	return 0;
}

/* ---- setting up ---- */

static void find_parts(const struct replay_header *h)
{
	char *base = (char *)h;

	rp.h = h;
	rp.nr_classes = h->nr_classes;
	rp.nr_slots = h->nr_slots;
	rp.nr_streams = h->nr_streams;
	rp.nr_caches = h->nr_caches;
	rp.classes = (const struct replay_class *)(base + h->classes_off);
	rp.slots = (struct replay_slot *)(base + h->slots_off);
	rp.result = (struct replay_result *)(base + h->result_off);
	rp.progress = (struct replay_progress *)((char *)rp.result + replay_progress_off());
	rp.caches = (struct kmem_cache **)((char *)rp.result + replay_caches_off(h->nr_streams));
	rp.counts = (struct replay_count *)((char *)rp.result + replay_counts_off(h->nr_streams, h->nr_caches));
	rp.next_percent = PROGRESS_STEP;
	rp.stop = false;
	init_completion(&rp.finished);
	atomic_set(&rp.running, (int)h->nr_streams);
}

static void set_up_streams(const struct replay_header *h)
{
	const struct replay_stream *from = (const struct replay_stream *)((const char *)h + h->streams_off);

	for (uint32_t i = 0; i < h->nr_streams; i++)
		streams[i] = (struct stream){
			.index = i,
			.nr_ops = from[i].nr_ops,
			.ops = (const uint64_t *)((const char *)h + from[i].ops_off),
			.me = &rp.progress[i],
			.counts = rp.counts + (size_t)i * h->nr_classes,
		};
}

/* In order of first use, as a kernel that boots makes them. They are not merged: the recorded kernel's were not. */
static int create_caches(const struct replay_header *h)
{
	const struct replay_cache *from = (const struct replay_cache *)((const char *)h + h->caches_off);

	for (uint32_t i = 0; i < h->nr_caches; i++) {
		slab_flags_t flags = SLAB_NO_MERGE | (from[i].flags & REPLAY_F_HWCACHE ? SLAB_HWCACHE_ALIGN : 0);
		char name[sizeof(from[i].name)];

		memcpy(name, from[i].name, sizeof(name));
		name[sizeof(name) - 1] = '\0';
		rp.caches[i] = kmem_cache_create(name, from[i].object_size, 0, flags, NULL);
		if (!rp.caches[i]) {
			fault(&streams[0], REPLAY_F_NO_CACHE, 0, NULL);
			say("mmvisor: replay: no cache '%s' of %u bytes\n", name, from[i].object_size);
			return -ENOMEM;
		}
	}
	return 0;
}

static int start_threads(void)
{
	unsigned int cpus = num_online_cpus();

	for (uint32_t i = 0; i < rp.nr_streams; i++) {
		streams[i].thread = kthread_create_on_cpu(run_stream, &streams[i], i % cpus, "replay/%u");
		if (IS_ERR(streams[i].thread)) {
			say("mmvisor: replay: no memory for a thread per stream\n");
			while (i--)
				kthread_stop(streams[i].thread);
			return -ENOMEM;
		}
	}
	for (uint32_t i = 0; i < rp.nr_streams; i++)
		wake_up_process(streams[i].thread);
	return 0;
}

static uint64_t sum_failed(void)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < (uint64_t)rp.nr_streams * rp.nr_classes; i++)
		sum += rp.counts[i].failed;
	return sum;
}

/* One KTAP result. Return: what replay_run() returns. */
static int judge(void)
{
	const struct replay_result *r = rp.result;
	uint64_t corrupt = 0, not_zero = 0, failed = sum_failed();

	for (uint32_t i = 0; i < rp.nr_streams; i++) {
		corrupt += rp.progress[i].corrupt;
		not_zero += rp.progress[i].not_zero;
	}
	if (r->state == REPLAY_BAD) {
		say("mmvisor: replay: stream %u, operation %u %s\n", r->faults[0].stream, r->faults[0].op,
		    r->faults[0].what == REPLAY_F_STUCK ? "waits for what never happens" : "cannot be performed");
		return -EINVAL;
	}
	if (!corrupt && !not_zero && !failed) {
		say("ok 1 replay\n");
		return 0;
	}
	say("# replay: %lu allocations failed, %lu objects overwritten, %lu not zeroed\n", failed, corrupt, not_zero);
	say("not ok 1 replay\n");
	return 1;
}

int replay_run(const void *ops, size_t size)
{
	const struct replay_header *h = ops;
	const char *wrong =
		(unsigned long)ops % sizeof(uint64_t) ? "op stream at an odd address" : replay_check(h, size);

	if (wrong) {
		say("mmvisor: replay: %s\n", wrong);
		return -EINVAL;
	}
	find_parts(h);
	set_up_streams(h);
	rp.result->version = REPLAY_VERSION;
	rp.result->state = REPLAY_RUNNING;
	rp.result->nr_streams = h->nr_streams;
	rp.result->nr_caches = h->nr_caches;
	rp.result->nr_classes = h->nr_classes;
	rp.result->magic = REPLAY_MAGIC;
	mm_root.replay_result = (gva_t)(unsigned long)rp.result;

	say("KTAP version 2\n");
	say("1..1\n");
	if (create_caches(h))
		return -EINVAL;
	rp.pages_before = slab_pages();
	rp.result->tsc_start = rdtsc();
	if (start_threads())
		return -EINVAL;
	wait_for_completion(&rp.finished);
	rp.result->tsc_end = rdtsc();
	note_memory();
	if (rp.result->state == REPLAY_RUNNING)
		rp.result->state = REPLAY_DONE;
	return judge();
}

// SPDX-License-Identifier: MIT
/*
 * slab_debug.c - slab debugging in the debug kernel: which caches, and what happens to an object on its way out and back.
 *
 *     slub_debug=OPTS[,CACHE[,CACHE*]...][;OPTS...]        (slab_debug= is the same)
 *
 * F sanity checks, Z red zones, P poison, U who allocated and freed, T trace, A objects for failslab, O not for caches whose slabs
 * would grow by it, - nothing. No value: FZPU. A block without caches is for all, one with caches wins for those. Without the
 * argument: FZPU for all: every suite runs with that.
 *
 * Life of an object: free, its red zones hold 0xbb and its body 0x6b, a last byte 0xa5. It goes out: what it should look like is
 * checked; red zones become 0xcc, the body 0x5a: so a reader of memory that was never written sees another value than a reader of
 * freed memory. It comes back: is it one, is it out, are its red zones whole? Then it is free as above. With a size that kmalloc() was
 * asked for, the bytes up to the class's size belong to the right red zone.
 *
 * Locking: slab_debug_alloc() and slab_debug_free() run under the lock of the cache: see slab_check.c.
 * Not here: judging (slab_check.c), telling (slab_report.c), going through all objects (slab_validate.c).
 */
#include <linux/export.h>
#include <linux/glob.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>
#include <mmvisor/failslab.h>

#include "slab_debug_impl.h"

struct failslab failslab = {
	.attr = {.interval = 1, .times = ATOMIC_INIT(1), .verbose = 2, .name = "failslab"},
	.ignore_gfp_wait = true,
};
EXPORT_SYMBOL(failslab);

#if MM_DEBUG

#define DEBUG_STANDARD (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
/* Those that need room around objects. */
#define DEBUG_METADATA (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
#define STACK_DEPTH 16

/* ---- which caches ---- */

static slab_flags_t debug_all = DEBUG_STANDARD;
static bool debug_not_larger;
/* The blocks that name caches, as given. */
static char debug_some[128];

/* One block's letters. Return: what follows them; NULL: a letter means nothing. */
static const char *parse_letters(const char *p, slab_flags_t *flags, bool *not_larger)
{
	static const struct {
		char letter;
		slab_flags_t flags;
	} known[] = {
		{'f', SLAB_CONSISTENCY_CHECKS},
		{'z', SLAB_RED_ZONE},
		{'p', SLAB_POISON},
		{'u', SLAB_STORE_USER},
		{'t', SLAB_TRACE},
		{'a', SLAB_FAILSLAB},
		{'-', 0},
		{'o', 0},
	};
	const char *start = p;

	*flags = 0;
	for (; *p && *p != ',' && *p != ';'; p++) {
		size_t i = 0;

		while (i < ARRAY_SIZE(known) && known[i].letter != (*p | 0x20) && known[i].letter != *p)
			i++;
		if (i == ARRAY_SIZE(known))
			return NULL;
		*flags |= known[i].flags;
		*not_larger |= known[i].letter == 'o';
	}
	if (p == start)
		*flags = DEBUG_STANDARD;
	return p;
}

int slab_debug_setup(char *value)
{
	slab_flags_t all = 0, flags;
	bool global = false, not_larger = false;
	const char *p = value;

	if (strlen(value) >= sizeof(debug_some))
		return 0;
	for (;; p++) {
		p = parse_letters(p, &flags, &not_larger);
		if (!p)
			return 0;
		if (*p != ',') {
			all = flags;
			global = true;
		}
		p += strcspn(p, ";");
		if (!*p)
			break;
	}
	strscpy(debug_some, value, sizeof(debug_some));
	debug_all = global ? all : 0;
	debug_not_larger = not_larger;
	return 1;
}

static int setup_slub_debug(char *value)
{
	return slab_debug_setup(value);
}
__setup("slub_debug", setup_slub_debug);

static int setup_slab_debug(char *value)
{
	return slab_debug_setup(value);
}
__setup("slab_debug", setup_slab_debug);

/* Is @name in the list ",CACHE,CACHE*" at @p, up to the end of its block? */
static bool listed(const char *p, const char *name)
{
	char pattern[sizeof(((struct kmem_cache *)NULL)->name)];

	while (*p == ',') {
		size_t n = strcspn(++p, ",;");

		strscpy(pattern, p, min(n + 1, sizeof(pattern)));
		if (glob_match(pattern, name))
			return true;
		p += n;
	}
	return false;
}

/* What the boot argument says about a cache of this name. */
static slab_flags_t asked_for(const char *name)
{
	slab_flags_t flags = debug_all, block;
	bool unused = false;

	for (const char *p = debug_some; *p;) {
		p = parse_letters(p, &block, &unused);
		if (!p)
			break;
		if (*p == ',' && listed(p, name))
			flags = block;
		p += strcspn(p, ";");
		p += *p == ';';
	}
	return flags;
}

/* Would the metadata of these flags take a larger block for one object? */
static bool grows(unsigned int size, slab_flags_t flags)
{
	unsigned int more = 2 * sizeof(void *) + (flags & SLAB_RED_ZONE ? SLAB_RED_LEFT : 0) +
			    (flags & SLAB_STORE_USER ? NR_SLAB_TRACKS * (unsigned int)sizeof(struct slab_track) : 0);

	return get_order(size + more) > get_order(size);
}

slab_flags_t slab_debug_flags(const char *name, unsigned int object_size, slab_flags_t flags)
{
	slab_flags_t more = flags & SLAB_NO_USER_FLAGS ? 0 : asked_for(name);

	if (debug_not_larger && grows(object_size, more))
		more &= ~DEBUG_METADATA;
	return flags | more;
}

/* ---- where things lie ---- */

void slab_debug_layout(struct kmem_cache *s)
{
	bool fixed = s->ctor || (s->flags & SLAB_TYPESAFE_BY_RCU);
	uint32_t end = ALIGN(s->object_size, (uint32_t)sizeof(void *));

	s->poison = s->flags & SLAB_POISON ? SLAB_POISONED_PAD | (fixed ? 0 : SLAB_POISONED_BODY) : 0;
	s->red_left = s->flags & SLAB_RED_ZONE ? SLAB_RED_LEFT : 0;
	if (s->red_left && end == s->object_size)
		end += (uint32_t)sizeof(void *);
	s->inuse = end;
	/* Red bytes between what was asked for and the end of the object must not lie on the link either. */
	if (s->offset >= s->object_size || (s->poison & SLAB_POISONED_BODY) ||
	    (s->red_left && s->flags & SLAB_STORE_USER && s->flags & SLAB_KMALLOC)) {
		s->offset = end;
		end += (uint32_t)sizeof(void *);
	}
	s->track = 0;
	s->orig = 0;
	if (s->flags & SLAB_STORE_USER) {
		s->track = end;
		end += NR_SLAB_TRACKS * (uint32_t)sizeof(struct slab_track);
		if (s->flags & SLAB_KMALLOC) {
			s->orig = end;
			end += (uint32_t)sizeof(u64);
		}
	}
	/* The left red zone is the end of the slot before: so alignment costs once a slab, not once an object. */
	s->first = ALIGN(s->red_left, s->align);
	s->size = ALIGN(end + s->red_left, s->align);
	s->random = get_random_u64() | 1;
}

/* ---- failures on purpose ---- */

static int setup_failslab(char *value)
{
	return setup_fault_attr(&failslab.attr, value);
}
__setup("failslab", setup_failslab);

static int setup_bool(const char *value, bool *to)
{
	if ((value[0] != '0' && value[0] != '1') || value[1])
		return 0;
	*to = value[0] == '1';
	return 1;
}

static int setup_cache_filter(char *value)
{
	return setup_bool(value, &failslab.cache_filter);
}
__setup("failslab.cache-filter", setup_cache_filter);

static int setup_ignore_wait(char *value)
{
	return setup_bool(value, &failslab.ignore_gfp_wait);
}
__setup("failslab.ignore-gfp-wait", setup_ignore_wait);

bool slab_debug_fail(const struct kmem_cache *s, gfp_t gfp)
{
	if (likely(!failslab.attr.probability) || (gfp & __GFP_NOFAIL))
		return false;
	if (failslab.ignore_gfp_wait && (gfp & __GFP_DIRECT_RECLAIM))
		return false;
	if (failslab.cache_filter && !(s->flags & SLAB_FAILSLAB))
		return false;
	return should_fail_ex(&failslab.attr, (long)s->object_size, gfp & __GFP_NOWARN ? FAULT_NOWARN : 0);
}

/* ---- tracks ---- */

static u32 serial;

u32 slab_serial(void)
{
	return READ_ONCE(serial);
}

static void set_track(const struct kmem_cache *s, void *obj, enum slab_track_kind kind, unsigned long caller)
{
	struct slab_track *t = slab_track(s, obj, kind);
	const struct task_struct *task = current;
	unsigned long entries[STACK_DEPTH + 4];
	unsigned int nr, from = 0;

	if (!t)
		return;
	nr = stack_trace_save(entries, ARRAY_SIZE(entries), 1);
	/* What the allocator called itself is nobody's business. */
	while (from < nr && entries[from] != caller)
		from++;
	if (from == nr)
		from = 0;
	t->addr = caller;
	t->when = jiffies;
	t->handle = stack_depot_save(entries + from, min(nr - from, (unsigned int)STACK_DEPTH), GFP_NOWAIT);
	t->cpu = raw_smp_processor_id();
	t->pid = task ? task->pid : 0;
	t->serial = __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED);
}

static void trace(const struct kmem_cache *s, const struct slab *slab, const void *obj, const char *what)
{
	if (likely(!(s->flags & SLAB_TRACE)))
		return;
	printk(KERN_INFO "TRACE %s %s 0x%lx inuse=%u fp=0x%lx\n", s->name, what, (unsigned long)obj, slab->inuse,
	       (unsigned long)slab->freelist);
	dump_stack();
}

/* ---- an object's life ---- */

void slab_debug_new(struct kmem_cache *s, struct slab *slab)
{
	if (s->poison & SLAB_POISONED_PAD)
		memset(slab_address(slab), POISON_INUSE, PAGE_SIZE << slab->order);
}

void slab_debug_object(struct kmem_cache *s, struct slab *slab, void *obj)
{
	(void)slab;
	if (s->track)
		memset(slab_track(s, obj, TRACK_ALLOC), 0, NR_SLAB_TRACKS * sizeof(struct slab_track));
	if (s->orig)
		*(u64 *)slab_orig(s, obj) = s->object_size;
	slab_mark(s, obj, SLUB_RED_INACTIVE);
}

void slab_debug_list(struct kmem_cache *s, struct slab *slab)
{
	void *obj = slab->freelist, *next;

	if (likely(obj && slab_owns(s, slab, obj))) {
		next = get_free_link(s, obj);
		if (likely(next ? slab_owns(s, slab, next) && next != obj : slab->inuse + 1U == slab->objects))
			return;
	}
	slab_check_free_list(s, slab, NULL);
}

bool slab_debug_alloc(struct kmem_cache *s, struct slab *slab, void *obj, size_t orig_size, unsigned long caller)
{
	if (s->flags & SLAB_CONSISTENCY_CHECKS) {
		slab_check_slab(s, slab);
		slab_check_object(s, slab, obj, SLUB_RED_INACTIVE);
	}
	if (s->orig)
		*(u64 *)slab_orig(s, obj) = min_t(u32, (u32)orig_size, s->object_size);
	slab_mark(s, obj, SLUB_RED_ACTIVE);
	set_track(s, obj, TRACK_ALLOC, caller);
	trace(s, slab, obj, "alloc");
	return true;
}

/* Red zones that say "in use" settle it; without them, or with odd ones, the free list does. */
static bool already_free(const struct kmem_cache *s, const struct slab *slab, const u8 *obj)
{
	if (s->red_left && !memchr_inv(obj - s->red_left, SLUB_RED_ACTIVE, s->red_left))
		return false;
	return slab_is_free(s, slab, obj);
}

bool slab_debug_freed(const void *addr)
{
	const struct slab *slab = obj_page(addr);
	const struct kmem_cache *s = slab ? slab->slab_cache : NULL;

	return s && s->red_left &&
	       !memchr_inv((u8 *)slab_near(s, slab, addr) - s->red_left, SLUB_RED_INACTIVE, s->red_left);
}

bool slab_debug_free(struct kmem_cache *s, struct slab *slab, void *obj, unsigned long caller)
{
	if (s->flags & SLAB_CONSISTENCY_CHECKS) {
		slab_check_slab(s, slab);
		if (!slab_owns(s, slab, obj)) {
			slab_bug(s, "Invalid object pointer 0x%lx", (unsigned long)obj);
			slab_trailer(s, slab, slab_near(s, slab, obj));
			slab_fix(s, "Object at 0x%lx not freed", (unsigned long)obj);
			return false;
		}
		if (already_free(s, slab, obj)) {
			slab_object_bug(s, slab, obj, "Object already free");
			slab_fix(s, "Object at 0x%lx not freed", (unsigned long)obj);
			return false;
		}
		slab_check_object(s, slab, obj, SLUB_RED_ACTIVE);
	}
	set_track(s, obj, TRACK_FREE, caller);
	trace(s, slab, obj, "free");
	slab_mark(s, obj, SLUB_RED_INACTIVE);
	return true;
}

void slab_debug_discard(struct kmem_cache *s, struct slab *slab)
{
	if (!(s->flags & SLAB_CONSISTENCY_CHECKS))
		return;
	slab_check_padding(s, slab);
	for (unsigned int i = 0; i < slab->objects; i++)
		slab_check_object(s, slab, slab_nth(s, slab, i), SLUB_RED_INACTIVE);
}

size_t slab_debug_asked(const struct kmem_cache *s, const void *obj)
{
	return slab_user_size(s, obj);
}

void slab_debug_resize(struct kmem_cache *s, void *obj, size_t size)
{
	u32 *orig = slab_orig(s, obj);

	if (!orig || size > s->object_size)
		return;
	*orig = (u32)size;
	if (s->red_left)
		memset((char *)obj + size, SLUB_RED_ACTIVE, s->object_size - size);
}

void slab_debug_remaining(struct kmem_cache *s, struct slab *slab, void *obj)
{
	(void)slab;
	slab_print_tracks(s, obj);
}

#endif

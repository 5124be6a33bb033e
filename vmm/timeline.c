// SPDX-License-Identifier: MIT
/*
 * timeline.c - see timeline.h. A guest may write what it likes into the counters: they are copied, and never trusted to be anything but
 * numbers; names are printed through JSON.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tools/view/view.h"
#include "vmm/ktap.h"
#include "vmm/timeline.h"
#include "vmm/vm.h"

static const char *const zone_type_names[] = ZONE_NAMES;

int timeline_open(struct timeline *t, struct vm *vm, unsigned int ms)
{
	struct itimerspec every = {.it_interval = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}};

	*t = (struct timeline){.vm = vm, .fd = -1, .interval_ns = ms * 1000000UL};
	if (!ms)
		return 0;
	every.it_value = every.it_interval;
	t->rows = calloc((size_t)TIMELINE_SAMPLES * (1 + TIMELINE_SERIES), sizeof(*t->rows));
	if (!t->rows)
		return -ENOMEM;
	t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (t->fd < 0 || timerfd_settime(t->fd, 0, &every, NULL))
		return -errno;
	return 0;
}

void timeline_close(struct timeline *t)
{
	if (t->fd >= 0)
		close(t->fd);
	view_close(t->view);
	free(t->rows);
	t->view = NULL;
	t->rows = NULL;
	t->fd = -1;
}

/* ---- reading ---- */

static uint64_t word_at(const struct timeline *t, gva_t va)
{
	uint64_t word = 0;

	return va && !view_read(t->view, va, &word, sizeof(word)) ? word : 0;
}

static gva_t zone_at(const struct timeline *t, unsigned int index)
{
	return t->root.zones.va + index * sizeof(struct zone);
}

static uint64_t pcp_pages_of(const struct timeline *t)
{
	uint32_t nr_cpus = t->root.nr_cpus < MMV_NR_CPUS ? t->root.nr_cpus : MMV_NR_CPUS;
	uint64_t sum = 0;

	for (uint64_t i = 0; i < (uint64_t)nr_cpus * MAX_NR_ZONES && t->root.pcp.va; i++)
		sum += (uint32_t)word_at(t, t->root.pcp.va + i * sizeof(struct per_cpu_pages) +
						    offsetof(struct per_cpu_pages, count));
	return sum;
}

/* Slots in use on all swap devices. */
static uint64_t swap_used(const struct timeline *t)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < MAX_SWAPFILES && t->root.swaps.va; i++) {
		gva_t si = t->root.swaps.va + i * sizeof(struct swap_info);

		if ((uint32_t)word_at(t, si + offsetof(struct swap_info, flags)) & SWP_USED)
			sum += (uint32_t)word_at(t, si + offsetof(struct swap_info, inuse_pages));
	}
	return sum;
}

/* Orders for which it is told how much of the free memory is of no use for a block of that size. */
static const unsigned int unusable_orders[] = {3, 6, 9};
#define NR_UNUSABLE (sizeof(unusable_orders) / sizeof(unusable_orders[0]))

/* Free pages by the order of the block they lie in (what was never touched counts as blocks of the largest), then, in
 * thousandths of all free pages, those that lie in too small blocks. */
static void read_orders(const struct timeline *t, uint64_t *row)
{
	uint64_t all = 0, below = 0;

	memset(row, 0, NR_PAGE_ORDERS * sizeof(*row));
	for (unsigned int i = 0; i < t->nr_zones; i++) {
		struct zone z;

		if (view_read(t->view, zone_at(t, t->zones[i].index), &z, sizeof(z)))
			continue;
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
			row[o] += z.free_area[o].nr_free << o;
		for (unsigned int f = 0; f < MMV_NR_FRESH && f < z.nr_fresh; f++)
			row[MAX_PAGE_ORDER] += z.fresh[f].end - z.fresh[f].start;
	}
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		all += row[o];
	for (unsigned int o = 0, n = 0; n < NR_UNUSABLE; o++) {
		if (o == unusable_orders[n])
			row[NR_PAGE_ORDERS + n++] = all && below <= all ? below * 1000 / all : 0;
		below += row[o];
	}
}

/* The series that are there besides the zones'. In the order of extra_names[]. */
static void read_extra(const struct timeline *t, uint64_t *row)
{
	row[0] = pcp_pages_of(t);
	row[1] = swap_used(t);
	row[2] = word_at(t, view_root_addr(t->view) + offsetof(struct mm_root, nr_mms));
	row[3] = t->root.oom.va ? word_at(t, t->root.oom.va + offsetof(struct mm_oom, kills)) : 0;
	row[4] = t->root.oom.va ? (uint32_t)word_at(t, t->root.oom.va + offsetof(struct mm_oom, victims)) : 0;
	read_orders(t, row + 5);
}

static const char *const extra_names[] = {
	"pcp",           "swap_used",        "address_spaces",   "oom_kills",       "oom_victims",
	"free_order_0",  "free_order_1",     "free_order_2",     "free_order_3",    "free_order_4",
	"free_order_5",  "free_order_6",     "free_order_7",     "free_order_8",    "free_order_9",
	"free_order_10", "unusable_order_3", "unusable_order_6", "unusable_order_9"};
#define NR_EXTRA (sizeof(extra_names) / sizeof(extra_names[0]))

static const char *const stat_names[] = NODE_STAT_NAMES, *const event_names[] = VM_EVENT_NAMES;

/* The node's counts of pages, then what happened, of all CPUs together. */
static void read_vmstat(const struct timeline *t, uint64_t *row)
{
	gva_t node = t->root.node.va;
	int64_t stat[NR_VM_NODE_STAT_ITEMS];
	struct vm_event_cpu events;
	gva_t at = node ? word_at(t, node + offsetof(struct pglist_data, events)) : 0;

	memset(row, 0, (NR_VM_NODE_STAT_ITEMS + NR_VM_EVENT_ITEMS) * sizeof(*row));
	if (!node || view_read(t->view, node + offsetof(struct pglist_data, stat), stat, sizeof(stat)))
		return;
	for (unsigned int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		row[i] = stat[i] > 0 ? (uint64_t)stat[i] : 0;
	for (unsigned int cpu = 0; at && cpu < t->root.nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		if (view_read(t->view, at + cpu * sizeof(events), &events, sizeof(events)))
			return;
		for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++)
			row[NR_VM_NODE_STAT_ITEMS + i] += events.event[i];
	}
}

_Static_assert(NR_EXTRA == 5 + NR_PAGE_ORDERS + NR_UNUSABLE, "a name for each");
_Static_assert(MAX_NR_ZONES + NR_EXTRA + NR_VM_NODE_STAT_ITEMS + NR_VM_EVENT_ITEMS <= TIMELINE_SERIES, "room for all");

/* Zones and names, once the guest has set them up. */
static bool begin(struct timeline *t)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		gva_t at = zone_at(t, i);
		struct timeline_zone *z = &t->zones[t->nr_zones];

		*z = (struct timeline_zone){.index = i,
					    .managed = word_at(t, at + offsetof(struct zone, managed_pages))};
		if (!z->managed)
			continue;
		snprintf(z->name, sizeof(z->name), "%s", zone_type_names[i]);
		for (unsigned int m = 0; m < NR_WMARK; m++)
			z->mark[m] = word_at(t, at + offsetof(struct zone, watermark) + m * sizeof(uint64_t));
		snprintf(t->zone_names[i], sizeof(t->zone_names[i]), "free.%s", z->name);
		t->names[t->nr_series++] = t->zone_names[i];
		t->nr_zones++;
	}
	if (!t->nr_zones)
		return false;
	for (unsigned int i = 0; i < NR_EXTRA; i++)
		t->names[t->nr_series++] = extra_names[i];
	for (unsigned int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		t->names[t->nr_series++] = stat_names[i];
	for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		t->names[t->nr_series++] = event_names[i];
	return true;
}

/* Through the kernel's own tables, which the view finds by where the kernel was loaded: no vCPU is asked. */
static bool look(struct timeline *t)
{
	struct view_region regions[RAM_MAX_SLOTS];
	gva_t root = atomic_load(&t->vm->root);
	const struct mm_root *r;
	char err[VIEW_ERR_MAX];

	if (t->nr_zones)
		return true;
	if (!root || !atomic_load(&t->vm->t_booted))
		return false;
	for (unsigned int i = 0; i < t->vm->ram.nr; i++) {
		const struct ram_slot *s = &t->vm->ram.slots[i];

		regions[i] = (struct view_region){s->region.gpa, s->region.size, s->host, s->fd, 0, s->region.is_ram};
	}
	view_close(t->view);
	t->view = view_open_regions(regions, t->vm->ram.nr, root, NULL, 0, t->vm->kernel, err);
	r = t->view ? view_root(t->view, NULL) : NULL;
	if (!r)
		return false;
	t->root = *r;
	return begin(t);
}

static void note_kills(struct timeline *t, uint64_t kills)
{
	/* What the ring does not hold any more is lost. */
	if (kills - t->seen_kills > OOM_EVENTS)
		t->seen_kills = kills - OOM_EVENTS;
	for (; t->seen_kills < kills && t->nr_kills < TIMELINE_KILLS; t->seen_kills++) {
		gva_t at = t->root.oom.va + offsetof(struct mm_oom, event) +
			   t->seen_kills % OOM_EVENTS * sizeof(struct oom_event);

		if (!view_read(t->view, at, &t->kills[t->nr_kills], sizeof(t->kills[0])))
			t->nr_kills++;
	}
}

static uint64_t *row_of(const struct timeline *t, unsigned int n)
{
	return t->rows + (size_t)n * (1 + TIMELINE_SERIES);
}

/* Every other sample goes, and half as many come from now on. */
static void thin_out(struct timeline *t)
{
	struct itimerspec every;

	for (unsigned int i = 0; i < t->nr / 2; i++)
		memcpy(row_of(t, i), row_of(t, 2 * i), (1 + TIMELINE_SERIES) * sizeof(*t->rows));
	t->dropped += t->nr - t->nr / 2;
	t->nr /= 2;
	t->interval_ns *= 2;
	every.it_interval.tv_sec = (time_t)(t->interval_ns / 1000000000UL);
	every.it_interval.tv_nsec = (long)(t->interval_ns % 1000000000UL);
	every.it_value = every.it_interval;
	timerfd_settime(t->fd, 0, &every, NULL);
}

void timeline_event(struct timeline *t)
{
	uint64_t expired, *row, from = atomic_load(&t->vm->t_start);
	unsigned int n = 0;

	if (t->fd < 0)
		return;
	if (read(t->fd, &expired, sizeof(expired)) < 0 && errno != EAGAIN)
		return;
	if (!look(t))
		return;
	if (t->nr == TIMELINE_SAMPLES)
		thin_out(t);
	row = row_of(t, t->nr++);
	row[n++] = vm_now() - from;
	for (unsigned int i = 0; i < t->nr_zones; i++)
		row[n++] = word_at(t, zone_at(t, t->zones[i].index) + offsetof(struct zone, nr_free));
	read_extra(t, row + n);
	read_vmstat(t, row + n + NR_EXTRA);
	note_kills(t, row[n + 3]);
}

/* ---- the file ---- */

static struct json_object *milliseconds(double ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", ms);
	return json_object_new_double_s(ms, text);
}

static struct json_object *number(uint64_t n)
{
	return json_object_new_int64(n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

static struct json_object *zones_json(const struct timeline *t)
{
	static const char *const marks[NR_WMARK] = {"min", "low", "high"};
	struct json_object *zones = json_object_new_array();

	for (unsigned int i = 0; i < t->nr_zones; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "name", json_object_new_string(t->zones[i].name));
		json_object_object_add(o, "managed", number(t->zones[i].managed));
		for (unsigned int m = 0; m < NR_WMARK; m++)
			json_object_object_add(o, marks[m], number(t->zones[i].mark[m]));
		json_object_array_add(zones, o);
	}
	return zones;
}

/* What stayed 0 all the time tells nothing. */
static bool ever(const struct timeline *t, unsigned int series)
{
	for (unsigned int i = 0; i < t->nr; i++)
		if (row_of(t, i)[1 + series])
			return true;
	return series < t->nr_zones;
}

static void samples_json(const struct timeline *t, struct json_object *top)
{
	struct json_object *names = json_object_new_array(), *samples = json_object_new_array();
	bool used[TIMELINE_SERIES] = {false};

	json_object_array_add(names, json_object_new_string("ms"));
	for (unsigned int s = 0; s < t->nr_series; s++) {
		used[s] = ever(t, s);
		if (used[s])
			json_object_array_add(names, json_object_new_string(t->names[s]));
	}
	for (unsigned int i = 0; i < t->nr; i++) {
		struct json_object *row = json_object_new_array();

		json_object_array_add(row, milliseconds((double)row_of(t, i)[0] / 1e6));
		for (unsigned int s = 0; s < t->nr_series; s++)
			if (used[s])
				json_object_array_add(row, number(row_of(t, i)[1 + s]));
		json_object_array_add(samples, row);
	}
	json_object_object_add(top, "series", names);
	json_object_object_add(top, "samples", samples);
}

static void add_text(struct json_object *o, const char *key, const char *text, size_t size)
{
	char clean[160];
	size_t n = 0;

	/* From the guest: it need not end, nor be text. */
	for (; n < size && n < sizeof(clean) - 1 && text[n]; n++)
		clean[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
	clean[n] = '\0';
	json_object_object_add(o, key, json_object_new_string(clean));
}

static struct json_object *kills_json(const struct timeline *t)
{
	struct json_object *kills = json_object_new_array();

	for (unsigned int i = 0; i < t->nr_kills; i++) {
		const struct oom_event *e = &t->kills[i];
		struct json_object *o = json_object_new_object();
		uint64_t ticks = e->tsc > t->root.tsc_entry ? e->tsc - t->root.tsc_entry : 0;

		json_object_object_add(o, "ms",
				       milliseconds(t->vm->tsc_hz ? (double)ticks * 1000 / (double)t->vm->tsc_hz : 0));
		add_text(o, "comm", e->comm, sizeof(e->comm));
		json_object_object_add(o, "pid", json_object_new_int(e->pid));
		json_object_object_add(o, "order", json_object_new_int(e->order));
		json_object_object_add(o, "gfp", number(e->gfp));
		json_object_object_add(o, "free", number(e->free));
		json_object_object_add(o, "rss", number(e->rss));
		json_object_object_add(o, "swap", number(e->swap));
		json_object_object_add(o, "tables", number(e->tables));
		json_object_array_add(kills, o);
	}
	return kills;
}

static struct json_object *tests_json(const struct timeline *t, const struct ktap *k)
{
	static const char *const status[] = {"ok", "failed", "skipped"};
	struct json_object *tests = json_object_new_array();
	uint64_t start = atomic_load(&t->vm->t_start);

	for (unsigned int i = 0; i < k->nr_results; i++) {
		const struct ktap_result *r = &k->results[i];
		struct json_object *o = json_object_new_object();
		double to = r->at_ns > start ? (double)(r->at_ns - start) / 1e6 : 0;

		json_object_object_add(o, "suite", json_object_new_string(r->suite));
		json_object_object_add(o, "name", json_object_new_string(r->name));
		json_object_object_add(o, "from", milliseconds(to > r->ms ? to - r->ms : 0));
		json_object_object_add(o, "to", milliseconds(to));
		json_object_object_add(o, "result", json_object_new_string(status[r->status]));
		json_object_array_add(tests, o);
	}
	return tests;
}

/*
 * {"version":1, "engine":…, "page_size":4096, "interval_ms":…, "dropped":…,
 *  "zones":[{"name":…,"managed":…,"min":…,"low":…,"high":…}], "series":["ms","free.DMA",…], "samples":[[…],…],
 *  "kills":[{"ms":…,"comm":…,"pid":…,"order":…,"gfp":…,"free":…,"rss":…,"swap":…,"tables":…}],
 *  "tests":[{"suite":…,"name":…,"from":…,"to":…,"result":"ok"}]}
 * Times are ms since the guest's first instruction, amounts are pages, events count since boot.
 */
int timeline_write(const struct timeline *t, const struct run_result *res, const char *path)
{
	struct json_object *top = json_object_new_object();
	FILE *f = fopen(path, "we");
	int err = f ? 0 : -errno;

	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(top, "engine", json_object_new_string(res->engine));
	json_object_object_add(top, "page_size", json_object_new_int(MMV_PAGE_SIZE));
	json_object_object_add(top, "interval_ms", milliseconds((double)t->interval_ns / 1e6));
	json_object_object_add(top, "dropped", json_object_new_int64(t->dropped));
	json_object_object_add(top, "zones", zones_json(t));
	samples_json(t, top);
	json_object_object_add(top, "kills", kills_json(t));
	json_object_object_add(top, "tests", tests_json(t, res->ktap));
	if (f) {
		fprintf(f, "%s\n",
			json_object_to_json_string_ext(top, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		err = ferror(f) ? -EIO : 0;
		if (fclose(f) && !err)
			err = -errno;
		if (err)
			unlink(path);
	}
	json_object_put(top);
	return err;
}

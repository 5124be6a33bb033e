// SPDX-License-Identifier: MIT
/*
 * reclaim.c - `mm-inspect vmstat`, `lru` and `swap`: what is counted, where the pages wait that can be got back, what is on disk.
 *
 * The numbers are those that the guest keeps; that they are right is what check proves. Nothing here follows a list.
 */
#include <json-c/json.h>
#include <string.h>

#include "tools/inspect/inspect.h"
#include "tools/view/view_impl.h"
#include "tools/view/vmstat.h"

static const char *const list_names[] = LRU_NAMES;
static const char *const batch_names[NR_LRU_BATCHES] = {"add", "activate", "deactivate", "rotate"};

static void put(struct json_object *o, const char *key, int64_t value)
{
	json_object_object_add(o, key, json_object_new_int64(value));
}

/* ---- vmstat ---- */

/* The lines of Linux's that are zones' here, before those of the node. */
static int zone_sums(const struct view *v, uint64_t *free, uint64_t *pcp, char *err)
{
	struct list_zone zones[MAX_NR_ZONES];
	int n = list_zones(v, zones, err);

	*free = *pcp = 0;
	for (int i = 0; i < n; i++) {
		*free += zones[i].nr_free;
		*pcp += zones[i].pcp_pages;
	}
	return n;
}

int cmd_vmstat(struct inspect *in, char *err)
{
	struct json_object *o = in->json ? json_object_new_object() : NULL;
	struct view_vmstat s;
	uint64_t free, pcp;

	if (!view_vmstat(in->view, &s) || zone_sums(in->view, &free, &pcp, err) < 0) {
		json_object_put(o);
		if (!err[0])
			view_err(err, "the guest counts nothing yet: try again when it has booted");
		return INSPECT_USAGE;
	}
	if (!o) {
		fprintf(in->out, "nr_free_pages %lu\nnr_pcp_pages %lu\n", free, pcp);
		for (unsigned int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
			fprintf(in->out, "%s %ld\n", view_node_stat_name(i), s.node[i]);
		for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++)
			fprintf(in->out, "%s %lu\n", view_vm_event_name(i), s.event[i]);
		return INSPECT_HOLDS;
	}
	put(o, "nr_free_pages", (int64_t)free);
	put(o, "nr_pcp_pages", (int64_t)pcp);
	for (unsigned int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		put(o, view_node_stat_name(i), s.node[i]);
	for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		put(o, view_vm_event_name(i), (int64_t)s.event[i]);
	inspect_json(in, o);
	return INSPECT_HOLDS;
}

/* ---- lru ---- */

static int read_node(const struct view *v, struct pglist_data *node, char *err)
{
	const struct mm_root *root = view_root(v, err);

	if (!root)
		return -1;
	if (!root->node.va || view_read(v, root->node.va, node, sizeof(*node))) {
		view_err(err, "the memory node cannot be read: try again when the guest has booted");
		return -1;
	}
	return 0;
}

/* Pages in the batches of all CPUs, by kind. */
static void count_batches(const struct view *v, const struct pglist_data *node, uint64_t nr[NR_LRU_BATCHES])
{
	const struct mm_root *root = view_root(v, NULL);

	for (unsigned int kind = 0; kind < NR_LRU_BATCHES; kind++)
		nr[kind] = 0;
	for (unsigned int cpu = 0; cpu < root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		struct lru_cpu l;

		if (view_read(v, node->lru_cpus.va + cpu * sizeof(l), &l, sizeof(l)))
			return;
		for (unsigned int kind = 0; kind < NR_LRU_BATCHES; kind++)
			nr[kind] += l.batch[kind].nr;
	}
}

/* What kswapd does, in words. */
static const char *kswapd_state(const struct pglist_data *node)
{
	if (!node->kswapd.va)
		return "there is none";
	if (node->kswapd_running)
		return "balances";
	return node->kswapd_highest < MAX_NR_ZONES ? "was woken" : "sleeps";
}

static void print_lru(struct inspect *in, const struct pglist_data *node, const uint64_t nr[NR_LRU_BATCHES])
{
	static const char *const zones[] = ZONE_NAMES;

	fprintf(in->out, "%-14s", "");
	for (unsigned int list = 0; list < NR_LRU_LISTS; list++)
		fprintf(in->out, " %14s", list_names[list]);
	fputc('\n', in->out);
	for (unsigned int z = 0; z < MAX_NR_ZONES; z++) {
		fprintf(in->out, "%-14s", zones[z]);
		for (unsigned int list = 0; list < NR_LRU_LISTS; list++)
			fprintf(in->out, " %14lu", node->lruvec.size[z][list]);
		fputc('\n', in->out);
	}
	fprintf(in->out, "%-14s", "all");
	for (unsigned int list = 0; list < NR_LRU_LISTS; list++)
		fprintf(in->out, " %14ld", node->stat[list]);
	fprintf(in->out, "\nisolated       anon %ld, file %ld\nbatches       ", node->stat[NR_ISOLATED_ANON],
		node->stat[NR_ISOLATED_FILE]);
	for (unsigned int kind = 0; kind < NR_LRU_BATCHES; kind++)
		fprintf(in->out, "%s %s %lu", kind ? "," : "", batch_names[kind], nr[kind]);
	fprintf(in->out, "\ncost           anon %lu, file %lu\nage            %lu\n", node->lruvec.cost[0],
		node->lruvec.cost[1], node->lruvec.nonresident_age);
	fprintf(in->out, "refaults       anon %ld, file %ld; activated anon %ld, file %ld\n",
		node->stat[WORKINGSET_REFAULT_ANON], node->stat[WORKINGSET_REFAULT_FILE],
		node->stat[WORKINGSET_ACTIVATE_ANON], node->stat[WORKINGSET_ACTIVATE_FILE]);
	fprintf(in->out, "kswapd         %s; order %u, %u runs in a row without success\nthrottled      %u threads\n",
		kswapd_state(node), node->kswapd_order, node->kswapd_failures, node->nr_throttled);
}

static struct json_object *json_lru(const struct pglist_data *node, const uint64_t nr[NR_LRU_BATCHES])
{
	static const char *const zones[] = ZONE_NAMES;
	struct json_object *o = json_object_new_object(), *sizes = json_object_new_object(),
			   *batches = json_object_new_object(), *kswapd = json_object_new_object();

	for (unsigned int z = 0; z < MAX_NR_ZONES; z++) {
		struct json_object *lists = json_object_new_object();

		for (unsigned int list = 0; list < NR_LRU_LISTS; list++)
			put(lists, list_names[list], (int64_t)node->lruvec.size[z][list]);
		json_object_object_add(sizes, zones[z], lists);
	}
	json_object_object_add(o, "pages", sizes);
	put(o, "isolated_anon", node->stat[NR_ISOLATED_ANON]);
	put(o, "isolated_file", node->stat[NR_ISOLATED_FILE]);
	for (unsigned int kind = 0; kind < NR_LRU_BATCHES; kind++)
		put(batches, batch_names[kind], (int64_t)nr[kind]);
	json_object_object_add(o, "batches", batches);
	put(o, "cost_anon", (int64_t)node->lruvec.cost[0]);
	put(o, "cost_file", (int64_t)node->lruvec.cost[1]);
	put(o, "age", (int64_t)node->lruvec.nonresident_age);
	json_object_object_add(kswapd, "state", json_object_new_string(kswapd_state(node)));
	put(kswapd, "order", node->kswapd_order);
	put(kswapd, "failures", node->kswapd_failures);
	json_object_object_add(o, "kswapd", kswapd);
	put(o, "throttled", node->nr_throttled);
	return o;
}

int cmd_lru(struct inspect *in, char *err)
{
	uint64_t nr[NR_LRU_BATCHES];
	struct pglist_data node;

	if (read_node(in->view, &node, err))
		return INSPECT_USAGE;
	count_batches(in->view, &node, nr);
	if (in->json)
		inspect_json(in, json_lru(&node, nr));
	else
		print_lru(in, &node, nr);
	return INSPECT_HOLDS;
}

/* ---- swap ---- */

static void put_swap(struct inspect *in, struct json_object *list, const struct swap_info *s)
{
	struct json_object *o;

	if (!list) {
		fprintf(in->out, "%-8.8s %10lu %10lu %8u %8u/%-8u %8lu %8lu %6lu %6lu\n", s->name, s->pages * 4UL,
			s->inuse_pages * 4UL, s->nr_cached, s->nr_free_clusters, s->nr_clusters, s->nr_reads,
			s->nr_writes, s->nr_read_errors, s->nr_write_errors);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "name", json_object_new_string_len(s->name, (int)strnlen(s->name, sizeof(s->name))));
	put(o, "slots", s->pages);
	put(o, "used", s->inuse_pages);
	put(o, "cached", s->nr_cached);
	put(o, "clusters", s->nr_clusters);
	put(o, "free_clusters", s->nr_free_clusters);
	put(o, "reads", (int64_t)s->nr_reads);
	put(o, "writes", (int64_t)s->nr_writes);
	put(o, "read_errors", (int64_t)s->nr_read_errors);
	put(o, "write_errors", (int64_t)s->nr_write_errors);
	json_object_array_add(list, o);
}

int cmd_swap(struct inspect *in, char *err)
{
	const struct mm_root *root = view_root(in->view, err);
	struct json_object *list;

	if (!root)
		return INSPECT_USAGE;
	list = in->json ? json_object_new_array() : NULL;
	if (!list)
		fprintf(in->out, "%-8s %10s %10s %8s %17s %8s %8s %13s\n", "device", "kB", "used kB", "cached",
			"free clusters/all", "reads", "writes", "errors r    w");
	for (unsigned int i = 0; i < MAX_SWAPFILES && root->swaps.va; i++) {
		struct swap_info s;

		if (view_read(in->view, root->swaps.va + i * sizeof(s), &s, sizeof(s))) {
			view_err(err, "swap device %u: no memory is mapped at %#lx", i, root->swaps.va + i * sizeof(s));
			json_object_put(list);
			return INSPECT_USAGE;
		}
		for (size_t k = 0; k < sizeof(s.name) && s.name[k]; k++)
			s.name[k] = s.name[k] > ' ' && s.name[k] <= '~' ? s.name[k] : '?';
		if (s.flags & SWP_USED)
			put_swap(in, list, &s);
	}
	if (list)
		inspect_json(in, list);
	return INSPECT_HOLDS;
}

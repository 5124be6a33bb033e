// SPDX-License-Identifier: MIT
/*
 * bt.c - mm-inspect bt: registers and backtrace of every vCPU, or of one, or of one thread.
 *
 * A vCPU's backtrace needs no structure of the guest but its page tables: it is there also when the guest died before it had any.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/inspect.h"
#include "tools/view/thread.h"

struct trace {
	struct inspect *in;
	struct json_object *list; /* NULL: as text */
	unsigned int frames;
};

static bool add_frame(void *ctx, gva_t pc)
{
	struct trace *t = ctx;
	char text[256], hex[24];

	inspect_name(t->in->symbols, pc, t->frames > 0, text, sizeof(text));
	if (t->list) {
		struct json_object *o = json_object_new_object();

		snprintf(hex, sizeof(hex), "%#" PRIx64, pc);
		json_object_object_add(o, "address", json_object_new_string(hex));
		json_object_object_add(o, "symbol", json_object_new_string(text));
		json_object_array_add(t->list, o);
	} else {
		fprintf(t->in->out, "#%-2u [<%016" PRIx64 ">] %s\n", t->frames, pc, text);
	}
	t->frames++;
	return true;
}

/* ---- a vCPU ---- */

#define REGS_A_LINE 4

static void print_regs(FILE *out, const struct guest_regs *g)
{
	unsigned int n = 0;

#define PRINT_REG(name)                                                                                                \
	fprintf(out, "%s%-8s %016" PRIx64, n % REGS_A_LINE ? "  " : n ? "\n    " : "    ", #name, (uint64_t)g->name);  \
	n++;
	GUEST_REGS(PRINT_REG)
#undef PRINT_REG
	fputc('\n', out);
}

static struct json_object *json_regs(const struct guest_regs *g)
{
	struct json_object *o = json_object_new_object();
	char hex[24];

#define PUT_REG(name)                                                                                                  \
	snprintf(hex, sizeof(hex), "0x%" PRIx64, (uint64_t)g->name);                                                   \
	json_object_object_add(o, #name, json_object_new_string(hex));
	GUEST_REGS(PUT_REG)
#undef PUT_REG
	return o;
}

static void print_cpu(struct inspect *in, unsigned int cpu)
{
	const struct guest_regs *g = view_regs(in->view, cpu);
	bool crashed = view_crashed_cpu(in->view) == (int)cpu;
	struct trace t = {in, NULL, 0};
	struct view_thread thread;
	char context[128];

	fprintf(in->out, "vCPU %u%s", cpu, crashed ? " (crashed)" : "");
	if (!view_cpu_thread(in->view, cpu, &thread))
		fprintf(in->out, "  %s/%d  in %s", thread.name, thread.task.pid,
			thread_context(&thread, context, sizeof(context)));
	fputc('\n', in->out);
	print_regs(in->out, g);
	view_backtrace(in->view, g, add_frame, &t);
}

static struct json_object *json_cpu(struct inspect *in, unsigned int cpu)
{
	struct json_object *o = json_object_new_object();
	struct trace t = {in, json_object_new_array(), 0};
	struct view_thread thread;
	char context[128];

	json_object_object_add(o, "cpu", json_object_new_int((int)cpu));
	json_object_object_add(o, "crashed", json_object_new_boolean(view_crashed_cpu(in->view) == (int)cpu));
	if (!view_cpu_thread(in->view, cpu, &thread)) {
		json_object_object_add(o, "thread", json_object_new_string(thread.name));
		json_object_object_add(o, "pid", json_object_new_int(thread.task.pid));
		json_object_object_add(o, "context",
				       json_object_new_string(thread_context(&thread, context, sizeof(context))));
	}
	json_object_object_add(o, "registers", json_regs(view_regs(in->view, cpu)));
	view_backtrace(in->view, view_regs(in->view, cpu), add_frame, &t);
	json_object_object_add(o, "stack", t.list);
	return o;
}

/* ---- what was asked for ---- */

/* @only: a vCPU, or -1 for all. */
static int show_cpus(struct inspect *in, int only)
{
	unsigned int nr = view_nr_cpus(in->view);
	struct json_object *list = json_object_new_array();

	for (unsigned int cpu = 0; cpu < nr; cpu++) {
		if (only >= 0 && cpu != (unsigned int)only)
			continue;
		if (in->json)
			json_object_array_add(list, json_cpu(in, cpu));
		else
			print_cpu(in, cpu);
		if (!in->json && only < 0 && cpu + 1 < nr)
			fputc('\n', in->out);
	}
	if (in->json) {
		struct json_object *o = json_object_new_object();

		if (view_reason(in->view)[0])
			json_object_object_add(o, "reason", json_object_new_string(view_reason(in->view)));
		json_object_object_add(o, "cpus", json_object_get(list));
		inspect_json(in, o);
	}
	json_object_put(list);
	return INSPECT_HOLDS;
}

static int show_thread(struct inspect *in, long pid, char *err)
{
	struct thread_names names = {in->symbols ? inspect_name : NULL, in->symbols};
	struct view_threads all;
	int found = INSPECT_USAGE;

	if (view_threads_read(in->view, &all, true, err))
		return INSPECT_USAGE;
	for (unsigned int i = 0; i < all.nr && found == INSPECT_USAGE; i++) {
		/* Each CPU's idle thread has number 0. */
		if (all.at[i].task.pid != pid)
			continue;
		if (in->json)
			inspect_json(in, json_thread(&all.at[i], &names));
		else
			print_thread(&all.at[i], &names, true, in->out);
		found = INSPECT_HOLDS;
	}
	if (found == INSPECT_USAGE)
		snprintf(err, VIEW_ERR_MAX, "no thread has number %ld: see threads", pid);
	view_threads_free(&all);
	return found;
}

int cmd_bt(struct inspect *in, char *err)
{
	bool cpu = in->arg && !strncmp(in->arg, "cpu", 3);
	char *end = NULL;
	long n = in->arg ? strtol(in->arg + (cpu ? 3 : 0), &end, 10) : -1;

	if (in->arg && (end == in->arg + (cpu ? 3 : 0) || *end || n < 0)) {
		snprintf(err, VIEW_ERR_MAX, "'%.40s': give the number of a thread, or cpuN", in->arg);
		return INSPECT_USAGE;
	}
	if (!view_nr_cpus(in->view)) {
		snprintf(err, VIEW_ERR_MAX, "there are no registers in it");
		return INSPECT_USAGE;
	}
	if (cpu && n >= (long)view_nr_cpus(in->view)) {
		snprintf(err, VIEW_ERR_MAX, "the guest has vCPUs 0 to %u", view_nr_cpus(in->view) - 1);
		return INSPECT_USAGE;
	}
	return in->arg && !cpu ? show_thread(in, n, err) : show_cpus(in, (int)n);
}

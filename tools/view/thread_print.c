// SPDX-License-Identifier: MIT
/*
 * thread_print.c - threads as text and as JSON. See thread.h.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "tools/view/thread.h"

#define PREEMPT_BITS 0x000000ff
#define SERVING_SOFTIRQ 0x00000100
#define BH_BITS 0x0000fe00
#define HARDIRQ_BITS 0x000f0000
#define NMI_BITS 0x00f00000

const char *thread_state(const struct view_thread *t)
{
	uint32_t state = t->task.__state;

	if (t->running >= 0)
		return "running";
	if (state & TASK_DEAD)
		return "dead";
	if (state & TASK_NEW)
		return "new";
	if (t->task.on_rq || state == TASK_RUNNING)
		return "runnable";
	if (state & TASK_WAKING)
		return "waking";
	if (state & TASK_PARKED)
		return "parked";
	if (state & TASK_WAKEKILL)
		return "waiting (killable)";
	return state & TASK_UNINTERRUPTIBLE ? "waiting" : "sleeping";
}

char *thread_context(const struct view_thread *t, char *buf, size_t size)
{
	uint32_t c = t->preempt_count;

	snprintf(buf, size, "%s%s%s%s",
		 c & NMI_BITS          ? "NMI"
		 : c & HARDIRQ_BITS    ? "hard interrupt"
		 : c & SERVING_SOFTIRQ ? "softirq"
				       : "task",
		 c & PREEMPT_BITS ? ", preemption off" : "", c & BH_BITS ? ", softirqs off" : "",
		 t->irqs_off ? ", interrupts off" : "");
	return buf;
}

static void name_addr(const struct thread_names *n, gva_t addr, bool is_return, char *buf, size_t size)
{
	if (n && n->name)
		n->name(n->ctx, addr, is_return, buf, size);
	else
		snprintf(buf, size, "%#" PRIx64, addr);
}

/* A class without a name is called "[<address>]" of the lock, or of who took it first. */
static void name_class(const struct thread_names *n, const char *class, char *buf, size_t size)
{
	unsigned long addr;
	char end;

	if (sscanf(class, "[<%16lx>%c", &addr, &end) == 2 && end == ']')
		name_addr(n, addr, false, buf, size);
	else
		snprintf(buf, size, "%s", class);
}

static const char *level_name(unsigned int level)
{
	static const char *const names[] = {"", ", by a softirq", ", by a hard interrupt", ", by an NMI"};

	return names[level & 3];
}

static void print_held(const struct view_thread *t, const struct thread_names *n, FILE *out)
{
	char class[256], where[256];

	for (unsigned int i = 0; i < t->nr_held; i++) {
		const struct view_lock *l = &t->held[i];

		name_class(n, l->name, class, sizeof(class));
		name_addr(n, l->ip, true, where, sizeof(where));
		fprintf(out, "  %s %s (%#" PRIx64 ")%s%s, %s %s\n", l->flags & HELD_WAITS ? "waits for" : "holds",
			class, l->addr, l->flags & HELD_READ ? " for reading" : "", level_name(l->level),
			l->flags & HELD_WAITS ? "at" : "taken at", where);
	}
}

void print_thread(const struct view_thread *t, const struct thread_names *n, bool stack, FILE *out)
{
	char text[256];

	fprintf(out, "%s/%d  %s", t->name, t->task.pid, thread_state(t));
	if (t->task.cpu < MMV_NR_CPUS)
		fprintf(out, " on CPU %u", t->task.cpu);
	if (t->running >= 0)
		fprintf(out, "  in %s (preempt count %#x)", thread_context(t, text, sizeof(text)), t->preempt_count);
	fprintf(out, "  task %#" PRIx64 "\n", t->addr);
	print_held(t, n, out);
	for (unsigned int i = 0; stack && i < t->nr_stack; i++) {
		name_addr(n, t->stack[i], i > 0 || t->running < 0, text, sizeof(text));
		fprintf(out, "  [<%016" PRIx64 ">] %s\n", t->stack[i], text);
	}
}

int print_threads(const struct view *v, const struct thread_names *n, FILE *out, char *err)
{
	struct view_threads t;

	if (view_threads_read(v, &t, true, err))
		return -1;
	for (unsigned int i = 0; i < t.nr; i++)
		print_thread(&t.at[i], n, true, out);
	if (t.damage[0])
		fprintf(out, "%s\n", t.damage);
	view_threads_free(&t);
	return 0;
}

static struct json_object *json_hex(gva_t addr)
{
	char text[24];

	snprintf(text, sizeof(text), "%#" PRIx64, addr);
	return json_object_new_string(text);
}

static struct json_object *json_place(const struct thread_names *n, gva_t addr, bool is_return)
{
	struct json_object *o = json_object_new_object();
	char text[256];

	name_addr(n, addr, is_return, text, sizeof(text));
	json_object_object_add(o, "address", json_hex(addr));
	json_object_object_add(o, "symbol", json_object_new_string(text));
	return o;
}

static struct json_object *json_held(const struct view_thread *t, const struct thread_names *n)
{
	struct json_object *list = json_object_new_array();
	char text[256];

	for (unsigned int i = 0; i < t->nr_held; i++) {
		struct json_object *o = json_object_new_object();

		name_class(n, t->held[i].name, text, sizeof(text));
		json_object_object_add(o, "class", json_object_new_string(text));
		json_object_object_add(o, "lock", json_hex(t->held[i].addr));
		json_object_object_add(o, "waits", json_object_new_boolean(!!(t->held[i].flags & HELD_WAITS)));
		json_object_object_add(o, "level", json_object_new_int((int)t->held[i].level));
		json_object_object_add(o, "taken_at", json_place(n, t->held[i].ip, true));
		json_object_array_add(list, o);
	}
	return list;
}

struct json_object *json_thread(const struct view_thread *t, const struct thread_names *n)
{
	struct json_object *o = json_object_new_object(), *stack = json_object_new_array();
	char text[128];

	json_object_object_add(o, "name", json_object_new_string(t->name));
	json_object_object_add(o, "pid", json_object_new_int(t->task.pid));
	json_object_object_add(o, "task", json_hex(t->addr));
	json_object_object_add(o, "state", json_object_new_string(thread_state(t)));
	json_object_object_add(o, "cpu", json_object_new_int64(t->task.cpu));
	json_object_object_add(o, "flags", json_object_new_int64(t->task.flags));
	json_object_object_add(o, "switches", json_object_new_uint64(t->task.switches));
	if (t->running >= 0) {
		json_object_object_add(o, "context", json_object_new_string(thread_context(t, text, sizeof(text))));
		json_object_object_add(o, "preempt_count", json_object_new_int64(t->preempt_count));
	}
	for (unsigned int i = 0; i < t->nr_stack; i++)
		json_object_array_add(stack, json_place(n, t->stack[i], i > 0 || t->running < 0));
	json_object_object_add(o, "stack", stack);
	json_object_object_add(o, "held", json_held(t, n));
	return o;
}

struct json_object *json_threads(const struct view *v, const struct thread_names *n, char *err)
{
	struct json_object *o, *list;
	struct view_threads t;

	if (view_threads_read(v, &t, true, err))
		return NULL;
	o = json_object_new_object();
	list = json_object_new_array();
	for (unsigned int i = 0; i < t.nr; i++)
		json_object_array_add(list, json_thread(&t.at[i], n));
	json_object_object_add(o, "threads", list);
	if (t.damage[0])
		json_object_object_add(o, "damage", json_object_new_string(t.damage));
	view_threads_free(&t);
	return o;
}

// SPDX-License-Identifier: MIT
/*
 * control_verbs.c - what can be asked on the control socket: one table (protocol: shared/control.h).
 *
 * A verb fills in a reply, or says in one sentence why not. Everything runs in the thread that waits for the run's end; what vCPUs
 * and devices write is read with them paused, under their lock, or atomically.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/view/view.h"
#include "vmm/control.h"
#include "vmm/core.h"
#include "vmm/irq.h"
#include "vmm/klog.h"
#include "vmm/ktap.h"
#include "vmm/report.h"
#include "vmm/vm.h"

#define MAX_DEPTH 4
#define WHY_SIZE 256

/**
 * struct request - one of them
 * @out: the reply
 * @with_fds: the reply carries the descriptors of the guest's memory
 */
struct request {
	struct control *c;
	struct control_client *cl;
	struct json_object *in, *out;
	bool with_fds;
	char *why;
};

static void put(struct json_object *o, const char *name, uint64_t x)
{
	json_object_object_add(o, name, json_object_new_uint64(x));
}

static void put_ms(struct json_object *o, const char *name, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", (double)ns / 1e6);
	json_object_object_add(o, name, json_object_new_double_s((double)ns / 1e6, text));
}

static void put_hex(struct json_object *o, const char *name, uint64_t x)
{
	char text[24];

	snprintf(text, sizeof(text), "%#" PRIx64, x);
	json_object_object_add(o, name, json_object_new_string(x ? text : "0x0"));
}

static void put_text(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, json_object_new_string(text));
}

static int refuse(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct request *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, WHY_SIZE, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* The guest's bytes need not be UTF-8, but a reply is. */
static void put_guest_text(struct json_object *o, const char *name, const char *text)
{
	char *copy = strdup(text);

	for (char *p = copy; p && *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	put_text(o, name, copy ? copy : "");
	free(copy);
}

/* ---- members of a request ---- */

static const char *text_member(const struct request *r, const char *name)
{
	struct json_object *o;
	const char *text;

	if (!json_object_object_get_ex(r->in, name, &o) || !json_object_is_type(o, json_type_string))
		return NULL;
	text = json_object_get_string(o);
	/* "quit\u0000" is not "quit". */
	return strlen(text) == (size_t)json_object_get_string_len(o) ? text : NULL;
}

static bool has_member(const struct request *r, const char *name)
{
	return json_object_object_get_ex(r->in, name, NULL);
}

/* A whole number in [0, max]; absent: @value stays. */
static int number_member(struct request *r, const char *name, uint64_t max, uint64_t *value)
{
	struct json_object *o;
	int64_t x;

	if (!json_object_object_get_ex(r->in, name, &o))
		return 0;
	x = json_object_is_type(o, json_type_int) ? json_object_get_int64(o) : -1;
	if (x < 0 || (uint64_t)x > max)
		return refuse(r, "\"%s\": give a whole number from 0 to %" PRIu64, name, max);
	*value = (uint64_t)x;
	return 0;
}

/* ---- status, pause, resume ---- */

static uint64_t uptime(const struct vm *vm)
{
	uint64_t start = atomic_load(&vm->t_start);

	return start ? vm_now() - start : 0;
}

static void put_results(struct request *r)
{
	struct console *console = &r->c->vm->console;
	const struct ktap *k = r->c->ktap;
	struct json_object *tests = json_object_new_object();
	char where[160];

	pthread_mutex_lock(&console->lock);
	put(tests, "passed", k->passed);
	put(tests, "failed", k->failed);
	put(tests, "skipped", k->skipped);
	ktap_where(k, where, sizeof(where));
	pthread_mutex_unlock(&console->lock);
	json_object_object_add(r->out, "tests", tests);
	put_guest_text(r->out, "where", where);
}

static struct json_object *json_modules(const struct run_config *cfg)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < cfg->nr_modules; i++) {
		char *path = realpath(cfg->modules[i], NULL);

		if (path)
			json_object_array_add(list, json_object_new_string(path));
		free(path);
	}
	return list;
}

static int do_status(struct request *r)
{
	const struct vm *vm = r->c->vm;
	uint64_t ram = 0;

	for (unsigned int i = 0; i < vm->ram.nr; i++)
		ram += vm->ram.slots[i].region.is_ram ? vm->ram.slots[i].region.size : 0;
	put(r->out, "protocol", CTL_VERSION);
	put(r->out, "pid", (uint64_t)getpid());
	put_text(r->out, "state",
		 r->c->pauses                 ? "paused"
		 : atomic_load(&vm->t_done)   ? "ending"
		 : atomic_load(&vm->t_booted) ? "running"
					      : "booting");
	put(r->out, "pauses", r->c->pauses);
	put_text(r->out, "engine", vm->host.engine);
	put_text(r->out, "kernel", vm->kernel);
	json_object_object_add(r->out, "modules", json_modules(vm->cfg));
	put(r->out, "cpus", vm->nr_cpus);
	put(r->out, "ram_bytes", ram);
	put_hex(r->out, "root", atomic_load(&vm->root));
	put(r->out, "seed", vm->cfg->seed);
	put_ms(r->out, "uptime_ms", uptime(vm));
	put_ms(r->out, "paused_ms", control_paused_ns(r->c));
	put_results(r);
	return 0;
}

static int do_pause(struct request *r)
{
	control_pause(r->cl);
	put(r->out, "pauses", r->c->pauses);
	put_hex(r->out, "root", atomic_load(&r->c->vm->root));
	put_ms(r->out, "stop_ms", r->c->stop_ns);
	return 0;
}

static int do_resume(struct request *r)
{
	if (!r->cl->pauses)
		return refuse(r, "this connection has not paused the guest");
	control_resume(r->cl);
	put(r->out, "pauses", r->c->pauses);
	put_ms(r->out, "paused_ms", control_paused_ns(r->c));
	return 0;
}

/* ---- memory and registers ---- */

static int do_fds(struct request *r)
{
	struct json_object *list = json_object_new_array();
	const struct ram *ram = &r->c->vm->ram;

	for (unsigned int i = 0; i < ram->nr; i++) {
		const struct mem_region *m = &ram->slots[i].region;
		struct json_object *o = json_object_new_object();

		put_hex(o, "gpa", m->gpa);
		put(o, "bytes", m->size);
		put(o, "offset", m->offset);
		json_object_object_add(o, "ram", json_object_new_boolean(m->is_ram != 0));
		json_object_array_add(list, o);
	}
	json_object_object_add(r->out, "regions", list);
	r->with_fds = true;
	return 0;
}

static struct json_object *json_regs(const struct guest_regs *g)
{
	struct json_object *o = json_object_new_object();

#define PUT_REG(name) put_hex(o, #name, g->name);
	GUEST_REGS(PUT_REG)
#undef PUT_REG
	return o;
}

static int do_regs(struct request *r)
{
	struct json_object *list;
	struct vm *vm = r->c->vm;

	if (!r->c->pauses)
		return refuse(r, "the guest runs: pause it first");
	list = json_object_new_array();
	json_object_object_add(r->out, "cpus", list);
	for (unsigned int i = 0; i < vm->nr_cpus; i++) {
		struct guest_regs regs;
		int err = vcpu_regs(&vm->cpus[i], &regs);

		if (err)
			return refuse(r, "vCPU %u: %s", i, strerror(-err));
		json_object_array_add(list, json_regs(&regs));
	}
	return 0;
}

/* ---- log ---- */

static void put_line(void *ctx, uint64_t number, const struct klog_line *l)
{
	struct json_object *list = ctx, *o = json_object_new_object();

	put(o, "n", number);
	put_ms(o, "ms", l->ns);
	put_guest_text(o, "text", l->text);
	json_object_array_add(list, o);
}

static int do_log(struct request *r)
{
	struct json_object *list = json_object_new_array();
	uint64_t from = 0;
	int err = number_member(r, "from", INT64_MAX, &from);

	json_object_object_add(r->out, "lines", list);
	if (!err)
		put(r->out, "next", klog_each(&r->c->vm->klog, from, put_line, list));
	return err;
}

/* ---- snapshot ---- */

static int write_snapshot(struct request *r, const char *path)
{
	struct vm *vm = r->c->vm;
	struct view *view;
	uint64_t start;
	int err;

	start = vm_now();
	control_pause(r->cl);
	view = symbols_view(vm, NULL);
	err = core_write(vm, view, path, "a snapshot of a running guest");
	view_close(view);
	control_resume(r->cl);
	put_ms(r->out, "paused_ms", vm_now() - start);
	return err;
}

static int do_snapshot(struct request *r)
{
	const char *path = text_member(r, "file");
	struct stat st;
	int err;

	if (!path || !*path)
		return refuse(r, "\"file\": say where to write the core");
	/* A pipe would keep us waiting for its reader, with the guest paused. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return refuse(r, "%.120s: not a regular file", path);
	err = write_snapshot(r, path);
	if (err < 0)
		return refuse(r, "%.120s: %s", path, strerror(-err));
	put_text(r->out, "file", path);
	json_object_object_add(r->out, "complete", json_object_new_boolean(!err));
	if (!stat(path, &st)) {
		put(r->out, "bytes", (uint64_t)st.st_size);
		put(r->out, "stored", (uint64_t)st.st_blocks * 512);
	}
	return 0;
}

/* ---- interrupts ---- */

static int inject_line(struct request *r, const char *name)
{
	char known[16];

	for (unsigned int line = 0; line < IRQ_LINES; line++) {
		if (strcmp(irq_line_name(line, known, sizeof(known)), name))
			continue;
		return irq_fire(r->c->vm, line) ? refuse(r, "%s: the guest has not asked for this interrupt", name) : 0;
	}
	return refuse(r, "\"line\": no device has one called '%.40s': see \"stats\"", name);
}

static int inject_vector(struct request *r)
{
	uint64_t cpu = UINT64_MAX, vector = 0;
	bool nmi = has_member(r, "nmi");
	int err = number_member(r, "cpu", r->c->vm->nr_cpus - 1, &cpu);

	if (!err)
		err = number_member(r, "vector", 255, &vector);
	if (err)
		return err;
	if (cpu == UINT64_MAX || nmi == (vector != 0))
		return refuse(r, "say \"line\": NAME, or \"cpu\": N and one of \"vector\": N and \"nmi\": true");
	if (!nmi && vector < IRQ_FIRST_VECTOR)
		return refuse(r, "\"vector\": %" PRIu64 " is an exception's: interrupts begin at %d", vector,
			      IRQ_FIRST_VECTOR);
	err = irq_send(r->c->vm, (unsigned int)cpu, nmi ? IRQ_NMI : (unsigned int)vector);
	return err ? refuse(r, "KVM does not take it: %s", strerror(-err)) : 0;
}

static int do_inject(struct request *r)
{
	const char *line = text_member(r, "line");

	return line ? inject_line(r, line) : inject_vector(r);
}

/* ---- stats ---- */

static struct json_object *pause_stats(const struct control *c)
{
	struct json_object *o = json_object_new_object();

	put(o, "count", c->nr_pauses);
	put_ms(o, "total_ms", control_paused_ns(c));
	put_ms(o, "longest_ms", c->max_paused_ns);
	put_ms(o, "stop_ms", c->stop_ns);
	put_ms(o, "longest_stop_ms", c->max_stop_ns);
	return o;
}

static struct json_object *cpu_stats(const struct vm *vm)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < vm->nr_cpus; i++) {
		struct json_object *o = json_object_new_object();

		put(o, "exits", atomic_load_explicit(&vm->cpus[i].exits, memory_order_relaxed));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *line_stats(struct vm *vm)
{
	struct json_object *list = json_object_new_array();
	char name[16];

	pthread_mutex_lock(&vm->irq_lock);
	for (unsigned int i = 0; i < IRQ_LINES; i++) {
		struct json_object *o;

		if (!vm->msi[i].armed)
			continue;
		o = json_object_new_object();
		put_text(o, "line", irq_line_name(i, name, sizeof(name)));
		put(o, "cpu", irq_msi_cpu(&vm->msi[i]));
		put(o, "vector", vm->msi[i].data & 0xff);
		json_object_array_add(list, o);
	}
	pthread_mutex_unlock(&vm->irq_lock);
	return list;
}

static int do_stats(struct request *r)
{
	struct vm *vm = r->c->vm;

	put_ms(r->out, "uptime_ms", uptime(vm));
	json_object_object_add(r->out, "pauses", pause_stats(r->c));
	json_object_object_add(r->out, "cpus", cpu_stats(vm));
	put(r->out, "log_lines", klog_next(&vm->klog));
	json_object_object_add(r->out, "interrupts", line_stats(vm));
	/* Devices count while they are inside the gate. */
	vm_pause(vm);
	json_object_object_add(r->out, "dma", dma_json(vm));
	json_object_object_add(r->out, "disks", report_disks(vm));
	vm_resume(vm);
	put(r->out, "refused_connections", r->c->refused);
	put(r->out, "turned_away_connections", r->c->turned_away);
	return 0;
}

static int do_quit(struct request *r)
{
	vm_end(r->c->vm, END_QUIT, ~0U, "ended by quit on the control socket");
	return 0;
}

/* ---- requests and replies ---- */

static const struct verb {
	const char *name;
	int (*run)(struct request *r);
} verbs[] = {
	{"status", do_status}, {"pause", do_pause},       {"resume", do_resume}, {"fds", do_fds},     {"regs", do_regs},
	{"log", do_log},       {"snapshot", do_snapshot}, {"inject", do_inject}, {"stats", do_stats}, {"quit", do_quit},
};

static int run_verb(struct request *r)
{
	const char *cmd = text_member(r, "cmd");

	if (!cmd)
		return refuse(r, "\"cmd\": say what is wanted");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(cmd, verbs[i].name))
			continue;
		put_text(r->out, "cmd", cmd);
		return verbs[i].run(r);
	}
	return refuse(
		r,
		"no command '%.40s': there are status, pause, resume, fds, regs, log, snapshot, inject, stats and "
		"quit",
		cmd);
}

/* Return: the object in @line, or NULL and the reason in @why. */
static struct json_object *parse(const char *line, size_t len, char *why)
{
	struct json_tokener *tok;
	struct json_object *o = NULL;

	if (!line) {
		snprintf(why, WHY_SIZE, "a line of more than %d bytes", CTL_LINE_MAX);
		return NULL;
	}
	tok = json_tokener_new_ex(MAX_DEPTH);
	if (tok) {
		json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		/* With the 0 behind it: a number at the end is complete. */
		o = len < CTL_LINE_MAX ? json_tokener_parse_ex(tok, line, (int)len + 1) : NULL;
		if (json_tokener_get_parse_end(tok) < len) {
			json_object_put(o);
			o = NULL;
		}
		json_tokener_free(tok);
	}
	if (json_object_is_type(o, json_type_object))
		return o;
	json_object_put(o);
	snprintf(why, WHY_SIZE, "a request is a JSON object in one line, such as {\"cmd\": \"status\"}");
	return NULL;
}

static void copy_id(const struct request *r)
{
	struct json_object *id;

	if (json_object_object_get_ex(r->in, "id", &id) &&
	    (json_object_is_type(id, json_type_string) || json_object_is_type(id, json_type_int)))
		json_object_object_add(r->out, "id", json_object_get(id));
}

/* What a refused verb had filled in goes. */
static void make_refusal(struct request *r)
{
	json_object_put(r->out);
	r->out = json_object_new_object();
	json_object_object_add(r->out, "ok", json_object_new_boolean(0));
	if (text_member(r, "cmd"))
		put_text(r->out, "cmd", text_member(r, "cmd"));
	put_text(r->out, "error", r->why);
	r->with_fds = false;
}

bool control_answer(struct control_client *cl, const char *line, size_t len)
{
	char why[WHY_SIZE];
	struct request r = {.c = cl->control, .cl = cl, .why = why, .out = json_object_new_object()};
	bool sent;

	r.in = parse(line, len, why);
	json_object_object_add(r.out, "ok", json_object_new_boolean(1));
	if (!r.in || run_verb(&r))
		make_refusal(&r);
	copy_id(&r);
	sent = lines_send(
		&cl->lines,
		json_object_to_json_string_ext(r.out, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE),
		cl->control->fds, r.with_fds ? cl->control->vm->ram.nr : 0);
	json_object_put(r.out);
	json_object_put(r.in);
	return sent;
}

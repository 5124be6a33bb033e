// SPDX-License-Identifier: MIT
/*
 * commands.c - every command of mm-inspect on damaged cores: none may crash, hang, read outside the core, or end without an answer.
 *
 * The program is part of this one, its main() under another name, built with the sanitizers: a core costs one run of each command
 * and no process. Damage is that of damage.h, and now and then of the core's own headers and notes. A command that takes longer
 * than SLOW seconds of processor time counts as one that hangs.
 *
 * SABOTAGE_SEED repeats a failure. SABOTAGE_ROUNDS says how many cores each of the LOOPS tests damages (make fuzz-cores); without
 * it FEW_LOOPS tests damage ROUNDS each.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/sabotage/damage.h"
#include "tests/sabotage/image.h"
#include "tools/inspect/inspect.h"

#define ROUNDS 1
#define LOOPS 8
#define FEW_LOOPS 2 /* unless many cores are asked for */
#define SECONDS 36000
#define SLOW 60 /* the sanitizers take their share, and other programs theirs */
#define MAX_ARGS 12
#define TL_MAX 4096

/* main() of tools/mm-inspect.c */
int inspect_main(int argc, char **argv);
/* The sanitizers': where this is. */
void __attribute__((weak)) __sanitizer_print_stack_trace(void);

/* A word that begins with @ stands for something of the moment: see expand(). */
static const char *const lines[] = {
	"check @json @core",
	"check --verbose --only @rule @core",
	"check --since @original @core",
	"check --since @core @original",
	"buddyinfo @json @core",
	"zoneinfo @json @core",
	"pagetypeinfo @json @core",
	"extfrag @json @core",
	"slabinfo @json @verbose @core",
	"slabinfo --svg /dev/null @core",
	"mempools @json @core",
	"vmallocinfo @json @core",
	"meminfo @json @core",
	"vmstat @json @core",
	"lru @json @core",
	"swap @json @core",
	"map @json @core",
	"map --html /dev/null @core",
	"map --svg /dev/null @core",
	"leaks @json @core",
	"threads @json @core",
	"dma @json @verbose @core",
	"page @json @core @place",
	"page @json @core @place",
	"vtop @json @core @place",
	"bt @json @core",
	"bt @json @core @thread",
	"diff @json @core @original",
	"diff @json @original @core",
	"top @json @core",
	"log @json @core",
	"watch --count 1 @json check @core",
	"snapshot @core /dev/null",
	"control @core status",
	"timeline @json @timeline",
	"timeline --svg /dev/null @timeline",
	"timeline --html /dev/null @timeline",
};
#define NR_LINES (sizeof(lines) / sizeof(lines[0]))

/* Places that may be whole, found while the way to them is. */
#define ELSEWHERE 4
static gva_t elsewhere[ELSEWHERE];
static const char *core, *running;
static char timeline[64];
static unsigned long runs, answers[4];

/* ---- the words of a line ---- */

static const char *place(const struct damage *d, unsigned int n)
{
	static char text[32];
	uint64_t x = rnd() % 3 ? d[rnd() % n].va : elsewhere[rnd() % ELSEWHERE];

	/* as it is, as a page's number, somewhere */
	if (rnd() % 4 == 0)
		x = x % DIRECT_MAP >> MMV_PAGE_SHIFT;
	else if (rnd() % 8 == 0)
		x = rnd();
	snprintf(text, sizeof(text), "%#lx", (unsigned long)x);
	return text;
}

static const char *a_rule(void)
{
	unsigned int nr;
	const struct check_rule *rules = check_rules(&nr);

	return rules[rnd() % nr].name;
}

/* NULL: nothing this time. */
static const char *expand(const char *word, const char *where)
{
	static const char *const threads[] = {"cpu0", "cpu1", "cpu77", "1", "2", "5", "4000000000"};

	if (!strcmp(word, "@core"))
		return core;
	if (!strcmp(word, "@original"))
		return image_core();
	if (!strcmp(word, "@timeline"))
		return timeline;
	if (!strcmp(word, "@json"))
		return rnd() % 2 ? "--json" : NULL;
	if (!strcmp(word, "@verbose"))
		return rnd() % 2 ? "--verbose" : NULL;
	if (!strcmp(word, "@rule"))
		return a_rule();
	if (!strcmp(word, "@thread"))
		return threads[rnd() % 7];
	return strcmp(word, "@place") ? word : where;
}

/* ---- one command ---- */

/* As async-signal-safe as it has to be: the process ends here. NOLINTBEGIN(bugprone-signal-handler) */
static void too_slow(int sig)
{
	(void)sig;
	dprintf(STDERR_FILENO, "mm-inspect hangs: %s\n", running);
	if (__sanitizer_print_stack_trace)
		__sanitizer_print_stack_trace();
	_exit(1);
}

static void died(int sig)
{
	dprintf(STDERR_FILENO, "mm-inspect dies of signal %d: %s\n", sig, running);
	signal(sig, SIG_DFL);
	raise(sig);
}
/* NOLINTEND(bugprone-signal-handler) */

static void set_timer(long seconds)
{
	struct itimerval t = {.it_value.tv_sec = seconds};

	setitimer(ITIMER_PROF, &t, NULL);
}

static void run(const char *line, const char *where)
{
	char words[160], *argv[MAX_ARGS + 1], *save = NULL;
	int argc = 0, ret;

	snprintf(words, sizeof(words), "%s", line);
	argv[argc++] = (char *)(uintptr_t) "mm-inspect";
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		const char *as = expand(w, where);

		if (as)
			argv[argc++] = (char *)(uintptr_t)as;
	}
	argv[argc] = NULL;
	running = line;
	optind = 0;
	set_timer(SLOW);
	ret = inspect_main(argc, argv);
	set_timer(0);
	ck_assert_msg(ret == INSPECT_HOLDS || ret == INSPECT_USAGE || ret == INSPECT_BROKEN, "%s: %d", line, ret);
	runs++;
	answers[ret]++;
}

/* ---- damage of files ---- */

/* Headers, notes, the guest's log: some bytes, mostly in numbers. */
static void damage_header(void)
{
	uint8_t *bytes;
	size_t len = image_header(&bytes);

	ck_assert_uint_gt(len, 1024);
	for (unsigned int n = 1 + (unsigned int)(rnd() % 6); n; n--) {
		size_t at = rnd() % 2 ? rnd() % 1024 : rnd() % len;

		bytes[at] = (uint8_t)(rnd() % 3 ? rnd() : rnd() % 2 * 0xff);
	}
}

/* A timeline with @times bytes changed, dropped and repeated. */
static void damage_timeline(unsigned int times)
{
	static const char whole[] =
		"{\"version\":1,\"engine\":\"kvm\",\"every_ms\":10,\"zones\":[{\"name\":\"DMA\",\"managed\":4000,"
		"\"min\":10,\"low\":"
		"12,"
		"\"high\":15}],\"series\":[\"ms\",\"free.DMA\",\"pgsteal\"],\"samples\":[[0,4000,0],[10.5,3000,7],[20,"
		"10,9]],"
		"\"tests\":[{\"suite\":\"s\",\"name\":\"n\",\"from\":1,\"to\":15,\"result\":\"ok\"}],"
		"\"kills\":[{\"ms\":12,\"pid\":4,\"comm\":\"x\",\"rss\":5,\"swap\":6}]}";
	static const char hurts[] = "{}[],:\"0-e9.\\n\x01\xff";
	char text[TL_MAX];
	size_t len = sizeof(whole) - 1;
	int fd = open(timeline, O_WRONLY | O_TRUNC);

	memcpy(text, whole, len);
	for (; times; times--) {
		size_t at = rnd() % len, some = 1 + rnd() % 24;

		some = at + some > len ? len - at : some;
		if (rnd() % 3 == 0) {
			text[at] = hurts[rnd() % (sizeof(hurts) - 1)];
		} else if (rnd() % 2 && len + some < TL_MAX) {
			memmove(text + at + some, text + at, len - at);
			len += some;
		} else if (len > some + 1) {
			memmove(text + at, text + at + some, len - at - some);
			len -= some;
		}
	}
	ck_assert(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	close(fd);
}

/* ---- the test ---- */

/* What the program prints is of no interest; what the sanitizers say is. */
static void mute(void)
{
	int null = open("/dev/null", O_WRONLY);

	fflush(stdout);
	dup2(null, STDOUT_FILENO);
	/* The stream alone: the sanitizers write to the descriptor. */
	stderr = fdopen(null, "w");
	ck_assert_ptr_nonnull(stderr);
	signal(SIGPROF, too_slow);
	signal(SIGABRT, died);
}

static void one_core(unsigned int round)
{
	static uint8_t header[1 << 20];
	struct damage d[DAMAGE_MAX];
	bool whole = round % 8 != 7;
	unsigned int n;
	uint8_t *bytes;
	size_t len = image_header(&bytes);

	for (size_t i = 0; i < ELSEWHERE; i++)
		elsewhere[i] = damage_place();
	n = damage_do(d);

	ck_assert_uint_le(len, sizeof(header));
	memcpy(header, bytes, len);
	if (!whole)
		damage_header();
	damage_timeline((unsigned int)(rnd() % 5));
	for (size_t i = 0; i < NR_LINES; i++)
		run(lines[i], place(d, n));
	memcpy(bytes, header, len);
	damage_undo(d, n);
}

static void begin(unsigned int n)
{
	int fd;

	strcpy(timeline, "/tmp/sabotage-timeline-XXXXXX");
	fd = mkstemp(timeline);
	ck_assert_int_ge(fd, 0);
	close(fd);
	damage_seed("commands", n);
	core = image_share();
	mute();
}

static void end(const char *what, unsigned int cores)
{
	unlink(timeline);
	dprintf(STDERR_FILENO, "%s: %u cores, %lu runs: %lu as if whole, %lu refused, %lu broken\n", what, cores, runs,
		answers[INSPECT_HOLDS], answers[INSPECT_USAGE], answers[INSPECT_BROKEN]);
}

/* Else the test below would be one of an argument parser. snapshot and control are for live guests, and a place may be none. */
START_TEST(commands_have_something_to_say)
{
	begin(0);
	damage_timeline(0);
	for (size_t i = 0; i < NR_LINES; i++)
		run(lines[i], "0xffff888001000000");
	end("whole core", 0);
	ck_assert_uint_le(answers[INSPECT_USAGE], 3);
	ck_assert_uint_eq(answers[INSPECT_BROKEN], 0);
}
END_TEST

START_TEST(commands_never_hurt)
{
	unsigned int nr = damage_rounds(ROUNDS);

	begin((unsigned int)_i);
	for (unsigned int round = 0; round < nr; round++)
		one_core(round);
	end("damaged cores", nr);
}
END_TEST

static TCase *tests(const char *name, void (*load)(void))
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, SECONDS);
	tcase_add_unchecked_fixture(t, load, image_unload);
	tcase_add_test(t, commands_have_something_to_say);
	tcase_add_loop_test(t, commands_never_hurt, 0, getenv("SABOTAGE_ROUNDS") ? LOOPS : FEW_LOOPS);
	return t;
}

TCase *command_tests(void)
{
	return tests("commands", image_load);
}

TCase *command_debug_tests(void)
{
	return tests("commands-debug", image_load_debug);
}

// SPDX-License-Identifier: MIT
/*
 * top.c - mm-inspect top: a guest as slabtop and top show a machine, look after look.
 *
 * The guest is paused while a sample is taken, and runs while it is shown. On a terminal the screen is taken over and given back
 * in every case but a kill -9; elsewhere, and as JSON (an object a line), looks follow each other.
 */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tools/inspect/top.h"
#include "tools/inspect/watch.h"

#define TO_SCREEN "\033[?1049h\033[?25l"
#define FROM_SCREEN "\033[?25h\033[?1049l"
#define PLAIN_COLUMNS 120

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* ---- samples ---- */

static void free_sample(struct top_sample *s)
{
	json_object_put(s->status);
	free(s->caches);
	view_threads_free(&s->threads);
	memset(s, 0, sizeof(*s));
}

static int read_guest(struct inspect *in, struct top_sample *s, char *err)
{
	char none[VIEW_ERR_MAX];

	s->nr_zones = list_zones(in->view, s->zones, err);
	if (s->nr_zones < 0 || list_memory(in->view, &s->memory, err))
		return -1;
	s->nr_caches = list_caches(in->view, &s->caches, err);
	if (s->nr_caches < 0)
		return -1;
	s->has_vmstat = view_vmstat(in->view, &s->vmstat);
	/* Before the scheduler is up there are none. */
	if (view_threads_read(in->view, &s->threads, true, none))
		memset(&s->threads, 0, sizeof(s->threads));
	return 0;
}

static int take(struct inspect *in, struct top_sample *s, char *err)
{
	uint64_t paused = view_paused_ns(in->view);
	int ret;

	memset(s, 0, sizeof(*s));
	if (view_kind(in->view) == VIEW_LIVE) {
		s->status = view_ask(in->view, "{\"cmd\": \"status\"}", err);
		if (!s->status)
			return -1;
	}
	ret = view_pause(in->view, err);
	if (!ret)
		ret = read_guest(in, s, err);
	view_resume(in->view, NULL);
	s->at = watch_now();
	s->paused_ms = (double)(view_paused_ns(in->view) - paused) / 1e6;
	return ret;
}

/* ---- the terminal ---- */

static struct termios usual;

static void take_screen(struct top_screen *screen)
{
	struct termios raw;

	if (!screen->keys)
		return;
	if (tcgetattr(STDIN_FILENO, &usual)) {
		screen->keys = false;
		return;
	}
	raw = usual;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	fputs(TO_SCREEN, stdout);
}

static void give_back(const struct top_screen *screen)
{
	if (!screen->keys)
		return;
	fputs(FROM_SCREEN, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &usual);
}

static void measure(struct top_screen *screen)
{
	struct winsize ws;

	if (screen->keys && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) && ws.ws_row && ws.ws_col) {
		screen->rows = ws.ws_row;
		screen->columns = ws.ws_col;
	}
}

/* Lines are cut at the edge; what a longer frame had shown before goes. */
static void show_on_screen(const struct top_screen *screen, char *text)
{
	unsigned int row = 0;
	char *save = text, *line;

	fputs("\033[H", stdout);
	while ((line = strsep(&save, "\n")) && row++ < screen->rows)
		printf("%.*s\033[K%s", (int)screen->columns, line, save && row < screen->rows ? "\r\n" : "");
	fputs("\033[J", stdout);
}

/* Wait for the next look. A key may come before. */
static void wait_for_next(struct top_screen *screen, double since, double seconds)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	double left = since + seconds - watch_now();
	char key;

	if (!screen->keys) {
		if (!stop)
			watch_sleep(since, seconds);
		return;
	}
	if (poll(&in, 1, left > 0 ? (int)(left * 1000) : 0) <= 0 || read(STDIN_FILENO, &key, 1) != 1)
		return;
	switch (key) {
	case 'q':
		stop = 1;
		break;
	case 'm':
		screen->sort = TOP_BY_MEMORY;
		break;
	case 'o':
		screen->sort = TOP_BY_OBJECTS;
		break;
	case 'g':
		screen->sort = TOP_BY_GROWTH;
		break;
	case 'n':
		screen->sort = TOP_BY_NAME;
		break;
	}
}

/* ---- the loop ---- */

static void show(struct inspect *in, struct top_screen *screen, struct top_sample *now, const struct top_sample *before)
{
	char *text = NULL;
	size_t size;
	FILE *f;

	if (in->json) {
		struct json_object *o = top_json(now, before);

		printf("%s\n",
		       json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(o);
		return;
	}
	measure(screen);
	f = open_memstream(&text, &size);
	if (!f)
		return;
	top_frame(in, screen, now, before, f);
	if (!fclose(f) && screen->keys)
		show_on_screen(screen, text);
	else if (text)
		printf("%s%s", before->at > 0 ? "\n" : "", text);
	free(text);
}

/* Looks until somebody has had enough, or the guest has ended. Return: INSPECT_* */
static int look_on(struct inspect *in, struct top_screen *screen, char *err)
{
	struct top_sample before = {0}, now;
	unsigned long n = 0;

	while (!stop && (!in->count || n < in->count)) {
		double start = watch_now();

		if (take(in, &now, err)) {
			free_sample(&now);
			free_sample(&before);
			/* It was there, and has ended: so has the command. */
			return n && strstr(err, "ended") ? INSPECT_HOLDS : INSPECT_USAGE;
		}
		/* Payloads come and go. */
		symtab_close(in->symbols);
		in->symbols = inspect_symbols(in, in->view);
		show(in, screen, &now, &before);
		fflush(stdout);
		free_sample(&before);
		before = now;
		if (view_kind(in->view) != VIEW_LIVE && !screen->keys)
			break;
		if (++n != in->count)
			wait_for_next(screen, start, in->interval);
	}
	free_sample(&before);
	return INSPECT_HOLDS;
}

int cmd_top(struct inspect *in, char *err)
{
	struct top_screen screen = {.columns = PLAIN_COLUMNS};
	struct sigaction quit = {.sa_handler = on_signal}, old_int, old_term;
	int ret;

	screen.keys = !in->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	sigaction(SIGINT, &quit, &old_int);
	sigaction(SIGTERM, &quit, &old_term);
	take_screen(&screen);
	ret = look_on(in, &screen, err);
	give_back(&screen);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	return ret;
}

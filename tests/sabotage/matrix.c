// SPDX-License-Identifier: MIT
/*
 * matrix.c - the list of all saboteurs' tables, and what became of each: the sabotage matrix.
 *
 * Tests run in processes of their own and leave their outcome in memory that all share. Who never got as far has no
 * outcome, and counts as not noticed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/sabotage/image.h"

#define MAX_SABOTEURS 2048
#define OTHERS 6

/** struct outcome - of one saboteur. @first: the rule of the first fault reported; @others: rules besides its own */
struct outcome {
	bool noticed;
	unsigned int first, nr_others;
	unsigned int others[OTHERS];
};

/** struct matrix - @alarms: rules that an untouched image broke, of the release kernel and of the debug kernel */
static struct matrix {
	struct outcome all[MAX_SABOTEURS];
	unsigned int alarms[2];
	bool held[2];
} * matrix;

#define TABLE(kind, debug)                                                                                             \
	{                                                                                                              \
#kind, kind##_sabotage, &nr_##kind##_sabotage, debug                                                   \
	}
const struct sabotage_table sabotage_tables[] = {
	TABLE(page, false),      TABLE(table, false),       TABLE(slab, false),    TABLE(vmalloc, false),
	TABLE(device, false),    TABLE(thread, false),      TABLE(sched, false),   TABLE(ring, false),
	TABLE(user, false),      TABLE(pressure, false),    TABLE(reclaim, false), TABLE(mempool, false),
	TABLE(lru, false),       TABLE(file, false),        TABLE(pair, false),    TABLE(debug, true),
	TABLE(slab_debug, true), {NULL, NULL, NULL, false},
};

const struct sabotage *sabotage_nth(bool debug, int n)
{
	for (const struct sabotage_table *t = sabotage_tables; t->name; t++) {
		if (t->debug != debug)
			continue;
		if (n < (int)*t->nr)
			return &t->all[n];
		n -= (int)*t->nr;
	}
	return NULL;
}

int sabotage_count(bool debug)
{
	int n = 0;

	while (sabotage_nth(debug, n))
		n++;
	return n;
}

static bool word_in(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; at && (at = strstr(at, word)); at += len)
		if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

bool sabotage_may(const struct sabotage *s, const char *rule)
{
	return word_in(s->may, rule);
}

bool sabotage_of_debug_kernel(const char *rule)
{
	return word_in("dma.mapping dma.checked dma.overlap dma.table dma.segment zone.movable debug.owner "
		       "debug.poison "
		       "debug.depot "
		       "slab.init_free",
		       rule) ||
	       strstr(rule, ".debug.");
}

void matrix_begin(void)
{
	matrix = mmap(NULL, sizeof(*matrix), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (matrix == MAP_FAILED)
		abort();
}

static struct outcome *slot(bool debug, int n)
{
	int at = n + (debug ? sabotage_count(false) : 0);

	return &matrix->all[at < MAX_SABOTEURS ? at : MAX_SABOTEURS - 1];
}

void matrix_note(bool debug, int n, unsigned int rule, const struct check_report *r)
{
	struct outcome *o = slot(debug, n);
	unsigned int nr;

	check_rules(&nr);
	memset(o, 0, sizeof(*o));
	o->noticed = r->found[rule];
	o->first = r->nr_faults ? r->faults[0].rule : rule;
	for (unsigned int i = 0; i < nr; i++)
		if (i != rule && r->found[i] && o->nr_others++ < OTHERS)
			o->others[o->nr_others - 1] = i;
}

void matrix_untouched(bool debug, const struct check_report *r)
{
	matrix->held[debug] = true;
	matrix->alarms[debug] = r->broken;
}

/* Return: was it noticed? */
static bool print_one(const struct sabotage *s, const struct outcome *o)
{
	unsigned int nr;
	const struct check_rule *rules = check_rules(&nr);
	char what[160];

	snprintf(what, sizeof(what), "%s: %s", s->rule, s->what);
	printf("%-74.74s %-8s", what, o->noticed ? "noticed" : "MISSED");
	if (o->noticed && !o->nr_others)
		printf(" alone");
	else if (o->noticed)
		printf(" %s; also", strcmp(rules[o->first].name, s->rule) ? rules[o->first].name : "first");
	for (unsigned int i = 0; i < o->nr_others && i < OTHERS; i++)
		printf(" %s", rules[o->others[i]].name);
	printf("%s\n", o->nr_others > OTHERS ? " ..." : "");
	return o->noticed;
}

int matrix_print(void)
{
	unsigned int nr, total = 0, noticed = 0, alone = 0, covered = 0;
	const struct check_rule *rules = check_rules(&nr);
	bool *has = calloc(nr, sizeof(*has));

	for (int debug = 0; debug < 2; debug++)
		for (int i = 0; sabotage_nth(debug, i); i++) {
			const struct sabotage *s = sabotage_nth(debug, i);
			const struct outcome *o = slot(debug, i);
			int rule = check_rule_find(s->rule);

			total++;
			noticed += print_one(s, o);
			alone += o->noticed && !o->nr_others;
			if (has && rule >= 0 && o->noticed)
				has[rule] = true;
		}
	for (unsigned int i = 0; i < nr; i++) {
		covered += has && has[i];
		if (has && !has[i])
			printf("NOBODY makes %s report\n", rules[i].name);
	}
	free(has);
	printf("%u of %u corruptions noticed by name, %u of them by their rule alone; %u of %u rules have reported\n",
	       noticed, total, alone, covered, nr);
	for (int debug = 0; debug < 2; debug++)
		printf("untouched image of the %s kernel: %u false alarms%s\n", debug ? "debug" : "release",
		       matrix->alarms[debug], matrix->held[debug] ? "" : " (NOT CHECKED)");
	return noticed == total && covered == nr && matrix->held[0] && matrix->held[1] && !matrix->alarms[0] &&
			       !matrix->alarms[1]
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}

// SPDX-License-Identifier: MIT
/*
 * live.c - mm-inspect log, snapshot and control: what needs no look into memory.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/inspect.h"

/* ---- log ---- */

/* "[  12.345678] text" as an object. Return: NULL if the line is of another form. */
static struct json_object *json_line(const char *line)
{
	struct json_object *o;
	double seconds;
	int text = 0;

	if (sscanf(line, "[%lf]%n", &seconds, &text) != 1 || !text)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "seconds", json_object_new_double(seconds));
	json_object_object_add(o, "text", json_object_new_string(line + text + (line[text] == ' ')));
	return o;
}

static void json_log(struct inspect *in, char *text)
{
	struct json_object *o = json_object_new_object(), *lines = json_object_new_array();
	unsigned long lost = 0;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct json_object *one = json_line(line);

		if (one)
			json_object_array_add(lines, one);
		else if (!strncmp(line, "LOST ", 5))
			lost = strtoul(line + 5, NULL, 10);
	}
	json_object_object_add(o, "lost", json_object_new_uint64(lost));
	json_object_object_add(o, "lines", lines);
	inspect_json(in, o);
}

int cmd_log(struct inspect *in, char *err)
{
	char *text = view_log(in->view, err);
	unsigned long lost;
	const char *from = text;

	if (!text)
		return INSPECT_USAGE;
	/* A core is a file: what it holds may be anything. */
	for (char *p = text; *p; p++)
		if ((unsigned char)*p >= 0x7f || ((unsigned char)*p < ' ' && *p != '\n' && *p != '\t'))
			*p = '?';
	if (in->json) {
		json_log(in, text);
	} else {
		if (sscanf(text, "LOST %lu", &lost) == 1) {
			fprintf(in->out, "(%lu older lines were dropped)\n", lost);
			from = strchr(text, '\n') ? strchr(text, '\n') + 1 : "";
		}
		fputs(from, in->out);
	}
	free(text);
	return INSPECT_HOLDS;
}

/* ---- snapshot ---- */

int cmd_snapshot(struct inspect *in, char *err)
{
	struct json_object *o = view_snapshot(in->view, in->arg, err), *ms;

	if (!o)
		return INSPECT_USAGE;
	if (in->json) {
		json_object_object_del(o, "ok");
		json_object_object_del(o, "cmd");
		inspect_json(in, o);
		return INSPECT_HOLDS;
	}
	if (json_object_object_get_ex(o, "paused_ms", &ms))
		fprintf(in->out, "%s: written, guest paused for %.2f ms\n", in->arg, json_object_get_double(ms));
	json_object_put(o);
	return INSPECT_HOLDS;
}

/* ---- control ---- */

/* A request as it is, or only its command's name. */
int cmd_control(struct inspect *in, char *err)
{
	struct json_object *request = NULL, *reply, *ok;
	bool done;

	if (in->arg[0] != '{') {
		request = json_object_new_object();
		json_object_object_add(request, "cmd", json_object_new_string(in->arg));
	} else if (strchr(in->arg, '\n')) {
		snprintf(err, VIEW_ERR_MAX, "a request is one line");
		return INSPECT_USAGE;
	}
	reply = view_ask(in->view,
			 request ? json_object_to_json_string_ext(request, JSON_C_TO_STRING_NOSLASHESCAPE) : in->arg,
			 err);
	json_object_put(request);
	if (!reply)
		return INSPECT_USAGE;
	done = json_object_object_get_ex(reply, "ok", &ok) && json_object_get_boolean(ok);
	if (!done) {
		struct json_object *why;

		snprintf(err, VIEW_ERR_MAX, "refused: %.300s",
			 json_object_object_get_ex(reply, "error", &why) ? json_object_get_string(why)
									 : "it does not say why");
		json_object_put(reply);
		return INSPECT_USAGE;
	}
	inspect_json(in, reply);
	return INSPECT_HOLDS;
}

// SPDX-License-Identifier: MIT
/*
 * input.c - lines out of a plain or xz-compressed file.
 *
 * One buffer of text; a line is handed out in place, terminated where its newline was. What is left of an incomplete
 * line moves to the front before more is read. Other containers that people try (perf.data, trace.dat, gzip) are
 * told by their first bytes, so that the message says what to do instead of calling them garbage.
 */
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/trace/internal.h"

#define RAW_SIZE (64u << 10)
#define TEXT_SIZE (256u << 10)
#define LINE_MAX_BYTES (64u << 10)
/* Of an xz decoder: more than the largest preset needs, less than what hurts. */
#define XZ_MEMORY (256ull << 20)

struct trace_input {
	char *path;
	int fd;
	uint64_t size, raw_read;
	uint64_t lineno;
	bool xz, xz_ended, raw_ended;
	lzma_stream lzma;
	uint8_t raw[RAW_SIZE];
	char text[TEXT_SIZE + 1];
	size_t start, end; /* text[start, end) is there to be handed out */
};

static int fail(struct trace_input *in, struct trace_error *err, const char *what)
{
	return trace_fail(err, "%s: %s", in->path, what);
}

/* The first bytes say what kind of file it is. */
static int identify(struct trace_input *in, struct trace_error *err)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *what;
	} known[] = {
		{"PERFILE2", 8, "perf data, not text: give it the output of `perf script`"},
		{"\x17\x08\x44tracing", 10, "a trace-cmd file, not text: give it the output of `trace-cmd report`"},
		{"\x1f\x8b", 2, "gzip is not read here: unpack it, or pack it with xz"},
		{"\x28\xb5\x2f\xfd", 4, "zstd is not read here: unpack it, or pack it with xz"},
		{"\x7f"
		 "ELF",
		 4, "an ELF file, not the text of a kmem trace"},
	};
	ssize_t n = pread(in->fd, in->raw, 16, 0);

	if (n < 0)
		return fail(in, err, strerror(errno));
	if (n == 0)
		return fail(in, err, "empty: nothing was recorded");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((size_t)n >= known[i].len && !memcmp(in->raw, known[i].magic, known[i].len))
			return fail(in, err, known[i].what);
	in->xz = n >= 6 && !memcmp(in->raw,
				   "\xfd"
				   "7zXZ",
				   6);
	if (!in->xz)
		return 0;
	if (lzma_stream_decoder(&in->lzma, XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
		return fail(in, err, "cannot set up the xz decoder: out of memory");
	return 0;
}

struct trace_input *trace_input_open(const char *path, struct trace_error *err)
{
	struct trace_input *in = calloc(1, sizeof(*in));
	struct stat st;

	if (!in || !(in->path = strdup(path))) {
		free(in);
		trace_say(err, "%s: out of memory", path);
		return NULL;
	}
	in->lzma = (lzma_stream)LZMA_STREAM_INIT;
	in->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0 || fstat(in->fd, &st)) {
		fail(in, err, strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		fail(in, err, "not a regular file");
		goto out;
	}
	in->size = (uint64_t)st.st_size;
	if (!identify(in, err))
		return in;
out:
	trace_input_close(in);
	return NULL;
}

void trace_input_close(struct trace_input *in)
{
	if (!in)
		return;
	lzma_end(&in->lzma);
	if (in->fd >= 0)
		close(in->fd);
	free(in->path);
	free(in);
}

static ssize_t read_some(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

static const char *xz_problem(lzma_ret ret)
{
	switch (ret) {
	case LZMA_BUF_ERROR:
		return "truncated xz data: the file is cut short";
	case LZMA_MEMLIMIT_ERROR:
	case LZMA_MEM_ERROR:
		return "unpacking this xz file needs too much memory";
	case LZMA_OPTIONS_ERROR:
		return "xz file with options that this liblzma does not know";
	default:
		return "corrupt xz data";
	}
}

/* More text behind in->end, by decoding. 1: some came, 0: the end. */
static int fill_xz(struct trace_input *in, struct trace_error *err)
{
	size_t room = TEXT_SIZE - in->end;
	lzma_ret ret;

	in->lzma.next_out = (uint8_t *)in->text + in->end;
	in->lzma.avail_out = room;
	while (in->lzma.avail_out == room && !in->xz_ended) {
		if (!in->lzma.avail_in && !in->raw_ended) {
			ssize_t n = read_some(in->fd, in->raw, sizeof(in->raw));

			if (n < 0)
				return fail(in, err, strerror(errno));
			in->raw_ended = n == 0;
			in->raw_read += (size_t)n;
			in->lzma.next_in = in->raw;
			in->lzma.avail_in = (size_t)n;
		}
		ret = lzma_code(&in->lzma, in->raw_ended ? LZMA_FINISH : LZMA_RUN);
		if (ret == LZMA_STREAM_END)
			in->xz_ended = true;
		else if (ret != LZMA_OK)
			return fail(in, err, xz_problem(ret));
	}
	in->end += room - in->lzma.avail_out;
	return in->lzma.avail_out != room;
}

static int fill_plain(struct trace_input *in, struct trace_error *err)
{
	ssize_t n = read_some(in->fd, in->text + in->end, TEXT_SIZE - in->end);

	if (n < 0)
		return fail(in, err, strerror(errno));
	in->raw_read += (size_t)n;
	in->end += (size_t)n;
	return n > 0;
}

int trace_input_line(struct trace_input *in, const char **line, size_t *len, struct trace_error *err)
{
	size_t searched = 0;
	int more = 1;

	for (;;) {
		char *from = in->text + in->start;
		char *nl = memchr(from + searched, '\n', in->end - in->start - searched);

		if (!nl && !more && in->end > in->start)
			return trace_fail(err, "%s:%lu: the last line has no end: the file is cut short", in->path,
					  (unsigned long)in->lineno + 1);
		if (nl) {
			*nl = '\0';
			*line = from;
			*len = (size_t)(nl - from);
			if (*len && from[*len - 1] == '\r')
				from[--*len] = '\0';
			in->start = (size_t)(nl - in->text) + 1;
			in->lineno++;
			return 1;
		}
		if (!more)
			return 0;
		searched = in->end - in->start;
		if (searched > LINE_MAX_BYTES)
			return trace_fail(err, "%s:%lu: a line of more than %u bytes: not a kmem trace", in->path,
					  (unsigned long)in->lineno + 1, LINE_MAX_BYTES);
		memmove(in->text, from, searched);
		in->start = 0;
		in->end = searched;
		more = in->xz ? fill_xz(in, err) : fill_plain(in, err);
		if (more < 0)
			return more;
	}
}

uint64_t trace_input_lineno(const struct trace_input *in)
{
	return in->lineno;
}

double trace_input_progress(const struct trace_input *in)
{
	return in->size && in->raw_read < in->size ? (double)in->raw_read / (double)in->size : 1.0;
}

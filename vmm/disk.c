// SPDX-License-Identifier: MIT
/*
 * disk.c - sectors in a file or in a memfd: to the rest they are the same.
 *
 * Memory is sparse, so a swap device much larger than the host's memory costs what is written to it.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/virtio.h"
#include "vmm/disk.h"
#include "vmm/memspec.h"

static int whole_number(const char **text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(*text, &end, 10);
	if (!isdigit((unsigned char)**text) || errno)
		return -EINVAL;
	*text = end;
	return 0;
}

static int parse_one(struct disk_spec *spec, const char *word)
{
	static const char *const every[] = {[DISK_READ] = "fail-read=", [DISK_WRITE] = "fail-write="};
	const char *at = word + 4;

	if (!strcmp(word, "ro")) {
		spec->read_only = true;
		return 0;
	}
	if (!strncmp(word, "bad=", 4)) {
		if (whole_number(&at, &spec->bad_first) || *at++ != '-' || whole_number(&at, &spec->bad_last))
			return -EINVAL;
		return *at || spec->bad_first > spec->bad_last ? -EINVAL : 0;
	}
	for (unsigned int op = DISK_READ; op <= DISK_WRITE; op++) {
		if (strncmp(word, every[op], strlen(every[op])))
			continue;
		at = word + strlen(every[op]);
		return whole_number(&at, &spec->fail_every[op]) || *at || !spec->fail_every[op] ? -EINVAL : 0;
	}
	return -EINVAL;
}

int disk_spec_parse(struct disk_spec *spec, char *text, bool memory, char *why, size_t why_size)
{
	char *rest = NULL, *word = strtok_r(text, ",", &rest);
	const char *end = "";

	*spec = (struct disk_spec){.bad_first = 1, .bad_last = 0};
	if (!word) {
		snprintf(why, why_size, "give %s", memory ? "a size, such as 64M" : "a file");
		return -EINVAL;
	}
	if (!memory) {
		spec->path = word;
	} else if (mem_parse_size(word, &end, &spec->size) || *end || !spec->size || spec->size % BLK_SECTOR_SIZE) {
		snprintf(why, why_size, "'%s' is no size: give a number of bytes, or one with K, M, G or T", word);
		return -EINVAL;
	}
	while ((word = strtok_r(NULL, ",", &rest))) {
		if (parse_one(spec, word)) {
			snprintf(why, why_size, "'%s': give ro, bad=FIRST-LAST (sectors), fail-read=N or fail-write=N",
				 word);
			return -EINVAL;
		}
	}
	return 0;
}

static int open_file(struct disk *d, uint64_t *size)
{
	struct stat st;

	d->fd = open(d->spec.path, (d->spec.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (d->fd < 0 || fstat(d->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size % BLK_SECTOR_SIZE)
		return -EINVAL;
	*size = (uint64_t)st.st_size;
	return 0;
}

static int open_memory(struct disk *d, uint64_t *size)
{
	d->fd = memfd_create("disk", MFD_CLOEXEC);
	*size = d->spec.size;
	return d->fd < 0 || ftruncate(d->fd, (off_t)*size) ? -errno : 0;
}

int disk_open(struct disk *d, const struct disk_spec *spec)
{
	uint64_t size = 0;
	int err;

	*d = (struct disk){.spec = *spec, .fd = -1};
	err = spec->path ? open_file(d, &size) : open_memory(d, &size);
	d->sectors = size >> BLK_SECTOR_SHIFT;
	if (err)
		disk_close(d);
	return err;
}

void disk_close(struct disk *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

bool disk_covers(const struct disk *d, uint64_t sector, uint64_t nr)
{
	return nr <= d->sectors && sector <= d->sectors - nr;
}

bool disk_must_fail(struct disk *d, enum disk_op op, uint64_t sector, uint64_t nr)
{
	uint64_t every = op <= DISK_WRITE ? d->spec.fail_every[op] : 0;
	bool any_bad = op <= DISK_WRITE && nr && d->spec.bad_first <= d->spec.bad_last;
	bool bad = any_bad && sector <= d->spec.bad_last && sector + (nr - 1) >= d->spec.bad_first;

	d->done[op]++;
	if (bad || (every && d->done[op] % every == 0)) {
		d->failed++;
		return true;
	}
	return false;
}

int disk_read(struct disk *d, uint64_t byte, void *buf, uint64_t len)
{
	while (len) {
		ssize_t n = pread(d->fd, buf, len, (off_t)byte);

		if (n < 0 && errno == EINTR)
			continue;
		/* The file has become shorter under us: an I/O error to the guest, as on a real disk. */
		if (n <= 0)
			return n ? -errno : -EIO;
		buf = (uint8_t *)buf + n;
		byte += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

int disk_write(struct disk *d, uint64_t byte, const void *buf, uint64_t len)
{
	if (d->spec.read_only)
		return -EROFS;
	while (len) {
		ssize_t n = pwrite(d->fd, buf, len, (off_t)byte);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		buf = (const uint8_t *)buf + n;
		byte += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

int disk_discard(struct disk *d, uint64_t sector, uint64_t nr)
{
	if (d->spec.read_only)
		return -EROFS;
	if (!nr)
		return 0;
	return fallocate(d->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(sector << BLK_SECTOR_SHIFT),
			 (off_t)(nr << BLK_SECTOR_SHIFT))
		       ? -errno
		       : 0;
}

int disk_flush(struct disk *d)
{
	return d->spec.path && !d->spec.read_only && fdatasync(d->fd) ? -errno : 0;
}

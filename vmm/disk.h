/* SPDX-License-Identifier: MIT */
/*
 * disk.h - what a block device stores its sectors in: a file, or memory that goes when the run ends. And how it fails on purpose.
 *
 * One thread at a time uses a disk. Every access is checked against its size here.
 */
#ifndef MMV_VMM_DISK_H
#define MMV_VMM_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum disk_op { DISK_READ, DISK_WRITE, DISK_FLUSH, DISK_DISCARD, NR_DISK_OPS };

/**
 * struct disk_spec - what the command line says of one
 * @path: NULL: memory
 * @swap: it is there to swap to
 * @size: bytes, for memory
 * @bad_first, @bad_last: reads and writes that touch these sectors fail; none if first > last
 * @fail_every: each so-many-th read or write fails, by enum disk_op; 0: none
 */
struct disk_spec {
	const char *path;
	uint64_t size;
	bool swap;
	bool read_only;
	uint64_t bad_first, bad_last;
	uint64_t fail_every[2];
};

/** struct disk - @fd: -1 if closed. @done, @failed: requests, and those that were made to fail. */
struct disk {
	struct disk_spec spec;
	int fd;
	uint64_t sectors;
	uint64_t done[NR_DISK_OPS];
	uint64_t failed;
};

/**
 * disk_spec_parse - FILE or SIZE (@memory), and then any of ",ro", ",bad=FIRST-LAST", ",fail-read=N", ",fail-write=N"
 * @text is cut into pieces; the specification points into it.
 * Return: 0, or -EINVAL with the reason in @why.
 */
int disk_spec_parse(struct disk_spec *spec, char *text, bool memory, char *why, size_t why_size);

/** disk_open - 0 or -errno; a file must be there, and be a whole number of sectors. */
int disk_open(struct disk *d, const struct disk_spec *spec);
void disk_close(struct disk *d);

/** disk_covers - do [sector, sector + nr) exist? */
bool disk_covers(const struct disk *d, uint64_t sector, uint64_t nr);

/** disk_must_fail - count the request; is it one that was asked to fail? */
bool disk_must_fail(struct disk *d, enum disk_op op, uint64_t sector, uint64_t nr);

/** disk_read, disk_write, disk_discard, disk_flush - 0 or -errno. The range must be covered. */
int disk_read(struct disk *d, uint64_t byte, void *buf, uint64_t len);
int disk_write(struct disk *d, uint64_t byte, const void *buf, uint64_t len);
int disk_discard(struct disk *d, uint64_t sector, uint64_t nr);
int disk_flush(struct disk *d);

#endif

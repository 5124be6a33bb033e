// SPDX-License-Identifier: MIT
/*
 * suite_blk.c - the block device without its registers: what a disk is, what a queue holds, what a request does.
 *
 *	gpa   0x1000                    0x5000     0x8000      0xa000   0xc000    0x10000
 *	      |# queue, header, status #|          |## a ######|## b ###|          | blob: no RAM
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/vmm/suites.h"
#include "vmm/blk_request.h"

#define QUEUE_SIZE 8
#define DESC 0x1000
#define AVAIL 0x2000
#define USED 0x2800
#define HEAD 0x3000
#define STATUS 0x3800
#define SECTORS 64

static struct ram ram;
static uint8_t *memory[4];
static struct disk disk;
static struct virtqueue vq;
static uint16_t avail_idx;

static void add(unsigned int i, gpa_t gpa, uint64_t size, bool is_ram)
{
	memory[i] = calloc(1, size);
	ram.slots[i] =
		(struct ram_slot){.region = {.gpa = gpa, .size = size, .is_ram = is_ram}, .fd = -1, .host = memory[i]};
	ram.nr = i + 1;
}

static void setup_with(const char *options)
{
	char text[64] = "32K", why[128];
	struct disk_spec spec;

	add(0, 0x1000, 0x4000, true);
	add(1, 0x8000, 0x2000, true);
	add(2, 0xa000, 0x2000, true);
	add(3, 0x10000, 0x1000, false);
	append(text, sizeof(text), options);
	ck_assert_int_eq(disk_spec_parse(&spec, text, true, why, sizeof(why)), 0);
	ck_assert_int_eq(disk_open(&disk, &spec), 0);
	ck_assert_uint_eq(disk.sectors, SECTORS);
	vq = (struct virtqueue){.desc = DESC, .avail = AVAIL, .used = USED, .size = QUEUE_SIZE};
	avail_idx = 0;
}

static void setup(void)
{
	setup_with("");
}

static void teardown(void)
{
	disk_close(&disk);
	for (unsigned int i = 0; i < 4; i++)
		free(memory[i]);
}

static void put(gpa_t gpa, const void *data, uint64_t len)
{
	ck_assert_int_eq(ram_write(&ram, gpa, data, len), 0);
}

static void put_desc(unsigned int n, gpa_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	struct virtq_desc d = {addr, len, flags, next};

	put(DESC + n * sizeof(d), &d, sizeof(d));
}

/* The driver's side: chain @head becomes available. */
static void offer(uint16_t head)
{
	put(AVAIL + 4 + (avail_idx % QUEUE_SIZE) * 2UL, &head, 2);
	avail_idx++;
	put(AVAIL + 2, &avail_idx, 2);
}

/* Header, one buffer, status; performed. Return: the status. */
static int request(uint32_t type, uint64_t sector, gpa_t data, uint32_t len, bool device_writes, uint32_t *written)
{
	struct virtio_blk_req head = {.type = type, .sector = sector};
	uint8_t status = 0xee;
	struct vq_chain chain;
	const char *why = "";

	put(HEAD, &head, sizeof(head));
	put(STATUS, &status, 1);
	put_desc(0, HEAD, sizeof(head), VIRTQ_DESC_F_NEXT, len ? 1 : 2);
	put_desc(1, data, len, VIRTQ_DESC_F_NEXT | (device_writes ? VIRTQ_DESC_F_WRITE : 0), 2);
	put_desc(2, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
	offer(0);
	ck_assert_msg(vq_pop(&ram, &vq, &chain, &why) == 1, "%s", why);
	ck_assert(blk_request(&ram, &disk, &chain, written));
	vq_push(&ram, &vq, &chain, *written);
	ck_assert_int_eq(ram_read(&ram, STATUS, &status, 1), 0);
	return status;
}

START_TEST(what_is_written_is_read)
{
	uint32_t n;

	/* across the border of two slots */
	memset(memory[1] + 0x1e00, 0x5a, 0x200);
	memset(memory[2], 0xa5, 0x200);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 3, 0x9e00, 0x400, false, &n), VIRTIO_BLK_S_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 4, 0x8000, 0x200, true, &n), VIRTIO_BLK_S_OK);
	ck_assert_uint_eq(n, 0x201);
	ck_assert_int_eq(memory[1][0], 0xa5);
	ck_assert_int_eq(memory[1][0x1ff], 0xa5);
	ck_assert_int_eq(memory[1][0x200], 0);
	ck_assert_int_eq(request(VIRTIO_BLK_T_FLUSH, 0, 0, 0, false, &n), VIRTIO_BLK_S_OK);
	ck_assert_uint_eq(disk.done[DISK_WRITE], 1);
	ck_assert_uint_eq(disk.done[DISK_READ], 1);
	ck_assert_uint_eq(disk.done[DISK_FLUSH], 1);
	/* the used ring says so, in order */
	ck_assert_uint_eq(vq.used_idx, 3);
	ck_assert_uint_eq(((struct virtq_used *)(void *)(memory[0] + USED - 0x1000))->ring[1].len, 0x201);
}
END_TEST

START_TEST(borders_of_the_disk)
{
	uint32_t n;

	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, SECTORS - 1, 0x8000, 512, true, &n), VIRTIO_BLK_S_OK);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, SECTORS - 1, 0x8000, 1024, true, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, SECTORS, 0x8000, 512, true, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, UINT64_MAX, 0x8000, 512, false, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, UINT64_MAX >> 9, 0x8000, 1024, false, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 0, 0x8000, 511, true, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(77, 0, 0x8000, 512, true, &n), VIRTIO_BLK_S_UNSUPP);
}
END_TEST

START_TEST(buffers_outside_ram)
{
	uint32_t n;

	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 0, 0xbff0, 512, true, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(memory[2][0x1ff0], 0);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 0, 0x10000, 512, false, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 0, UINT64_MAX - 10, 512, false, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(disk.done[DISK_WRITE], 0);
}
END_TEST

START_TEST(discarded_sectors_are_zero)
{
	struct virtio_blk_range range = {.sector = 2, .num_sectors = 2};
	uint32_t n;

	memset(memory[1], 0x77, 0x2000);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 0, 0x8000, 0x1000, false, &n), VIRTIO_BLK_S_OK);
	put(0xa000, &range, sizeof(range));
	ck_assert_int_eq(request(VIRTIO_BLK_T_DISCARD, 0, 0xa000, sizeof(range), false, &n), VIRTIO_BLK_S_OK);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 0, 0x8000, 0x1000, true, &n), VIRTIO_BLK_S_OK);
	ck_assert_int_eq(memory[1][0x3ff], 0x77);
	ck_assert_int_eq(memory[1][0x400], 0);
	ck_assert_int_eq(memory[1][0x7ff], 0);
	ck_assert_int_eq(memory[1][0x800], 0x77);
	range.num_sectors = SECTORS;
	put(0xa000, &range, sizeof(range));
	ck_assert_int_eq(request(VIRTIO_BLK_T_DISCARD, 0, 0xa000, sizeof(range), false, &n), VIRTIO_BLK_S_IOERR);
}
END_TEST

START_TEST(identity)
{
	uint32_t n;

	ck_assert_int_eq(request(VIRTIO_BLK_T_GET_ID, 0, 0x8000, 40, true, &n), VIRTIO_BLK_S_OK);
	ck_assert_uint_eq(n, BLK_ID_BYTES + 1);
	ck_assert_str_eq((char *)memory[1], "mmvisor-memory");
}
END_TEST

/* Where one buffer ends and the next begins means nothing: header and data, data and status may share one. */
START_TEST(any_layout)
{
	struct virtio_blk_req head = {.type = VIRTIO_BLK_T_OUT, .sector = 9};
	struct vq_chain chain = {
		.nr = 4,
		.buf = {{HEAD, 10, false}, {HEAD + 10, 6 + 100, false}, {0x8000, 412, false}, {STATUS, 1, true}}};
	uint32_t n;

	put(HEAD, &head, sizeof(head));
	memset(memory[0] + HEAD + 16 - 0x1000, 1, 100);
	memset(memory[1], 2, 412);
	ck_assert(blk_request(&ram, &disk, &chain, &n));
	ck_assert_int_eq(memory[0][STATUS - 0x1000], VIRTIO_BLK_S_OK);
	head.type = VIRTIO_BLK_T_IN;
	put(HEAD, &head, sizeof(head));
	chain = (struct vq_chain){.nr = 2, .buf = {{HEAD, 16, false}, {0xa000, 513, true}}};
	ck_assert(blk_request(&ram, &disk, &chain, &n));
	ck_assert_uint_eq(n, 513);
	ck_assert_int_eq(memory[2][99], 1);
	ck_assert_int_eq(memory[2][100], 2);
	ck_assert_int_eq(memory[2][511], 2);
	ck_assert_int_eq(memory[2][512], VIRTIO_BLK_S_OK);
	/* what the device reads comes first */
	chain = (struct vq_chain){.nr = 3, .buf = {{0xa000, 512, true}, {HEAD, 16, false}, {STATUS, 1, true}}};
	ck_assert(blk_request(&ram, &disk, &chain, &n));
	ck_assert_int_eq(memory[0][STATUS - 0x1000], VIRTIO_BLK_S_IOERR);
	/* nobody to tell */
	chain = (struct vq_chain){.nr = 1, .buf = {{HEAD, 16, false}}};
	ck_assert(!blk_request(&ram, &disk, &chain, &n));
	chain = (struct vq_chain){.nr = 2, .buf = {{HEAD, 16, false}, {0xc000, 1, true}}};
	ck_assert(!blk_request(&ram, &disk, &chain, &n));
}
END_TEST

static void broken(const char *reason)
{
	struct vq_chain chain;
	const char *why = "";

	offer(0);
	ck_assert_int_eq(vq_pop(&ram, &vq, &chain, &why), -1);
	ck_assert_msg(strstr(why, reason), "%s", why);
	/* it stays broken: nothing was taken */
	ck_assert_int_eq(vq_pop(&ram, &vq, &chain, &why), -1);
}

START_TEST(queues_that_lie)
{
	uint16_t far = QUEUE_SIZE + 1;
	struct vq_chain chain;
	const char *why = "";

	switch (_i) {
	case 0:
		put_desc(0, HEAD, 16, VIRTQ_DESC_F_NEXT, 1);
		put_desc(1, HEAD, 16, VIRTQ_DESC_F_NEXT, 0);
		broken("longer than the queue");
		break;
	case 1:
		put_desc(0, HEAD, 16, VIRTQ_DESC_F_NEXT, QUEUE_SIZE);
		broken("beyond the queue");
		break;
	case 2:
		put_desc(0, HEAD, 16, VIRTQ_DESC_F_INDIRECT, 0);
		broken("indirect");
		break;
	case 3:
		put(AVAIL + 2, &far, 2);
		ck_assert_int_eq(vq_pop(&ram, &vq, &chain, &why), -1);
		break;
	case 4:
		far = 0xffff;
		put(AVAIL + 4, &far, 2);
		far = 1;
		put(AVAIL + 2, &far, 2);
		ck_assert_int_eq(vq_pop(&ram, &vq, &chain, &why), -1);
		break;
	}
}
END_TEST

START_TEST(where_queues_may_lie)
{
	const char *why = "";

	ck_assert(vq_usable(&ram, &vq, &why));
	vq.size = 3;
	ck_assert(!vq_usable(&ram, &vq, &why));
	vq.size = 512;
	ck_assert(!vq_usable(&ram, &vq, &why));
	vq.size = QUEUE_SIZE;
	vq.desc = 0x4fd0;
	ck_assert(!vq_usable(&ram, &vq, &why));
	vq.desc = DESC + 8;
	ck_assert(!vq_usable(&ram, &vq, &why));
	vq.desc = DESC;
	vq.used = 0x10000;
	ck_assert(!vq_usable(&ram, &vq, &why));
	vq.used = USED;
	vq.avail = UINT64_MAX - 1;
	ck_assert(!vq_usable(&ram, &vq, &why));
}
END_TEST

START_TEST(failures_on_purpose)
{
	uint32_t n;

	teardown();
	setup_with(",bad=10-11,fail-write=3");
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 9, 0x8000, 512, true, &n), VIRTIO_BLK_S_OK);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 9, 0x8000, 1024, true, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 11, 0x8000, 512, true, &n), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 12, 0x8000, 512, true, &n), VIRTIO_BLK_S_OK);
	for (unsigned int i = 1; i <= 6; i++)
		ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 0, 0x8000, 512, false, &n),
				 i % 3 ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(disk.failed, 4);
	teardown();
	setup_with(",ro");
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 0, 0x8000, 512, false, &n), VIRTIO_BLK_S_IOERR);
}
END_TEST

START_TEST(words_on_the_command_line)
{
	static const char *const bad[] = {"",
					  "x",
					  "0",
					  "100",
					  "1M,rw",
					  "1M,bad=5",
					  "1M,bad=5-4",
					  "1M,bad=-1-4",
					  "1M,fail-read=0",
					  "1M,fail-write=x",
					  "1M,bad=1-2x"};
	char text[64], why[128];
	struct disk_spec spec;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s", bad[i]);
		why[0] = '\0';
		ck_assert_msg(disk_spec_parse(&spec, text, true, why, sizeof(why)), "'%s' was taken", bad[i]);
		ck_assert(why[0]);
	}
	snprintf(text, sizeof(text), "disk.img,ro,bad=7-9,fail-read=100");
	ck_assert_int_eq(disk_spec_parse(&spec, text, false, why, sizeof(why)), 0);
	ck_assert_str_eq(spec.path, "disk.img");
	ck_assert(spec.read_only);
	ck_assert_uint_eq(spec.bad_first, 7);
	ck_assert_uint_eq(spec.bad_last, 9);
	ck_assert_uint_eq(spec.fail_every[DISK_READ], 100);
}
END_TEST

START_TEST(files_that_are_no_disk)
{
	char name[] = "/tmp/mmvisor-disk-XXXXXX";
	struct disk_spec spec = {.path = name, .bad_first = 1};
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(disk_open(&disk, &spec), -EINVAL);
	ck_assert_int_eq(ftruncate(fd, 1000), 0);
	ck_assert_int_eq(disk_open(&disk, &spec), -EINVAL);
	ck_assert_int_eq(ftruncate(fd, 1024), 0);
	ck_assert_int_eq(disk_open(&disk, &spec), 0);
	ck_assert_uint_eq(disk.sectors, 2);
	/* it shrinks under us */
	ck_assert_int_eq(ftruncate(fd, 512), 0);
	ck_assert_int_ne(disk_read(&disk, 512, (char[512]){0}, 512), 0);
	disk_close(&disk);
	unlink(name);
	ck_assert_int_eq(disk_open(&disk, &spec), -ENOENT);
	close(fd);
}
END_TEST

/* A guest that writes anything anywhere in its queue: whatever is taken is performed, and the sanitizer looks on. */
START_TEST(random_queues)
{
	uint64_t seed = 88172645463325252UL + (uint64_t)_i;
	unsigned int done = 0;

	for (unsigned int n = 0; n < 30000; n++) {
		struct vq_chain chain;
		const char *why;
		uint32_t written;
		uint16_t idx = (uint16_t)(vq.last_avail + next_random(&seed) % 3);

		for (unsigned int i = 0; i < QUEUE_SIZE; i++)
			put_desc(i, next_random(&seed) % 0x12000, (uint32_t)(next_random(&seed) % 1200),
				 (uint16_t)(next_random(&seed) % 16 ? next_random(&seed) % 4 : next_random(&seed)),
				 (uint16_t)(next_random(&seed) % (QUEUE_SIZE + 1)));
		for (unsigned int i = 0; i < QUEUE_SIZE; i++)
			put(AVAIL + 4 + i * 2UL, &(uint16_t){(uint16_t)(next_random(&seed) % QUEUE_SIZE)}, 2);
		if (next_random(&seed) % 64 == 0)
			idx = (uint16_t)next_random(&seed);
		put(AVAIL + 2, &idx, 2);
		while (vq_pop(&ram, &vq, &chain, &why) == 1 && blk_request(&ram, &disk, &chain, &written)) {
			vq_push(&ram, &vq, &chain, written);
			done++;
		}
	}
	ck_assert_msg(done > 1000, "only %u requests came through, seed %d", done, _i);
}
END_TEST

Suite *suite_blk(void)
{
	Suite *s = suite_create("blk");
	TCase *t = tcase_create("blk");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, borders_of_the_disk);
	tcase_add_test(t, buffers_outside_ram);
	tcase_add_test(t, discarded_sectors_are_zero);
	tcase_add_test(t, identity);
	tcase_add_test(t, any_layout);
	tcase_add_loop_test(t, queues_that_lie, 0, 5);
	tcase_add_test(t, where_queues_may_lie);
	tcase_add_test(t, failures_on_purpose);
	tcase_add_test(t, words_on_the_command_line);
	tcase_add_test(t, files_that_are_no_disk);
	tcase_add_loop_test(t, random_queues, 0, 4);
	suite_add_tcase(s, t);
	return s;
}

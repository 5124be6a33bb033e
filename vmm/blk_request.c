// SPDX-License-Identifier: MIT
/*
 * blk_request.c - virtio-blk requests: see blk_request.h.
 *
 * A request's bytes are those of its read-only buffers in order, then those of its writable ones; where one buffer ends and the
 * next begins means nothing (section 2.6.4). So header, data and status are found by counting bytes, not buffers.
 */
#include <string.h>

#include "vmm/blk_request.h"

/** struct request - @in, @out: bytes of data that the device writes to, or reads from, the guest */
struct request {
	const struct ram *ram;
	struct disk *disk;
	const struct vq_chain *chain;
	struct virtio_blk_req head;
	uint64_t in, out;
};

/* All buffers in RAM, readable ones first; and how many bytes there are of each kind. */
static bool measure(const struct ram *ram, const struct vq_chain *chain, uint64_t *reads, uint64_t *writes)
{
	*reads = *writes = 0;
	for (unsigned int i = 0; i < chain->nr; i++) {
		const struct vq_buf *b = &chain->buf[i];

		if (!ram_range_ok(ram, b->addr, b->len) || (*writes && !b->writes))
			return false;
		*(b->writes ? writes : reads) += b->len;
	}
	return true;
}

/* A piece of guest memory, and where it lies in the request's data. */
typedef int piece_fn(struct request *r, uint64_t at, uint8_t *p, uint64_t len);

/* Call @fn for [@from, @from + @len) of the buffers of one kind, in pieces that are contiguous here. */
static int each_piece(struct request *r, bool writes, uint64_t from, uint64_t len, piece_fn *fn)
{
	uint64_t at = 0;

	for (unsigned int i = 0; i < r->chain->nr && len; i++) {
		const struct vq_buf *b = &r->chain->buf[i];
		uint64_t skip = from > at ? from - at : 0, left;

		if (b->writes != writes)
			continue;
		at += b->len;
		if (skip >= b->len)
			continue;
		left = b->len - skip < len ? b->len - skip : len;
		len -= left;
		for (gpa_t gpa = b->addr + skip; left;) {
			uint64_t run;
			uint8_t *p = ram_ptr(r->ram, gpa, &run, true);
			int err;

			run = run < left ? run : left;
			err = fn(r, from, p, run);
			if (err)
				return err;
			gpa += run;
			from += run;
			left -= run;
		}
	}
	return 0;
}

static int take_head(struct request *r, uint64_t at, uint8_t *p, uint64_t len)
{
	memcpy((uint8_t *)&r->head + at, p, len);
	return 0;
}

static int read_piece(struct request *r, uint64_t at, uint8_t *p, uint64_t len)
{
	return disk_read(r->disk, (r->head.sector << BLK_SECTOR_SHIFT) + at, p, len);
}

/* The header comes first, so data begins behind it. */
static int write_piece(struct request *r, uint64_t at, uint8_t *p, uint64_t len)
{
	return disk_write(r->disk, (r->head.sector << BLK_SECTOR_SHIFT) + at - sizeof(r->head), p, len);
}

static int id_piece(struct request *r, uint64_t at, uint8_t *p, uint64_t len)
{
	char id[BLK_ID_BYTES] = "";

	strncpy(id, r->disk->spec.path ? "mmvisor-file" : "mmvisor-memory", sizeof(id));
	memcpy(p, id + at, len);
	return 0;
}

static enum virtio_blk_status transfer(struct request *r, enum disk_op op)
{
	uint64_t bytes = op == DISK_READ ? r->in : r->out;
	uint64_t nr = bytes >> BLK_SECTOR_SHIFT;
	int err;

	if (bytes % BLK_SECTOR_SIZE || !disk_covers(r->disk, r->head.sector, nr))
		return VIRTIO_BLK_S_IOERR;
	if (disk_must_fail(r->disk, op, r->head.sector, nr))
		return VIRTIO_BLK_S_IOERR;
	err = op == DISK_READ ? each_piece(r, true, 0, bytes, read_piece)
			      : each_piece(r, false, sizeof(r->head), bytes, write_piece);
	return err ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static int take_range(struct request *r, uint64_t at, uint8_t *p, uint64_t len)
{
	memcpy((uint8_t *)&r->head + (at - sizeof(r->head)), p, len);
	return 0;
}

/* One range a request is what we promise; it takes the header's place, which nobody needs any more. */
static enum virtio_blk_status discard(struct request *r)
{
	struct virtio_blk_range range;

	_Static_assert(sizeof(range) == sizeof(r->head), "one may stand in for the other");
	if (r->out != sizeof(range))
		return VIRTIO_BLK_S_UNSUPP;
	each_piece(r, false, sizeof(r->head), sizeof(range), take_range);
	memcpy(&range, &r->head, sizeof(range));
	if (range.flags || range.num_sectors > BLK_DISCARD_MAX_SECTORS)
		return VIRTIO_BLK_S_UNSUPP;
	if (!disk_covers(r->disk, range.sector, range.num_sectors))
		return VIRTIO_BLK_S_IOERR;
	disk_must_fail(r->disk, DISK_DISCARD, range.sector, range.num_sectors);
	return disk_discard(r->disk, range.sector, range.num_sectors) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static enum virtio_blk_status perform(struct request *r, uint64_t *written)
{
	enum virtio_blk_status status;

	switch (r->head.type) {
	case VIRTIO_BLK_T_IN:
		status = transfer(r, DISK_READ);
		*written = status == VIRTIO_BLK_S_OK ? r->in : 0;
		return status;
	case VIRTIO_BLK_T_OUT:
		return transfer(r, DISK_WRITE);
	case VIRTIO_BLK_T_FLUSH:
		disk_must_fail(r->disk, DISK_FLUSH, 0, 0);
		return disk_flush(r->disk) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_GET_ID:
		*written = r->in < BLK_ID_BYTES ? r->in : BLK_ID_BYTES;
		each_piece(r, true, 0, *written, id_piece);
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_DISCARD:
		return discard(r);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

bool blk_request(const struct ram *ram, struct disk *disk, const struct vq_chain *chain, uint32_t *written)
{
	const struct vq_buf *last = chain->nr ? &chain->buf[chain->nr - 1] : NULL;
	struct request r = {.ram = ram, .disk = disk, .chain = chain};
	uint8_t status = VIRTIO_BLK_S_IOERR;
	uint64_t reads, writes, data = 0;

	/* The status is the last writable byte, and that is the last byte of all. */
	if (!last || !last->writes || !last->len || !ram_range_ok(ram, last->addr + last->len - 1, 1))
		return false;
	if (measure(ram, chain, &reads, &writes) && reads >= sizeof(r.head)) {
		each_piece(&r, false, 0, sizeof(r.head), take_head);
		r.out = reads - sizeof(r.head);
		r.in = writes - 1;
		status = (uint8_t)perform(&r, &data);
	}
	ram_write(ram, last->addr + last->len - 1, &status, 1);
	*written = (uint32_t)data + 1;
	return true;
}

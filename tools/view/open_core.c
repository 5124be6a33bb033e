// SPDX-License-Identifier: MIT
/*
 * open_core.c - an ELF core as a view (shared/core.h says what is in one).
 *
 * The file is mapped once, read-only. Nothing in it is believed before it was compared with the file's size.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/core.h"
#include "tools/view/view_impl.h"

#define MAX_PHDRS 65535u

/* Are [off, off + len) bytes of the file? */
static bool inside(const struct view *v, uint64_t off, uint64_t len)
{
	return off <= v->map_size && len <= v->map_size - off;
}

static const void *at(const struct view *v, uint64_t off)
{
	return (const char *)v->map + off;
}

static int take_info(struct view *v, const char *path, const void *desc, uint32_t len, char *err)
{
	struct core_info info;

	if (len < sizeof(info)) {
		view_err(err, "%s: its note about the guest is %u bytes long, not %zu", path, len, sizeof(info));
		return -1;
	}
	memcpy(&info, desc, sizeof(info));
	if (info.version != CORE_VERSION) {
		view_err(err, "%s: core version %u, this program knows %u", path, info.version, CORE_VERSION);
		return -1;
	}
	v->root_addr = info.root;
	v->crashed_cpu = info.crashed_cpu < MMV_NR_CPUS ? (int)info.crashed_cpu : -1;
	snprintf(v->reason, sizeof(v->reason), "%.*s", (int)sizeof(info.reason) - 1, info.reason);
	snprintf(v->kernel, sizeof(v->kernel), "%.*s", (int)sizeof(info.kernel) - 1, info.kernel);
	return 1;
}

/* Return: 1 if our note was among them, 0 if not, -1 with the reason in @err. */
static int read_notes(struct view *v, const char *path, const Elf64_Phdr *ph, char *err)
{
	uint64_t off = ph->p_offset, end = off + ph->p_filesz;
	int found = 0;

	while (end - off >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr nh;
		uint64_t name, desc;

		memcpy(&nh, at(v, off), sizeof(nh));
		name = off + sizeof(nh);
		desc = name + ((nh.n_namesz + 3ULL) & ~3ULL);
		off = desc + ((nh.n_descsz + 3ULL) & ~3ULL);
		if (desc > end || nh.n_descsz > end - desc || off > end) {
			view_err(err, "%s: a note runs past its segment: core cut short or damaged", path);
			return -1;
		}
		if (nh.n_namesz != sizeof(CORE_NOTE_NAME) ||
		    memcmp(at(v, name), CORE_NOTE_NAME, sizeof(CORE_NOTE_NAME)))
			continue;
		if (nh.n_type == CORE_NOTE_INFO) {
			found = take_info(v, path, at(v, desc), nh.n_descsz, err);
			if (found < 0)
				return -1;
		} else if (nh.n_type == CORE_NOTE_REGS && nh.n_descsz >= sizeof(struct guest_regs) &&
			   v->nr_cpus < MMV_NR_CPUS) {
			memcpy(&v->regs[v->nr_cpus++], at(v, desc), sizeof(struct guest_regs));
		} else if (nh.n_type == CORE_NOTE_MODULE) {
			view_add_module(v, at(v, desc), nh.n_descsz);
		} else if (nh.n_type == CORE_NOTE_LOG) {
			v->log_at = desc;
			v->log_len = nh.n_descsz;
		}
	}
	return found;
}

static int add_load(struct view *v, const char *path, const Elf64_Phdr *ph, int fd, char *err)
{
	struct view_region r = {
		.gpa = ph->p_paddr,
		.size = ph->p_filesz,
		.host = at(v, ph->p_offset),
		.fd = fd,
		.offset = ph->p_offset,
		.is_ram = true,
	};
	char why[VIEW_ERR_MAX];

	/* Only the segments that lie in the direct map stand for physical memory; the rest show it again elsewhere. */
	if (ph->p_vaddr < DIRECT_MAP || ph->p_vaddr - DIRECT_MAP != ph->p_paddr || !ph->p_filesz)
		return 0;
	if (!view_add_region(v, &r, why))
		return 0;
	view_err(err, "%s: %.400s", path, why);
	return -1;
}

static int read_segments(struct view *v, const char *path, int fd, char *err)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	int found = 0;

	if (v->map_size < sizeof(eh) || memcmp(v->map, ELFMAG, SELFMAG)) {
		view_err(err, "%s: not an ELF file", path);
		return -1;
	}
	memcpy(&eh, v->map, sizeof(eh));
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_machine != EM_X86_64 || eh.e_type != ET_CORE) {
		view_err(err, "%s: an ELF file, but not the core of an x86-64 guest", path);
		return -1;
	}
	if (eh.e_phentsize != sizeof(ph) || eh.e_phnum == MAX_PHDRS ||
	    !inside(v, eh.e_phoff, (uint64_t)eh.e_phnum * sizeof(ph))) {
		view_err(err, "%s: core cut short or damaged: no room for its %u segments", path, eh.e_phnum);
		return -1;
	}
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		int ret = 0;

		memcpy(&ph, at(v, eh.e_phoff + i * sizeof(ph)), sizeof(ph));
		if (!inside(v, ph.p_offset, ph.p_filesz)) {
			view_err(err, "%s: core cut short: segment %u ends at byte %#llx, the file at %#lx", path, i,
				 (unsigned long long)ph.p_offset + ph.p_filesz, v->map_size);
			return -1;
		}
		if (ph.p_type == PT_NOTE)
			ret = read_notes(v, path, &ph, err);
		else if (ph.p_type == PT_LOAD)
			ret = add_load(v, path, &ph, fd, err);
		if (ret < 0)
			return -1;
		found |= ret;
	}
	if (!found) {
		view_err(err, "%s: a core, but not one that mmvisor wrote", path);
		return -1;
	}
	return 0;
}

struct view *view_open_core(const char *path, int fd, char *err)
{
	struct view *v = view_alloc(VIEW_CORE, err);
	struct stat st;

	if (!v) {
		close(fd);
		return NULL;
	}
	v->pin[v->nr_pins++] = fd;
	if (fstat(fd, &st) || st.st_size <= 0) {
		view_err(err, "%s: empty: not a core", path);
		return view_fail(v);
	}
	v->map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (v->map == MAP_FAILED) {
		v->map = NULL;
		view_err(err, "%s: cannot be mapped", path);
		return view_fail(v);
	}
	v->map_size = (uint64_t)st.st_size;
	if (read_segments(v, path, fd, err))
		return view_fail(v);
	view_settle(v);
	return v;
}

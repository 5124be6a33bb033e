// SPDX-License-Identifier: MIT
/*
 * elf.c - bounds-checked reading of the kernel and of modules.
 *
 * Headers are copied out before they are looked at, so alignment does not matter and nothing is read twice.
 * Range tests have the form `at > size || len > size - at`: they cannot overflow and accept the last byte.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shared/layout.h"
#include "vmm/elf.h"

__attribute__((format(printf, 3, 4))) static int fail(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -ENOEXEC;
}

static bool outside(uint64_t at, uint64_t len, uint64_t size)
{
	return at > size || len > size - at;
}

/* What kernel and module have in common. */
static int read_header(Elf64_Ehdr *eh, const uint8_t *file, size_t size, char *why, size_t why_size)
{
	if (size < EI_NIDENT || memcmp(file, ELFMAG, SELFMAG))
		return fail(why, why_size, "not an ELF file");
	if (file[EI_CLASS] != ELFCLASS64)
		return fail(why, why_size, "a 32-bit ELF file; build it for x86-64");
	if (file[EI_DATA] != ELFDATA2LSB)
		return fail(why, why_size, "a big-endian ELF file; build it for x86-64");
	if (size < sizeof(*eh))
		return fail(why, why_size, "truncated: %zu bytes, the ELF header alone has %zu", size, sizeof(*eh));
	memcpy(eh, file, sizeof(*eh));
	if (eh->e_machine != EM_X86_64)
		return fail(why, why_size, "built for machine %u; this needs x86-64 (%u)", eh->e_machine, EM_X86_64);
	return 0;
}

static int add_segment(struct elf_image *img, const Elf64_Phdr *ph, unsigned int nr, const uint8_t *file, size_t size,
		       char *why, size_t why_size)
{
	struct elf_segment *s = &img->segments[img->nr_segments];

	if (img->nr_segments == ELF_MAX_SEGMENTS)
		return fail(why, why_size, "more than %d loadable segments", ELF_MAX_SEGMENTS);
	if (outside(ph->p_offset, ph->p_filesz, size))
		return fail(why, why_size,
			    "truncated: segment %u needs %" PRIu64 " bytes at offset %" PRIu64 ", the file has %zu", nr,
			    (uint64_t)ph->p_filesz, (uint64_t)ph->p_offset, size);
	if (ph->p_filesz > ph->p_memsz)
		return fail(why, why_size, "segment %u has more bytes in the file than in memory", nr);
	if (ph->p_vaddr < KERNEL_BASE || outside(ph->p_vaddr - KERNEL_BASE, ph->p_memsz, KERNEL_SIZE))
		return fail(why, why_size,
			    "segment %u at %#" PRIx64 " lies outside the kernel's area (%#lx + %lu MiB); link it there",
			    nr, (uint64_t)ph->p_vaddr, KERNEL_BASE, KERNEL_SIZE >> 20);
	*s = (struct elf_segment){ph->p_vaddr, ph->p_memsz, ph->p_filesz, file + ph->p_offset};
	img->nr_segments++;
	if (s->vaddr < img->start)
		img->start = s->vaddr;
	if (s->vaddr + s->memsz > img->end)
		img->end = s->vaddr + s->memsz;
	return 0;
}

int elf_parse_kernel(struct elf_image *image, const void *data, size_t size, char *why, size_t why_size)
{
	const uint8_t *file = data;
	Elf64_Ehdr eh = {0};
	Elf64_Phdr ph;
	int err;

	memset(image, 0, sizeof(*image));
	image->start = UINT64_MAX;
	err = read_header(&eh, file, size, why, why_size);
	if (err)
		return err;
	if (eh.e_type != ET_EXEC)
		return fail(why, why_size, "not an executable (type %u)%s", eh.e_type,
			    eh.e_type == ET_REL ? "; a module goes on the command line by itself" : "");
	if (eh.e_phentsize != sizeof(ph))
		return fail(why, why_size, "program headers of %u bytes instead of %zu", eh.e_phentsize, sizeof(ph));
	if (outside(eh.e_phoff, (uint64_t)eh.e_phnum * sizeof(ph), size))
		return fail(why, why_size, "truncated: its program headers lie beyond the end of the file (%zu bytes)",
			    size);
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		memcpy(&ph, file + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type != PT_LOAD || !ph.p_memsz)
			continue;
		err = add_segment(image, &ph, i, file, size, why, why_size);
		if (err)
			return err;
	}
	if (!image->nr_segments)
		return fail(why, why_size, "nothing to load in it");
	if (eh.e_entry < image->start || eh.e_entry >= image->end)
		return fail(why, why_size, "its entry point %#" PRIx64 " is not in a loaded segment",
			    (uint64_t)eh.e_entry);
	image->entry = eh.e_entry;
	image->start &= ~(MMV_PAGE_SIZE - 1);
	return 0;
}

int elf_check_module(const void *data, size_t size, char *why, size_t why_size)
{
	const uint8_t *file = data;
	Elf64_Ehdr eh = {0};
	Elf64_Shdr sh;
	int err;

	err = read_header(&eh, file, size, why, why_size);
	if (err)
		return err;
	if (eh.e_type != ET_REL)
		return fail(why, why_size, "not a relocatable object (type %u); build it with mmvisor-cc", eh.e_type);
	if (!eh.e_shnum || eh.e_shentsize != sizeof(sh))
		return fail(why, why_size, "no usable section table");
	if (outside(eh.e_shoff, (uint64_t)eh.e_shnum * sizeof(sh), size))
		return fail(why, why_size, "truncated: its section table lies beyond the end of the file (%zu bytes)",
			    size);
	for (unsigned int i = 0; i < eh.e_shnum; i++) {
		memcpy(&sh, file + eh.e_shoff + i * sizeof(sh), sizeof(sh));
		if (sh.sh_type != SHT_NOBITS && sh.sh_type != SHT_NULL && outside(sh.sh_offset, sh.sh_size, size))
			return fail(why, why_size, "truncated: section %u lies beyond the end of the file (%zu bytes)",
				    i, size);
	}
	return 0;
}

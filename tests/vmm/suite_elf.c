// SPDX-License-Identifier: MIT
/*
 * suite_elf.c - ELF files: a sound one, each way to be wrong, and every byte of one changed.
 *
 * Files live in heap blocks of exactly their size, so that the sanitizer sees the first byte read beyond.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shared/layout.h"
#include "tests/vmm/suites.h"
#include "vmm/elf.h"

#define TEXT_SIZE 64

/** struct tiny - an executable with one segment, or (type ET_REL) an object with one section. */
struct tiny {
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	Elf64_Shdr sh;
	uint8_t text[TEXT_SIZE];
};

static char why[256];

static struct tiny sound(unsigned int type)
{
	struct tiny t = {
		.eh = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		       .e_type = (Elf64_Half)type,
		       .e_machine = EM_X86_64,
		       .e_entry = KERNEL_BASE + 0x1010,
		       .e_phoff = offsetof(struct tiny, ph),
		       .e_shoff = offsetof(struct tiny, sh),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 1,
		       .e_shentsize = sizeof(Elf64_Shdr),
		       .e_shnum = 1},
		.ph = {.p_type = PT_LOAD,
		       .p_offset = offsetof(struct tiny, text),
		       .p_vaddr = KERNEL_BASE + 0x1008,
		       .p_filesz = TEXT_SIZE,
		       .p_memsz = 0x5000},
		.sh = {.sh_type = SHT_PROGBITS, .sh_offset = offsetof(struct tiny, text), .sh_size = TEXT_SIZE},
	};

	memset(t.text, 0x90, sizeof(t.text));
	return t;
}

static int kernel(const struct tiny *t, size_t size, struct elf_image *img)
{
	void *copy = malloc(size ? size : 1);
	int err;

	memcpy(copy, t, size);
	err = elf_parse_kernel(img, copy, size, why, sizeof(why));
	for (unsigned int i = 0; !err && i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->segments[i];

		ck_assert(s->vaddr >= KERNEL_BASE && s->vaddr + s->memsz <= KERNEL_BASE + KERNEL_SIZE);
		ck_assert(s->filesz <= s->memsz && s->vaddr >= img->start && s->vaddr + s->memsz <= img->end);
		/* Touch all of it: the sanitizer judges. */
		for (uint64_t k = 0; k < s->filesz; k++)
			ck_assert_int_ge(s->data[k], 0);
	}
	free(copy);
	return err;
}

static int module(const struct tiny *t, size_t size)
{
	void *copy = malloc(size ? size : 1);
	int err;

	memcpy(copy, t, size);
	err = elf_check_module(copy, size, why, sizeof(why));
	free(copy);
	return err;
}

START_TEST(sound_files)
{
	struct tiny k = sound(ET_EXEC), m = sound(ET_REL);
	struct elf_image img;

	ck_assert_int_eq(kernel(&k, sizeof(k), &img), 0);
	ck_assert_uint_eq(img.nr_segments, 1);
	ck_assert_uint_eq(img.entry, KERNEL_BASE + 0x1010);
	ck_assert_uint_eq(img.start, KERNEL_BASE + 0x1000);
	ck_assert_uint_eq(img.end, KERNEL_BASE + 0x6008);
	ck_assert_int_eq(module(&m, sizeof(m)), 0);
}
END_TEST

START_TEST(cut_short_anywhere)
{
	struct tiny k = sound(ET_EXEC), m = sound(ET_REL);
	struct elf_image img;

	for (size_t n = 0; n < sizeof(k); n++) {
		ck_assert_int_eq(kernel(&k, n, &img), -ENOEXEC);
		ck_assert_int_eq(module(&m, n), -ENOEXEC);
	}
}
END_TEST

static void refused(const struct tiny *t, const char *word)
{
	struct elf_image img;

	ck_assert_int_eq(kernel(t, sizeof(*t), &img), -ENOEXEC);
	ck_assert_msg(strstr(why, word), "'%s' is not in: %s", word, why);
}

#define WRONG(field, value, word)                                                                                      \
	do {                                                                                                           \
		struct tiny _t = sound(ET_EXEC);                                                                       \
		_t.field = value;                                                                                      \
		refused(&_t, word);                                                                                    \
	} while (0)

START_TEST(says_what_is_wrong)
{
	WRONG(eh.e_ident[0], 'x', "not an ELF");
	WRONG(eh.e_ident[EI_CLASS], ELFCLASS32, "32-bit");
	WRONG(eh.e_ident[EI_DATA], ELFDATA2MSB, "big-endian");
	WRONG(eh.e_machine, EM_AARCH64, "x86-64");
	WRONG(eh.e_type, ET_REL, "not an executable");
	WRONG(eh.e_type, ET_DYN, "not an executable");
	WRONG(eh.e_phentsize, 32, "program headers");
	WRONG(eh.e_phnum, 0, "nothing to load");
	WRONG(eh.e_phnum, 1000, "truncated");
	WRONG(eh.e_phoff, UINT64_MAX - 8, "truncated");
	WRONG(eh.e_entry, 0x1000, "entry point");
	WRONG(eh.e_entry, KERNEL_BASE + 0x6008, "entry point");
	WRONG(ph.p_offset, UINT64_MAX - 8, "truncated");
	WRONG(ph.p_filesz, 0x4000, "truncated");
	WRONG(ph.p_memsz, 8, "more bytes");
	WRONG(ph.p_vaddr, 0x400000, "outside");
	WRONG(ph.p_vaddr, KERNEL_BASE + KERNEL_SIZE - 0x4fff, "outside");
	WRONG(ph.p_memsz, UINT64_MAX, "outside");
	WRONG(ph.p_type, PT_NOTE, "nothing to load");
}
END_TEST

START_TEST(too_many_segments)
{
	const unsigned int nr = ELF_MAX_SEGMENTS + 1;
	struct tiny t = sound(ET_EXEC);
	size_t size = sizeof(t) + nr * sizeof(t.ph);
	uint8_t *file = malloc(size);
	struct elf_image img;

	t.eh.e_phoff = sizeof(t);
	t.eh.e_phnum = (Elf64_Half)nr;
	memcpy(file, &t, sizeof(t));
	for (unsigned int i = 0; i < nr; i++)
		memcpy(file + sizeof(t) + i * sizeof(t.ph), &t.ph, sizeof(t.ph));
	ck_assert_int_eq(elf_parse_kernel(&img, file, size, why, sizeof(why)), -ENOEXEC);
	ck_assert_ptr_nonnull(strstr(why, "segments"));
	free(file);
}
END_TEST

START_TEST(module_sections_lie_in_the_file)
{
	struct tiny t = sound(ET_REL);

	t.sh.sh_size = TEXT_SIZE + 1;
	ck_assert_int_eq(module(&t, sizeof(t)), -ENOEXEC);
	ck_assert_ptr_nonnull(strstr(why, "section 0"));
	t.sh.sh_type = SHT_NOBITS;
	ck_assert_int_eq(module(&t, sizeof(t)), 0);
	t = sound(ET_REL);
	t.sh.sh_offset = UINT64_MAX;
	ck_assert_int_eq(module(&t, sizeof(t)), -ENOEXEC);
	t = sound(ET_REL);
	t.eh.e_shnum = 0;
	ck_assert_int_eq(module(&t, sizeof(t)), -ENOEXEC);
}
END_TEST

/* Damage: one to eight bytes at random places, and perhaps a cut. Nothing may be read beyond the file. */
START_TEST(damaged_files)
{
	uint64_t seed = 2463534242UL + (uint64_t)_i;

	for (unsigned int n = 0; n < 20000; n++) {
		struct tiny k = sound(ET_EXEC), m = sound(ET_REL);
		size_t size = next_random(&seed) % 8 ? sizeof(k) : next_random(&seed) % sizeof(k);
		struct elf_image img;

		for (unsigned int b = next_random(&seed) % 8 + 1; b; b--) {
			size_t at = next_random(&seed) % sizeof(k);
			uint8_t value = (uint8_t)next_random(&seed);

			((uint8_t *)&k)[at] = value;
			((uint8_t *)&m)[at] = value;
		}
		kernel(&k, size, &img);
		module(&m, size);
	}
}
END_TEST

Suite *suite_elf(void)
{
	Suite *s = suite_create("elf");
	TCase *t = tcase_create("elf");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, sound_files);
	tcase_add_test(t, cut_short_anywhere);
	tcase_add_test(t, says_what_is_wrong);
	tcase_add_test(t, too_many_segments);
	tcase_add_test(t, module_sections_lie_in_the_file);
	tcase_add_loop_test(t, damaged_files, 0, 4);
	suite_add_tcase(s, t);
	return s;
}

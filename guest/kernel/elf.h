/* SPDX-License-Identifier: MIT */
/*
 * elf.h - the parts of the ELF format (System V ABI, AMD64 supplement) that the module loader reads.
 */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include <linux/types.h>

#define ELF_MAGIC 0x464c457fu /* "\177ELF" */
#define ELFCLASS64 2
#define ELFDATA2LSB 1
#define ET_REL 1
#define EM_X86_64 62

#define SHT_NULL 0
#define SHT_SYMTAB 2
#define SHT_STRTAB 3
#define SHT_RELA 4
#define SHT_NOBITS 8
#define SHT_REL 9
#define SHF_WRITE 0x1
#define SHF_ALLOC 0x2
#define SHF_EXECINSTR 0x4

#define SHN_UNDEF 0
#define SHN_LORESERVE 0xff00
#define SHN_ABS 0xfff1
#define SHN_COMMON 0xfff2

#define STB_WEAK 2
#define ELF_ST_BIND(info) ((info) >> 4)
#define ELF_R_SYM(info) ((info) >> 32)
#define ELF_R_TYPE(info) ((uint32_t)(info))

#define R_X86_64_NONE 0
#define R_X86_64_64 1
#define R_X86_64_PC32 2
#define R_X86_64_PLT32 4
#define R_X86_64_32 10
#define R_X86_64_32S 11
#define R_X86_64_PC64 24

struct elf_ehdr {
	uint32_t magic;
	uint8_t class, data, ident_version, osabi, abiversion, pad[7];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
MMV_SIZE(struct elf_ehdr, 64);

struct elf_shdr {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};
MMV_SIZE(struct elf_shdr, 64);

struct elf_sym {
	uint32_t name;
	uint8_t info, other;
	uint16_t shndx;
	uint64_t value, size;
};
MMV_SIZE(struct elf_sym, 24);

struct elf_rela {
	uint64_t offset, info;
	int64_t addend;
};
MMV_SIZE(struct elf_rela, 24);

#endif

# mmvisor - a laboratory for kernel memory management
#
#   make            build everything into build/
#   make run        set up what is missing, build, replay a real trace in a guest
#   make test       set up what is missing, build, run every test
#   make help       the other targets
#
# Each room says in its own build.mk what it adds. Programs go to $(B), objects and archives to $(O). STATIC=1 links the host
# programs statically into build/static/, from the same objects: that is what runs inside the emulated machine.

CC      ?= gcc
V       ?= 0
ifeq ($(V),0)
Q       := @
say      = @printf '  %-7s %s\n' $(1) $(2)
else
Q       :=
say      = @:
endif

WARN    := -Wall -Wextra -Werror -Wundef -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla
# Host programs: VMM and tools. Warnings as errors, hardened: they read untrusted input.
HOST_CFLAGS  := -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -fstack-protector-strong -D_FORTIFY_SOURCE=2
HOST_LDFLAGS ?=
O            := build
ifeq ($(STATIC),1)
B            := build/static
HOST_LDFLAGS += -static
else
B            := build
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
all:

include guest/build.mk
include tools/build.mk
include vmm/build.mk
include tests/build.mk

.PHONY: all help setup run test unit e2e nested bench lint format payload install clean

help:
	@sed -n 's/^#   make/make/p' Makefile
	@printf '%-16s%s\n' \
	  'make setup' 'install what is missing (Debian packages, through apt-get)' \
	  'make unit' 'the allocators on the host, under ASan and UBSan' \
	  'make e2e' 'the real programs on this host'"'"'s KVM' \
	  'make nested' 'the real programs in an emulated machine with SVM: needs no KVM' \
	  'make bench' 'everything that is measured, beside Linux, mimalloc, jemalloc, QEMU (QUICK=1: two minutes)' \
	  'make payload' 'build and run a payload: make payload SRC=foo.c' \
	  'make fuzz' 'the DMA engine against libFuzzer (needs clang; FUZZ_SECONDS=60)' \
	  'make fuzz-cores' 'every command of the inspector against thousands of damaged cores, under ASan (FUZZ_CORES=150, times 24)' \
	  'make sabotage-table' 'every corruption of the sabotage tests, and which invariant noticed it' \
	  'make lint' 'clang-format, clang-tidy, cppcheck, shellcheck, who may include what' \
	  'make format' 'clang-format in place' \
	  'make install' 'programs, kernels, headers, manuals, completion below PREFIX (/usr/local), in DESTDIR' \
	  'make clean' 'remove build/'

setup:
	$(Q)tools/setup.sh build nested test lint

# What setup installs may change what make sees (headers, libraries): so each builds in a make of its own.
run:
	$(Q)tools/setup.sh build
	$(Q)$(MAKE) -s --no-print-directory -j$$(nproc) all
	$(Q)tools/run.sh

test:
	$(Q)tools/setup.sh build nested test
	$(Q)tools/test.sh unit e2e nested

unit e2e nested:
	$(Q)tools/test.sh $@

bench: all
	$(Q)tests/bench/bench.sh

lint:
	$(Q)tools/setup.sh lint
	$(Q)tools/lint.sh

format:
	$(Q)git ls-files '*.[ch]' | xargs clang-format -i

payload: all
	$(Q)test -n '$(SRC)' || { echo 'make payload: which one? say SRC=foo.c' >&2; exit 2; }
	$(Q)$(B)/mmvisor-cc $(SRC) -o $(B)/$(notdir $(basename $(firstword $(SRC)))).ko
	$(Q)$(B)/mmvisor run $(B)/$(notdir $(basename $(firstword $(SRC)))).ko

PREFIX  ?= /usr/local
INSTALL ?= install
install: all
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)$(INSTALL) -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/mmvisor share/man/man1 share/bash-completion/completions \
		share/zsh/site-functions share/doc/mmvisor/docs)
	$(Q)$(INSTALL) $(B)/mmvisor $(B)/mm-inspect tools/mmvisor-cc $(DESTDIR)$(PREFIX)/bin
	$(Q)$(INSTALL) -m 644 $(B)/kernel.elf $(B)/kernel-debug.elf $(DESTDIR)$(PREFIX)/lib/mmvisor
	$(Q)for file in $$(find include shared guest/arch/x86/include -name '*.h'); do \
		$(INSTALL) -D -m 644 $$file $(DESTDIR)$(PREFIX)/lib/mmvisor/$$file || exit 1; done
	$(Q)$(INSTALL) -m 644 tools/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	$(Q)$(INSTALL) -m 644 $(addprefix tools/completion/,mmvisor mm-inspect) $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(Q)$(INSTALL) -m 644 tools/completion/zsh/* $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	$(Q)$(INSTALL) -m 644 README.md LICENSE tools/schema/mm-inspect.json $(DESTDIR)$(PREFIX)/share/doc/mmvisor
	$(Q)$(INSTALL) -m 644 docs/* $(DESTDIR)$(PREFIX)/share/doc/mmvisor/docs

clean:
	$(Q)rm -rf build

-include $(shell find $(O) -name '*.d' 2>/dev/null)

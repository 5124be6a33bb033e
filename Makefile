# mmvisor - a laboratory for kernel memory management
#
#   make            build everything into build/
#   make run        set up what is missing, build, replay a real trace in a guest
#   make test       set up what is missing, build, run every test
#   make help       the other targets
#
# Each room says in its own build.mk what it adds.

CC      ?= gcc
B       := build
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

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
all:

include guest/build.mk
include tools/build.mk
include vmm/build.mk
include tests/build.mk

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# guest/build.mk - the guest kernel, twice from the same sources: build/kernel.elf and build/kernel-debug.elf
#
# Sources are taken by wildcard, so a new file needs no line here. The kernel runs where some KVMs emulate ring 0: baseline
# instructions only, no vector registers. libfdt comes ready-made from the distribution.

G_SRC	:= $(sort $(wildcard guest/mm/*.c guest/fs/*.c guest/kernel/*.c guest/lib/*.c guest/suites/*.c guest/drivers/*.c \
		guest/arch/x86/*.c guest/arch/x86/*.S))
G_LDS	:= guest/arch/x86/kernel.lds
LIBFDT_A ?= $(firstword $(wildcard /usr/lib/x86_64-linux-gnu/libfdt.a /usr/lib/libfdt.a /usr/lib64/libfdt.a))

G_INCLUDE := -nostdinc -isystem $(shell $(CC) -print-file-name=include) -I. -Iinclude -Iguest/arch/x86/include
G_FLAGS = -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -march=x86-64 -fno-pic -fno-pie \
	   -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-common \
	   -fno-stack-protector -fcf-protection=none -fno-tree-loop-distribute-patterns -fno-delete-null-pointer-checks \
	   -DMM_GUEST=1 $(G_INCLUDE)
G_CFLAGS = -std=gnu11 -O2 -g $(WARN) $(G_FLAGS)
G_LDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,-T,$(G_LDS)

G_OBJ	  := $(addsuffix .o,$(basename $(G_SRC:guest/%=$(B)/guest/%)))
G_OBJ_DBG := $(addsuffix .o,$(basename $(G_SRC:guest/%=$(B)/guest-debug/%)))

# What ring 0 must not execute: KVMs that emulate it stop at these, or do something else. (tzcnt is what "rep bsf" is called:
# both give the same for operands other than 0, and GCC's __builtin_ctz() is undefined for 0.)
G_BAD_INSN := popcnt|lzcnt|[lms]fence|rdtscp|rdpid|int3|int|cmpxchg16b|clac|stac|verr|lar|xsave[a-z]*|xrstor[a-z]*|xgetbv|clflush[a-z]*|clwb|invpcid|andn|mulx|shlx|sarx|shrx|pext|pdep|adcx|adox|crc32[a-z]*|movbe|monitor|mwait|vmcall|vmmcall
check_insn = objdump -d --no-show-raw-insn $@ | awk '/>:$$/ { where = $$2 } $$0 ~ /\t($(G_BAD_INSN))( |$$)/ || /%[xyz]mm/ { bad = 1; print "kernel: " where " " $$0 " must not be executed in ring 0 (guest/build.mk)" } END { exit bad }'

all: $(B)/kernel.elf $(B)/kernel-debug.elf

# <libfdt.h> lies among the hosted headers: found last, and what it includes is found before in arch/x86/libc.
$(B)/guest/arch/x86/fdt.o $(B)/guest-debug/arch/x86/fdt.o: G_INCLUDE += -Iguest/arch/x86/libc -idirafter /usr/include

$(B)/guest/%.o: guest/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(G_CFLAGS) -DMM_DEBUG=0 -DMM_CONTEXT_CHECKS=0 -MMD -MP -c -o $@ $<

$(B)/guest-debug/%.o: guest/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(G_CFLAGS) -DMM_DEBUG=2 -DMM_CONTEXT_CHECKS=1 -MMD -MP -c -o $@ $<

$(B)/guest/%.o: guest/%.S
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(G_FLAGS) -g -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

$(B)/guest-debug/%.o: guest/%.S
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(G_FLAGS) -g -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

$(B)/kernel.elf: $(G_OBJ) $(G_LDS)
	$(call say,LD,$@)
	$(Q)$(CC) $(G_LDFLAGS) -o $@ $(G_OBJ) $(LIBFDT_A)
	$(Q)$(check_insn)

$(B)/kernel-debug.elf: $(G_OBJ_DBG) $(G_LDS)
	$(call say,LD,$@)
	$(Q)$(CC) $(G_LDFLAGS) -o $@ $(G_OBJ_DBG) $(LIBFDT_A)
	$(Q)$(check_insn)

include guest/kernel/build.mk

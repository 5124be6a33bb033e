# tests/vmm/build.mk - the VMM's parts that need no KVM, under ASan and UBSan: --mem, ELF, DMA checks, KTAP, console, gate, lines
UNIT_TESTS += $(B)/tests/vmm/test_vmm

TV_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
TV_CFLAGS := -std=gnu11 -O1 -g $(WARN) -D_GNU_SOURCE -I. $(TV_SAN)
TV_PARTS := memspec elf ram dma_job ktap console gate disk virtqueue blk_request lines klog
TV_OBJS := $(patsubst tests/vmm/%.c,$(B)/tests/vmm/%.o,$(sort $(wildcard tests/vmm/*.c))) \
	$(TV_PARTS:%=$(B)/tests/vmm/vmm/%.o)

$(B)/tests/vmm/vmm/%.o: vmm/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TV_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/vmm/%.o: tests/vmm/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TV_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/vmm/test_vmm: $(TV_OBJS) $(CHECK_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(TV_SAN) -o $@ $^ $(CHECK_LIBS)

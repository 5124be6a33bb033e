# tests/bench/build.mk - what the measurements need beside the programs

$(B)/bench/boot_count: tests/bench/boot_count.c $(O)/libview.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(HOST_LDFLAGS) -MMD -MP -o $@ $< $(O)/libview.a $(VIEW_LIBS)

static-programs: $(B)/bench/boot_count

# guest/mm for the host once more (see tests/unit/build.mk): optimized, without sanitizers and without what the debug kernel adds.
N_B	:= $(B)/bench/native-obj
N_COMMON := -std=gnu11 -O2 -g $(WARN) -fno-strict-aliasing -DMM_GUEST=1 -DMM_DEBUG=0 -DMM_CONTEXT_CHECKS=0 -I. -MMD -MP
N_GUEST_O = $(U_GUEST:%.c=$(N_B)/%.o)
N_SIM_O = $(filter-out %/validate.o,$(U_SIM_O:$(U_B)/%=$(N_B)/%)) $(N_B)/tests/bench/native.o

$(N_B)/guest/%.o: guest/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(N_COMMON) -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) -Iinclude -Itests/unit/arch/include -c -o $@ $<

$(N_B)/tests/%.o: tests/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(N_COMMON) -D_GNU_SOURCE -Itests/unit/arch/include -Iinclude -c -o $@ $<

# What it is made of is known only when tests/unit/build.mk has been read, after this.
.SECONDEXPANSION:
$(B)/bench/native: $$(N_GUEST_O) $$(N_SIM_O)
	$(call say,LD,$@)
	$(Q)$(CC) $(U_WRAP) -o $@ $^

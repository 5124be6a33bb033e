# tests/unit/build.mk - guest/mm compiled for the host under ASan and UBSan, on a simulated machine (arch/), with Check
#
# The guest's sources are compiled as they are; only <asm/...> comes from here. Test programs may use the C library too.

U_B	  := $(B)/unit
U_GUEST	  := $(wildcard guest/mm/*.c) \
	     $(addprefix guest/lib/,rbtree.c spinlock.c stackdepot.c fault_inject.c kstrtox.c flag_names.c glob.c sort.c xarray.c)
U_SAN	  := -fsanitize=address,undefined -fno-sanitize-recover=all
U_COMMON  := -std=gnu11 -O1 -g $(WARN) -fno-strict-aliasing -fno-omit-frame-pointer -DMM_GUEST=1 -DMM_DEBUG=2 -I. -MMD -MP
U_KERNEL  := -Iinclude -Itests/unit/arch/include
# Calls that the simulated machine can refuse (arch/sim.c).
U_WRAP	  := $(foreach f,alloc_pages_owner alloc_pages_bulk_owner kmem_cache_alloc __kmalloc_cache __kmalloc,-Wl,--wrap=$(f))

U_GUEST_O := $(U_GUEST:%.c=$(U_B)/%.o)
U_SIM_O	  := $(U_B)/tests/unit/arch/sim.o $(U_B)/tests/unit/arch/sim_kernel.o $(U_B)/tests/unit/arch/sim_block.o $(U_B)/tests/unit/arch/sim_user.o $(U_B)/tests/unit/validate.o
U_MM_TESTS := $(patsubst tests/unit/%.c,$(U_B)/%,$(wildcard tests/unit/test_mm_*.c))

UNIT_TESTS += $(U_MM_TESTS)

$(U_B)/guest/%.o: guest/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(U_COMMON) $(U_SAN) -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) $(U_KERNEL) -c -o $@ $<

$(U_B)/tests/unit/arch/sim.o: tests/unit/arch/sim.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(U_COMMON) $(U_SAN) -D_GNU_SOURCE -Itests/unit/arch/include -Iinclude -c -o $@ $<

$(U_B)/tests/unit/validate.o $(U_B)/tests/unit/arch/sim_kernel.o $(U_B)/tests/unit/arch/sim_block.o $(U_B)/tests/unit/arch/sim_user.o: $(U_B)/%.o: %.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(U_COMMON) $(U_SAN) $(U_KERNEL) -c -o $@ $<

$(U_MM_TESTS:%=%.o): $(U_B)/%.o: tests/unit/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(U_COMMON) $(U_SAN) $(U_KERNEL) -c -o $@ $<

$(U_MM_TESTS): %: %.o $(U_GUEST_O) $(U_SIM_O) $(CHECK_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(U_SAN) $(U_WRAP) -o $@ $^ $(CHECK_LIBS)

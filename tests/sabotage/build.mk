# tests/sabotage/build.mk - the checkers are checked: damaged guest images, and the payloads that make them
#
# The library is compiled anew with the sanitizers: a read outside the image must not go unnoticed. (Not for a static program.)

E2E_TESTS += $(B)/sabotage/test_sabotage
SAB_OBJ := $(patsubst tests/sabotage/%.c,$(O)/tests/sabotage/%.o,$(sort $(wildcard tests/sabotage/*.c)))
SAB_KO := $(patsubst tests/sabotage/payloads/%.c,$(B)/sabotage/%.ko,$(sort $(wildcard tests/sabotage/payloads/*.c)))
ifeq ($(STATIC),1)
SAB_VIEW := $(O)/libview.a
else
SAB_VIEW := $(VIEW_SRC:tools/view/%.c=$(O)/sabotage/view/%.o)
SAB_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
endif

$(O)/sabotage/view/%.o: tools/view/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(filter-out -O2,$(HOST_CFLAGS)) -O1 $(SAB_SAN) -MMD -MP -c -o $@ $<

$(O)/tests/sabotage/%.o: tests/sabotage/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/sabotage/test_sabotage: $(SAB_OBJ) $(SAB_VIEW) $(CHECK_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) $(SAB_SAN) -o $@ $^ $(CHECK_LIBS) $(VIEW_LIBS)

$(B)/sabotage/%.ko: tests/sabotage/payloads/%.c $(B)/mmvisor-cc $(PAYLOAD_HEADERS)
	@mkdir -p $(@D)
	$(call say,MMV-CC,$@)
	$(Q)$(B)/mmvisor-cc $< -o $@

# Who notices what: every corruption, one line each.
.PHONY: sabotage-table
sabotage-table: all $(B)/sabotage/test_sabotage $(SAB_KO)
	$(Q)$(B)/sabotage/test_sabotage --matrix | tee $(B)/sabotage-table.txt

# Thousands of damaged cores: FUZZ_CORES of them for each of eight seeds.
FUZZ_CORES ?= 500
.PHONY: fuzz-cores
fuzz-cores: all $(B)/sabotage/test_sabotage $(SAB_KO)
	$(Q)SABOTAGE_ROUNDS=$(FUZZ_CORES) $(B)/sabotage/test_sabotage --fuzz

ifneq ($(STATIC),1)
e2e-tests: $(SAB_KO)
endif

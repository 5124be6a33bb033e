# tests/sabotage/build.mk - the checkers are checked: damaged guest images, and the payloads that make them
#
# The library is compiled anew with the sanitizers: a read outside the image must not go unnoticed. (Not for a static program.)

E2E_TESTS += $(B)/sabotage/test_sabotage
SAB_OBJ := $(patsubst tests/sabotage/%.c,$(O)/tests/sabotage/%.o,$(sort $(wildcard tests/sabotage/*.c)))
SAB_KO := $(patsubst tests/sabotage/payloads/%.c,$(B)/sabotage/%.ko,$(sort $(wildcard tests/sabotage/payloads/*.c)))
# mm-inspect itself is in it too, its main() as inspect_main().
SAB_DIR := $(O)/sabotage/$(if $(filter 1,$(STATIC)),plain,san)
SAB_VIEW := $(patsubst tools/%.c,$(SAB_DIR)/%.o,$(VIEW_SRC) $(INSPECT_SRC))
ifneq ($(STATIC),1)
SAB_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
endif

$(SAB_DIR)/inspect/map_html.o: tools/inspect/map.html
$(SAB_DIR)/inspect/schema.o: tools/schema/mm-inspect.json
$(SAB_DIR)/mm-inspect.o: SAB_MAIN := -Dmain=inspect_main -Wno-missing-prototypes
$(SAB_DIR)/%.o: tools/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(filter-out -O2,$(HOST_CFLAGS)) -O1 $(SAB_SAN) $(SAB_MAIN) -MMD -MP -c -o $@ $<

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

# Thousands of damaged cores: FUZZ_CORES of them for each of eight seeds, for the check alone, and for every command of mm-inspect
# with the release and the debug kernel's (a second each).
FUZZ_CORES ?= 150
.PHONY: fuzz-cores
fuzz-cores: all $(B)/sabotage/test_sabotage $(SAB_KO)
	$(Q)SABOTAGE_ROUNDS=$(FUZZ_CORES) $(B)/sabotage/test_sabotage --fuzz

ifneq ($(STATIC),1)
e2e-tests: $(SAB_KO)
endif

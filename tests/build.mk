# tests/build.mk - what this room adds to the build
#
# Each folder under tests/ may bring a build.mk. It adds to
#   UNIT_TESTS   Check programs that need no guest; `make unit` builds and runs them
#   E2E_TESTS    Check programs that drive the real binaries; `make e2e` builds them and all, and runs them
UNIT_TESTS :=
E2E_TESTS :=

# Payloads take structures and inline functions from these.
PAYLOAD_HEADERS := $(wildcard include/*/*.h include/*/*/*.h shared/*.h guest/arch/x86/include/asm/*.h)

# Every Check program is linked with these (marks.c says why it takes the place of a function of the library).
CHECK_OBJ  := $(O)/tests/marks.o $(O)/tests/runner.o
CHECK_LIBS := -Wl,--wrap=_mark_point -lcheck -lsubunit -lrt -lm -lpthread

$(CHECK_OBJ): $(O)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: unit-tests e2e-tests static-programs
include $(sort $(wildcard tests/*/build.mk))

unit-tests: $(UNIT_TESTS)
e2e-tests: all $(E2E_TESTS)
# What goes into the emulated machine (with STATIC=1).
static-programs: $(B)/mmvisor $(B)/mm-inspect $(B)/nested/holder $(E2E_TESTS)
# For the runner: which programs there are; jobs: the long one in parts that may run at once, PROGRAM@PART/PARTS.
E2E_JOBS = $(foreach t,$(E2E_TESTS),$(if $(filter %/test_e2e,$t),$(foreach k,1 2 3 4,$t@$k/4),$t))
print-unit-tests print-e2e-tests print-e2e-jobs: print-%:
	@echo $($(if $(filter unit-tests,$*),UNIT_TESTS,$(if $(filter e2e-jobs,$*),E2E_JOBS,E2E_TESTS)))

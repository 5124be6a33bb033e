# tests/e2e/build.mk - the Check program that drives the real binaries, and the payloads it runs
#
# The payloads are built the way a user builds one.

E2E_TESTS += $(B)/e2e/test_e2e
E2E_OBJS := $(patsubst tests/e2e/%.c,$(O)/e2e/%.o,$(sort $(wildcard tests/e2e/*.c)))
E2E_PAYLOADS := $(patsubst tests/e2e/payloads/%.c,$(B)/e2e/%.ko,$(sort $(wildcard tests/e2e/payloads/*.c)))
E2E_LIBS := -ljson-c -llzma

$(O)/e2e/%.o: tests/e2e/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/e2e/test_e2e: $(E2E_OBJS) $(CHECK_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(E2E_LIBS)

$(B)/e2e/%.ko: tests/e2e/payloads/%.c $(B)/mmvisor-cc $(PAYLOAD_HEADERS)
	@mkdir -p $(@D)
	$(call say,MMV-CC,$@)
	$(Q)$(B)/mmvisor-cc $< -o $@

ifneq ($(STATIC),1)
e2e-tests: $(E2E_PAYLOADS)
endif

# tests/trace/build.mk - the trace compiler under ASan and UBSan: every format, every kind of bad input, and a host-side model
# of the guest that performs op streams
UNIT_TESTS += $(B)/tests/trace/test_trace

TT_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
TT_CFLAGS := -std=gnu11 -O1 -g $(WARN) -D_GNU_SOURCE -I. $(TT_SAN)
TT_OBJS := $(patsubst tests/trace/%.c,$(B)/tests/trace/%.o,$(sort $(wildcard tests/trace/*.c))) \
	$(patsubst tools/trace/%.c,$(B)/tests/trace/tools/%.o,$(sort $(wildcard tools/trace/*.c)))

$(B)/tests/trace/tools/%.o: tools/trace/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TT_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/trace/%.o: tests/trace/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TT_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/trace/test_trace: $(TT_OBJS) $(CHECK_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(TT_SAN) -o $@ $^ $(CHECK_LIBS) -llzma

# Damaged op streams in real guests.
E2E_TESTS += $(B)/e2e/test_image

$(O)/e2e/test_image.o: tests/trace/e2e/test_image.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/e2e/test_image: $(O)/e2e/test_image.o $(O)/libmmvisor.a $(O)/libtrace.a $(O)/libview.a $(CHECK_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(VMM_LIBS)

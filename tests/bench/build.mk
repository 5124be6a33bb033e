# tests/bench/build.mk - what the measurements need beside the programs

$(B)/bench/boot_count: tests/bench/boot_count.c $(B)/libview.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(HOST_LDFLAGS) -MMD -MP -o $@ $< $(B)/libview.a $(VIEW_LIBS)

static-programs: $(B)/bench/boot_count

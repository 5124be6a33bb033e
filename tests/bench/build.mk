# tests/bench/build.mk - what the measurements need beside the programs

$(B)/bench/boot_count: tests/bench/boot_count.c $(O)/libview.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(HOST_LDFLAGS) -MMD -MP -o $@ $< $(O)/libview.a $(VIEW_LIBS)

static-programs: $(B)/bench/boot_count

# tests/nested/build.mk - what runs in the emulated machine beside the real programs

$(B)/nested/holder: tests/nested/holder.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(HOST_LDFLAGS) -MMD -MP -o $@ $<

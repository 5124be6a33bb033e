# guest/kernel/build.mk - the compiler for payloads, next to the other programs

all: $(B)/mmvisor-cc

$(B)/mmvisor-cc: tools/mmvisor-cc
	$(call say,COPY,$@)
	@mkdir -p $(@D)
	$(Q)install -m 755 $< $@

# vmm/build.mk - build/mmvisor, and libmmvisor.a: everything but main(), so that tests can link its parts
VMM_SRC := $(wildcard vmm/*.c)
VMM_OBJ := $(patsubst %.c,$(O)/%.o,$(VMM_SRC))
VMM_LIBS := -lfdt -ljson-c -lelf -lz -llzma -lpthread -lm

# `replay` is there when its file is.
VMM_CFLAGS := -DHAVE_REPLAY=$(if $(wildcard vmm/replay.c),1,0)

all: $(B)/mmvisor

$(O)/vmm/%.o: vmm/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(VMM_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/libmmvisor.a: $(filter-out $(O)/vmm/main.o,$(VMM_OBJ))
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/mmvisor: $(O)/vmm/main.o $(O)/libmmvisor.a $(O)/libtrace.a $(O)/libview.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(HOST_LDFLAGS) -o $@ $(filter-out %.h,$^) $(VMM_LIBS)

# tools/build.mk - libview.a (guest memory, symbols, invariants, listings), libtrace.a (recorded traces) and mm-inspect
VIEW_SRC  := $(wildcard tools/view/*.c)
TRACE_SRC := $(wildcard tools/trace/*.c)
VIEW_OBJ  := $(VIEW_SRC:%.c=$(O)/%.o)
TRACE_OBJ := $(TRACE_SRC:%.c=$(O)/%.o)

# What a program that links libview.a or libtrace.a needs besides.
VIEW_LIBS  := -ljson-c -lelf -lz
TRACE_LIBS := -llzma

$(O)/tools/%.o: tools/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(O)/libview.a: $(VIEW_OBJ)
$(O)/libtrace.a: $(TRACE_OBJ)
$(O)/libview.a $(O)/libtrace.a:
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

INSPECT_SRC := tools/mm-inspect.c $(wildcard tools/inspect/*.c)
INSPECT_OBJ := $(INSPECT_SRC:%.c=$(O)/%.o)

# The page that map --html fills in is part of the program.
$(O)/tools/inspect/map_html.o: tools/inspect/map.html
$(O)/tools/inspect/schema.o: tools/schema/mm-inspect.json

$(B)/mm-inspect: $(INSPECT_OBJ) $(O)/libview.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(HOST_LDFLAGS) $^ $(VIEW_LIBS) -o $@

all: $(B)/mm-inspect

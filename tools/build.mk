# tools/build.mk - libview.a (guest memory, symbols, invariants, listings), libtrace.a (recorded traces) and mm-inspect
VIEW_SRC  := $(wildcard tools/view/*.c)
TRACE_SRC := $(wildcard tools/trace/*.c)
VIEW_OBJ  := $(VIEW_SRC:%.c=$(B)/%.o)
TRACE_OBJ := $(TRACE_SRC:%.c=$(B)/%.o)

# What a program that links libview.a or libtrace.a needs besides.
VIEW_LIBS  := -ljson-c -lelf -lz
TRACE_LIBS := -llzma

$(B)/tools/%.o: tools/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(B)/libview.a: $(VIEW_OBJ)
$(B)/libtrace.a: $(TRACE_OBJ)
$(B)/libview.a $(B)/libtrace.a:
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

INSPECT_SRC := tools/mm-inspect.c $(wildcard tools/inspect/*.c)
INSPECT_OBJ := $(INSPECT_SRC:%.c=$(B)/%.o)

# The page that map --html fills in is part of the program.
$(B)/tools/inspect/map_html.o: tools/inspect/map.html

$(B)/mm-inspect: $(INSPECT_OBJ) $(B)/libview.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(HOST_LDFLAGS) $^ $(VIEW_LIBS) -o $@

all: $(B)/mm-inspect

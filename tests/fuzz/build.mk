# tests/fuzz/build.mk - the DMA engine against random guests: a Check program with random inputs (make test), and libFuzzer
# (make fuzz: needs clang; FUZZ_SECONDS=60, the corpus grows in build/fuzz/corpus-dma)
UNIT_TESTS += $(B)/fuzz/test_fuzz

FUZZ_CC	     ?= clang
FUZZ_SECONDS ?= 60
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CFLAGS := -std=gnu11 -O1 -g $(WARN) -D_GNU_SOURCE -I.
FUZZ_SRC := tests/fuzz/fuzz_dma.c $(foreach f,dma dma_job dma_storm gate ram,vmm/$(f).c)
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/%.o,$(FUZZ_SRC) tests/fuzz/test_fuzz.c)

$(B)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(FUZZ_CFLAGS) $(FUZZ_SAN) -MMD -MP -c -o $@ $<

$(B)/fuzz/test_fuzz: $(FUZZ_OBJ) $(CHECK_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(FUZZ_SAN) -o $@ $^ $(CHECK_LIBS)

$(B)/fuzz/fuzz_dma: $(FUZZ_SRC) tests/fuzz/libfuzzer.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $^ -lpthread

.PHONY: fuzz
fuzz: $(B)/fuzz/fuzz_dma
	@mkdir -p $(B)/fuzz/corpus-dma
	$(Q)$(B)/fuzz/fuzz_dma -max_total_time=$(FUZZ_SECONDS) -max_len=1024 -timeout=20 -artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus-dma

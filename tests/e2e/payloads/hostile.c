// SPDX-License-Identifier: MIT
/*
 * hostile.c - a guest that does its worst to the DMA engines: random registers, rings, descriptors and lists, as fast as it can.
 *
 * What it names is either its own data region or no memory within reach; so whatever else in memory changes was touched
 * without being named. Canaries lie around its regions. With hostile.msi=1 the engines' interrupts are random too: then the
 * guest may well come to grief, but the VMM must not.
 * hostile.seconds=N: how long, 2 if nobody says; hostile.seed=N.
 */
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <mmvisor/dma_engine.h>

#define CONTROL_SIZE (128UL << 10) /* rings of any size, then lists */
#define DATA_SIZE (64UL << 10)
/* Behind the data: an engine that reads a list while it is written may join an old length to a new address. */
#define DATA_GUARD (128UL << 10)
#define CANARIES 64
#define LISTS (64UL << 10) /* where in the control region they begin */

static unsigned int seconds = 2;
module_param(seconds, uint, 0);
static unsigned int msi;
module_param(msi, uint, 0);
static unsigned long seed;
module_param(seed, ulong, 0);

static struct rnd_state rnd;
static char *control, *data, *canary[CANARIES];
static dma_addr_t control_addr, data_addr, canary_addr[CANARIES];
static char __iomem *registers;

static u32 below(u32 n)
{
	return (u32)((u64)prandom_u32_state(&rnd) * n >> 32);
}

static u64 random64(void)
{
	return (u64)prandom_u32_state(&rnd) << 32 | prandom_u32_state(&rnd);
}

/* No memory that the engine reaches: too high, in the hole, at the edges, or around the end of all addresses. */
static u64 nowhere(void)
{
	switch (below(5)) {
	case 0:
		return HOLE_START + below(HOLE_END - HOLE_START);
	case 1:
		return ~0ULL - below(8192);
	case 2:
		return (1ULL << 24) + below(1 << 20);
	case 3:
		return 1ULL << (24 + below(40));
	default:
		return random64() | 1ULL << 30;
	}
}

/* A place and a length that may be written: in the data region, or refused as a whole. */
static void target(uint64_t *addr, uint64_t *len)
{
	if (below(3)) {
		u32 at = below(DATA_SIZE - 1);

		*addr = data_addr + at;
		*len = 1 + below((u32)(DATA_SIZE - at));
		if (!below(16))
			*len = (1ULL << 24) + random64() % (1ULL << 40);
	} else {
		*addr = nowhere();
		*len = below(2) ? below(1 << 16) : random64();
	}
}

static void write_list(u64 at)
{
	for (unsigned int i = 0; i < 8; i++) {
		struct dma_sg *sg = (struct dma_sg *)(control + at) + i;
		uint64_t addr, len;

		target(&addr, &len);
		sg->addr = addr;
		sg->len = (u32)(addr - data_addr < DATA_SIZE ? min_t(uint64_t, len, DATA_SIZE - (addr - data_addr))
							     : len);
	}
}

static void write_desc(void)
{
	struct dma_desc *d = (struct dma_desc *)control + below(below(4) ? 16 : 1024), made = {};
	u64 list = LISTS + below(64) * 256;

	made.op = below(8) ? 1 + below(4) : random64();
	made.flags = below(8) ? below(8) : random64();
	target(&made.dst, &made.len);
	made.src = below(4) ? data_addr + below(DATA_SIZE) : nowhere();
	made.src_nr = below(16) ? below(9) : random64();
	made.dst_nr = below(16) ? below(9) : random64();
	if (made.flags & (DMA_F_SRC_SG | DMA_F_DST_SG))
		write_list(list);
	if (made.flags & DMA_F_SRC_SG)
		made.src = below(8) ? control_addr + list : nowhere();
	/* A list of more pieces than were written would be taken from what lies behind. */
	if (made.flags & DMA_F_DST_SG) {
		made.dst = below(8) ? control_addr + list : nowhere();
		made.dst_nr = (u16)min_t(u32, made.dst_nr, 8);
	}
	/* Half a descriptor must not be carried out: it would name what nobody meant. */
	WRITE_ONCE(d->op, 0);
	*d = (struct dma_desc){.op = 0,
			       .src = made.src,
			       .dst = made.dst,
			       .len = made.len,
			       .flags = made.flags,
			       .src_nr = made.src_nr,
			       .dst_nr = made.dst_nr};
	barrier();
	WRITE_ONCE(d->op, made.op);
}

static void reg(u32 engine, u32 at, u64 value)
{
	*(volatile u64 *)(registers + engine * DEV_PAGE + at) = value;
}

static void queue_registers(u32 engine, u32 q)
{
	u64 base = DMA_QUEUE(q);

	switch (below(10)) {
	case 9: /* one that works, for once */
		reg(engine, base + DMA_QUEUE_RESET, 0);
		reg(engine, base + DMA_RING, control_addr);
		reg(engine, base + DMA_RING_SIZE, 16);
		reg(engine, base + DMA_HEAD, 1 + below(16));
		break;
	case 0:
		reg(engine, base + DMA_RING, below(4) ? control_addr : nowhere());
		break;
	case 1:
		reg(engine, base + DMA_RING_SIZE, below(8) ? 2u << below(10) : random64());
		break;
	case 2:
		reg(engine, base + DMA_HEAD,
		    below(4) ? *(volatile u64 *)(registers + engine * DEV_PAGE + base + DMA_TAIL) + below(20)
			     : random64());
		break;
	case 3:
		reg(engine, base + DMA_HEAD_GPA, below(2) ? control_addr + LISTS + below(1 << 15) : nowhere());
		break;
	case 4:
		if (msi) {
			reg(engine, base + DMA_MSI_ADDR, below(2) ? 0xfee00000 + below(1 << 20) : random64());
			reg(engine, base + DMA_MSI_DATA, random64());
		}
		break;
	case 5:
		reg(engine, base + DMA_QUEUE_RESET, random64());
		break;
	default:
		reg(engine, base + DMA_BELL, random64());
	}
}

static void misbehave(void)
{
	u32 engine = below(dma_engine_count()), q = below(DMA_QUEUES);

	switch (below(16)) {
	case 0:
		if (!below(8))
			reg(engine, DMA_RESET, random64());
		break;
	case 1:
		reg(engine, DMA_STORM(below(DMA_NR_STORMS)) + (below(2) ? DMA_STORM_HZ : DMA_STORM_FIRE), random64());
		break;
	case 2: /* any register that names nothing */
		(void)*(volatile u64 *)(registers + engine * DEV_PAGE + below(512) * 8);
		break;
	case 3: /* not even a register, or not as one */
		*(volatile u32 *)(registers + engine * DEV_PAGE + below(1024) * 4) = (u32)random64();
		break;
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
		write_desc();
		break;
	default:
		queue_registers(engine, q);
	}
}

static bool canaries_sing(void)
{
	for (unsigned int i = 0; i < CANARIES; i++)
		for (unsigned int b = 0; b < PAGE_SIZE; b += 8)
			if (*(u64 *)(canary[i] + b) != canary_addr[i] + b)
				return false;
	return true;
}

static void set_up(struct kunit *test)
{
	struct device *dev = dma_engine_device(0);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	for (unsigned int i = 0; i < CANARIES; i++) {
		if (i == CANARIES / 2) {
			control = dma_alloc_coherent(dev, CONTROL_SIZE, &control_addr, GFP_KERNEL);
			data = dma_alloc_coherent(dev, DATA_SIZE + DATA_GUARD, &data_addr, GFP_KERNEL);
		}
		canary[i] = dma_alloc_coherent(dev, PAGE_SIZE, &canary_addr[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, canary[i]);
		for (unsigned int b = 0; b < PAGE_SIZE; b += 8)
			*(u64 *)(canary[i] + b) = canary_addr[i] + b;
	}
	registers = ioremap(DMA_GPA(0), dma_engine_count() * DEV_PAGE);
	KUNIT_ASSERT_TRUE(test, control && data && registers);
}

static void hostile(struct kunit *test)
{
	struct device *dev = dma_engine_device(0);
	unsigned long until, n = 0;

	if (!seed)
		seed = get_random_u64();
	kunit_info(test, "hostile.seed=%lu", seed);
	prandom_seed_state(&rnd, seed);
	set_up(test);
	for (unsigned int i = 0; i < 200; i++)
		write_desc();
	for (until = jiffies + seconds * HZ; time_before(jiffies, until); n++) {
		misbehave();
		if (n % 64 == 0)
			cond_resched();
	}
	for (u32 e = 0; e < dma_engine_count(); e++)
		reg(e, DMA_RESET, 0);
	kunit_info(test, "%lu insults", n);
	KUNIT_EXPECT_TRUE(test, canaries_sing());
	iounmap(registers);
	for (unsigned int i = 0; i < CANARIES; i++)
		dma_free_coherent(dev, PAGE_SIZE, canary[i], canary_addr[i]);
	dma_free_coherent(dev, CONTROL_SIZE, control, control_addr);
	dma_free_coherent(dev, DATA_SIZE + DATA_GUARD, data, data_addr);
}

static struct kunit_case cases[] = {KUNIT_CASE(hostile), {}};
static struct kunit_suite suite = {.name = "hostile", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");

/* SPDX-License-Identifier: MIT */
/*
 * dma.h - the boot's side of the DMA engine driver; its users see <mmvisor/dma_engine.h>.
 */
#ifndef DRIVERS_DMA_H
#define DRIVERS_DMA_H

/** dma_drivers_init - take note of the engines in boot_info; an engine costs memory only once it is used. */
void dma_drivers_init(void);

/** dma_storms_init - the same for their storm channels. */
void dma_storms_init(void);

#endif

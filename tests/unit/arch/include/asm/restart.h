/* SPDX-License-Identifier: MIT */
/* asm/restart.h of the host build - nothing interrupts a simulated CPU where the test does not say so. */
#ifndef ASM_RESTART_H
#define ASM_RESTART_H

#define __restartable __attribute__((__noinline__))

#endif

/* SPDX-License-Identifier: MIT */
/* migrate_mode.h - how long moving a page may wait, and why it is moved. */
#ifndef _LINUX_MIGRATE_MODE_H
#define _LINUX_MIGRATE_MODE_H

/**
 * enum migrate_mode
 * @MIGRATE_ASYNC:      never waits
 * @MIGRATE_SYNC_LIGHT: waits for locks, not for writeback
 * @MIGRATE_SYNC:       waits for both
 */
enum migrate_mode { MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT, MIGRATE_SYNC };

enum migrate_reason { MR_COMPACTION, MR_MEMORY_FAILURE, MR_MEMORY_HOTPLUG, MR_SYSCALL, MR_CONTIG_RANGE, MR_TYPES };

#endif

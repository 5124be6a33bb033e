#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# scale.sh - the page allocator on 1, 2, 4 and 8 CPUs at once: zone locks taken per thousand operations, instructions per operation.
#
# Counts, not times (tests/bench/payloads/scale.c says how they are made). Exit code: 0 every row was measured; 1 not.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
make --no-print-directory -s all >/dev/null
make --no-print-directory -s STATIC=1 static-programs >/dev/null
mkdir -p build/bench
build/mmvisor-cc tests/bench/payloads/scale.c -o build/bench/scale.ko
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run='build/mmvisor run --seed 1 --mem dma=16M,dma32=496M,normal=512M build/bench/scale.ko'
tools/nested.sh --icount --name bench-scale --exec "for n in 1 2 4 8; do $run --cpus \$n; done" >"$log" || { cat "$log" && exit 1; }
awk '
	$1 != "scale:" { next }
	!($2 in seen) { seen[$2] = 1; name[n++] = $2 }
	{ locks[$2, $3] = $5; cost[$2, $3] = $6; rows++ }
	END {
		printf("  %-16s %35s   %35s\n", "page allocator", "locks per 1000 operations", "instructions per operation")
		printf("  %-16s %8s %8s %8s %8s   %8s %8s %8s %8s\n", "CPUs at once", 1, 2, 4, 8, 1, 2, 4, 8)
		for (i = 0; i < n; i++) {
			printf("  %-16s", name[i])
			for (c = 1; c <= 8; c *= 2) printf(" %8s", locks[name[i], c])
			printf("  ")
			for (c = 1; c <= 8; c *= 2) printf(" %8s", cost[name[i], c])
			printf("\n")
		}
		exit rows != 20
	}' "$log"
while read -r _ name cpus _ locks cost; do
	keep "scale.$name.$cpus.locks" "$locks" 'locks/1000'
	keep "scale.$name.$cpus.instructions" "$cost" instructions
done < <(grep '^scale: ' "$log")

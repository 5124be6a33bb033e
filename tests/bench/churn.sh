#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# churn.sh - free blocks of 2 MiB while about half of memory is in use, after 100 rounds of random frees and allocations
# (payloads/churn.c says how), in a guest of 1 GiB. Exit code: 0 every row was measured; 1 not.
#
# For comparison, from the published data of LLFree (Wrenger and others, USENIX ATC 2023), by the method of the last row with 128 GiB
# and 8 CPUs: 46.6 % of huge frames free after churn, and 0.14 % for Linux's buddy allocator.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
make --no-print-directory -s all >/dev/null
make --no-print-directory -s STATIC=1 static-programs >/dev/null
mkdir -p build/bench
build/mmvisor-cc tests/bench/payloads/churn.c -o build/bench/churn.ko
log=$(mktemp)
trap 'rm -f "$log"' EXIT
tools/nested.sh --name bench-churn --exec 'build/mmvisor run --seed 1 --timeout 300 --mem dma=16M,dma32=1008M build/bench/churn.ko' >"$log" ||
	{ cat "$log" && exit 1; }
percent() { awk -v n="$1" '$1 == "churn:" && $2 == n { printf "%.1f", $3 / $4 * 100 }' "$log"; }
row churn.filled "$(percent filled)" % 'free 2 MiB blocks after churn, half of memory taken'
row churn.emptied.begin "$(percent emptied.begin)" % 'the same, before it: 90 % taken, half of that freed at random'
row churn.emptied "$(percent emptied)" % '  and after it'
row churn.single.begin "$(percent single.begin)" % 'single pages that can be moved (as LLFree was measured)'
row churn.single "$(percent single)" % '  and after it (published: LLFree 46.6, Linux 0.14)'
[ -n "$(percent single)" ]

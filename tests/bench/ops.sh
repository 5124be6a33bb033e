#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# ops.sh - guest instructions per operation of every allocator, beside Linux's own and the project's targets.
#
# Runs tests/bench/payloads/ops.c in the emulated machine with instruction counting: two runs of one build agree to a few
# instructions. Exit code: 0 every row was measured; 1 not.
set -euo pipefail
cd "$(dirname "$0")/../.."
make --no-print-directory -s all
make --no-print-directory -s STATIC=1 static-programs
mkdir -p build/bench
build/mmvisor-cc tests/bench/payloads/ops.c -o build/bench/ops.ko
log=$(mktemp)
trap 'rm -f "$log"' EXIT
tools/nested.sh --icount --name bench-ops --exec 'build/mmvisor run --mem dma=16M,dma32=496M,normal=512M --seed 1 build/bench/ops.ko' >"$log" || { cat "$log" && exit 1; }
awk '
	NR == FNR { if ($0 !~ /^#/) { linux[$1] = $2; target[$1] = $3 } next }
	$1 == "bench:" {
		if (!head++) printf "  %-36s %9s %9s %9s %7s\n", "instructions per operation", "Linux", "mmvisor", "target", "ratio"
		l = ($2 in linux) ? linux[$2] : "-"; t = ($2 in target) ? target[$2] : "-"
		note = (t + 0 > 0 && $3 + 0 > t + 0) ? "  over its target" : ""
		printf("  %-36s %9s %9s %9s %7s%s\n", $2, l, $3, t, l + 0 ? sprintf("%.2f", $3 / l) : "-", note)
		if ($3 == "none:") bad = 1
	}
	END { exit bad || !head }' tests/bench/linux-6.1.txt "$log"

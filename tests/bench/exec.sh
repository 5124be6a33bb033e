#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# exec.sh - what the execution core costs: switches, interrupts, softirqs, work items, calls to another CPU.
#
# Runs tests/bench/payloads/exec.c twice in the emulated machine: counting instructions (one processor under the guest's two, so what
# crosses from one to the other holds a switch between them in the host), and by the clock. Exit code: 0 every row was
# measured; 1 not.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
make --no-print-directory -s all >/dev/null
make --no-print-directory -s STATIC=1 static-programs >/dev/null
mkdir -p build/bench
build/mmvisor-cc tests/bench/payloads/exec.c -o build/bench/exec.ko
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
one='build/mmvisor run --seed 1 build/bench/exec.ko'
two='build/mmvisor run --seed 1 --cpus 2 build/bench/exec.ko'
tools/nested.sh --icount --name bench-exec-count --exec "$one; $two" >"$log/count" || { cat "$log/count" && exit 1; }
tools/nested.sh --name bench-exec-clock --exec "$two" >"$log/clock" || { cat "$log/clock" && exit 1; }
awk '
	$1 != "bench:" { next }
	FILENAME ~ /count$/ { if (!($2 in count)) { count[$2] = $3; name[n++] = $2 } next }
	{ clock[$2] = $3 }
	END {
		printf "  %-40s %12s %12s\n", "execution core", "instructions", "cycles"
		for (i = 0; i < n; i++) {
			printf "  %-40s %12s %12s\n", name[i], count[name[i]], name[i] in clock ? clock[name[i]] : "none"
			if (!(name[i] in clock)) bad = 1
		}
		exit bad || n < 14
	}' "$log/count" "$log/clock"
while read -r _ name value _; do keep "exec.$name" "$value" instructions; done < <(grep '^bench: ' "$log/count" | sort -u -k 2,2)

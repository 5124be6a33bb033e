#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# sizes.sh - how large the programs and the kernel are, and how many lines each room has.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
make --no-print-directory -s all >/dev/null
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
for f in mmvisor mm-inspect; do
	strip -o "$tmp" build/$f
	row size.$f $(($(stat -c %s "$tmp") / 1024)) KiB "$f, stripped"
done
for f in kernel kernel-debug; do
	row size.$f "$(size build/$f.elf | awk 'NR == 2 { print int(($1 + $2 + $3) / 1024) }')" KiB "$f.elf in guest memory"
done
for room in shared include guest/arch guest/mm guest/kernel guest/drivers guest/fs guest/lib guest/suites vmm tools tests; do
	[ -d $room ] || continue
	row "lines.$room" "$(git ls-files $room | grep -E '\.([chS]|sh|mk|py)$' | xargs cat | wc -l)" lines "$room"
done

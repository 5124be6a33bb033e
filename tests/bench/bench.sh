#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# bench.sh - what the project measures about itself: launch, empty run, boot instructions, replay speed on both engines; and what
# each operation of the allocators costs (ops.sh), and each way through the execution core (exec.sh).
#
# Times are medians. Instructions: in the emulated machine with --icount the TSC counts one per instruction. The guest's count holds what
# the kernel under it executes for its exits and page faults, a tick of it now and then too: so the least of five counts.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0

# field NAME FILE - the number of "NAME": in a flat enough JSON object
field() { sed -n "s/.*\"$1\": *\\([0-9.]*\\).*/\\1/p" "$2" | head -n 1; }
median() { sort -g | awk '{ a[NR] = $1 } END { if (NR) printf "%.2f\n", a[int((NR + 1) / 2)]; else print "none" }'; }
row() { printf '  %-44s %14s %s\n' "$@"; }

# replay_speed LABEL JSON - operations (allocations done and frees) per second of the guest's replay
replay_speed() {
	awk -v a="$(field allocations "$2")" -v f="$(field frees "$2")" -v ms="$(field suites "$2")" -v label="$1" 'BEGIN {
		if (ms > 0) printf "  %-44s %14d ops/s  (%d operations in %.1f s)\n", label, (a + f) / ms * 1000, a + f, ms / 1000
		else print "  " label ": no result" }'
}

on_host() {
	local reason n t0 t1
	if ! reason=$(build/mmvisor host 2>&1 >/dev/null); then
		echo "  this host: skipped: $reason"
		return
	fi
	for n in $(seq 15); do
		t0=$(date +%s%N)
		build/mmvisor run --append kunit.action=none --json "$tmp/$n.json" >/dev/null || bad=1
		t1=$(date +%s%N)
		echo "$(((t1 - t0) / 1000))e-3" >>"$tmp/exit"
		field launch "$tmp/$n.json" >>"$tmp/launch"
		field boot "$tmp/$n.json" >>"$tmp/boot"
	done
	row 'host: exec to first guest instruction' "$(median <"$tmp/launch")" ms
	row 'host: boot to first payload instruction' "$(median <"$tmp/boot")" ms
	row 'host: exec to exit of an empty run' "$(median <"$tmp/exit")" ms
	build/mmvisor replay --json "$tmp/replay.json" tests/data/compile.kmem.txt.xz >/dev/null || bad=1
	replay_speed 'host: replay of a compile job' "$tmp/replay.json"
}

nested_speed() {
	local out=build/nested/bench-speed/out
	tools/nested.sh --cases tests/bench/nested-speed.txt --name bench-speed >"$tmp/log" 2>&1 || { cat "$tmp/log" && bad=1; }
	for n in 1 2 3 4 5; do
		field launch "$out/empty-$n/r.json" >>"$tmp/nlaunch"
		field boot "$out/empty-$n/r.json" >>"$tmp/nboot"
	done
	row 'nested: exec to first guest instruction' "$(median <"$tmp/nlaunch")" ms
	row 'nested: boot to first payload instruction' "$(median <"$tmp/nboot")" ms
	row 'nested: exec to exit of an empty run' "$(sed -n 's/^@end empty-[0-9]* 0 \([0-9]*\).*/\1/p' build/nested/bench-speed/report | median)" 'ms (to 10 ms)'
	replay_speed 'nested: replay of a compile job' "$out/replay/r.json"
}

nested_count() {
	local logs=build/nested/bench-count/logs
	tools/nested.sh --icount --cases tests/bench/nested-count.txt --name bench-count >"$tmp/log" 2>&1 || { cat "$tmp/log" && bad=1; }
	local small size count
	small=$(sort -n $logs/boot-64M | head -n 1)
	row 'boot, 64M of RAM' "$small" "instructions (of five: least; most $(sort -n $logs/boot-64M | tail -n 1))"
	for size in 1G 64G 1T; do
		count=$(sort -n $logs/boot-$size | head -n 1)
		row "boot, $size of RAM" "$count" "instructions ($(awk -v a="$small" -v b="$count" 'BEGIN { printf "%+.1f %%", (b / a - 1) * 100 }'))"
	done
}

make --no-print-directory -s STATIC=1 static-programs || exit 1
on_host
nested_speed
nested_count
tests/bench/ops.sh || bad=1
tests/bench/exec.sh || bad=1
tests/bench/scale.sh || bad=1
exit $bad

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317 # most functions are called through part()
#
# bench.sh - everything that the project measures, in one run: a table for each part, build/bench/bench.json, and what changed since the
# last release (tests/bench/last.txt).
#
#	tests/bench/bench.sh            all of it, within ten minutes on two cores
#	tests/bench/bench.sh --keep     and keep the counts as those of the last release
#	QUICK=1 tests/bench/bench.sh    within two: this host, sizes, the allocators' instructions beside Linux's
#
# Parts: launch.sh (this host's KVM, beside QEMU's microvm), sizes.sh, native.sh (nanoseconds on the host beside mimalloc and jemalloc),
# ops.sh (instructions beside Linux's, in one machine), and without QUICK boot instructions here, exec.sh, scale.sh, churn.sh.
# Times are this machine's, and change with what else it does; instructions repeat. Exit code: 0 every row was measured; 1 not.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
keep_release=0
[ "${1-}" != --keep ] || keep_release=1
quick=${QUICK:-0}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export BENCH_ROWS=$tmp/rows
: >"$BENCH_ROWS"
bad=0 last=tests/bench/last.txt

# Boot, in the emulated machine that counts instructions: its count holds what the kernel under it executes for exits and page faults,
# a tick of it now and then too, so the least of five boots. From entry to the first payload instruction.
boot_counts() {
	local logs=build/nested/bench-count/logs small count what
	tools/nested.sh --icount --cases tests/bench/nested-count.txt --name bench-count >"$tmp/log" 2>&1 || { cat "$tmp/log" && return 1; }
	small=$(sort -n "$logs/boot-64M" | head -n 1)
	for what in 64M 1G 64G 1T 2cpus 4cpus 8cpus; do
		count=$(sort -n "$logs/boot-$what" | head -n 1)
		row "boot.$what" "$count" instructions "boot, ${what/cpus/ vCPUs}$([[ $what == *cpus ]] || echo ' of RAM')$(
			awk -v a="$small" -v b="$count" 'BEGIN { if (a != b) printf " (%+.1f %%)", (b / a - 1) * 100 }')"
	done
}

nested_times() {
	local out=build/nested/bench-speed/out
	tools/nested.sh --cases tests/bench/nested-speed.txt --name bench-speed >"$tmp/log" 2>&1 || { cat "$tmp/log" && return 1; }
	row nested.launch "$(for n in 1 2 3 4 5; do field launch "$out/empty-$n/r.json"; done | median)" ms 'nested: exec to first guest instruction'
	row nested.boot "$(for n in 1 2 3 4 5; do field boot "$out/empty-$n/r.json"; done | median)" ms 'nested: boot to first payload instruction'
	row nested.replay "$(awk -v a="$(field allocations "$out/replay/r.json")" -v f="$(field frees "$out/replay/r.json")" \
		-v ms="$(field suites "$out/replay/r.json")" 'BEGIN { printf "%d", (a + f) / ms * 1000 }')" ops/s 'nested: replay of a compile job'
}

# Times and speeds are one machine's: only counts are kept from release to release.
counts() { grep -E ' (instructions|locks/1000|KiB|lines|%)$' "$BENCH_ROWS"; }

# What differs from the last release by more than 2 %.
compare() {
	awk -v last="$last" '
		FILENAME == last { if ($1 !~ /^#/) old[$1] = $2; next }
		!($1 in old) { fresh++; next }
		{
			d = old[$1] ? ($2 / old[$1] - 1) * 100 : 0
			if (d > 2 || d < -2) { printf "  %-44s %12s -> %12s %-12s (%+.0f %%)\n", $1, old[$1], $2, $3, d; n++ }
		}
		END { if (!n) print "  nothing by more than 2 %"; if (fresh) print "  new rows: " fresh }' "$last" <(counts)
}

json() {
	awk 'BEGIN { printf "{" }
		{ unit = $3; for (i = 4; i <= NF; i++) unit = unit " " $i
		  printf "%s\n  \"%s\": {\"value\": %s, \"unit\": \"%s\"}", (NR > 1 ? "," : ""), $1, $2, unit }
		END { print "\n}" }' "$BENCH_ROWS" >build/bench/bench.json
}

part() {
	local start=$SECONDS
	echo "$1"
	shift
	"$@" || bad=1
	echo "  ($((SECONDS - start)) s)"
}

mkdir -p build/bench
make --no-print-directory -s all >/dev/null || exit 1
part 'This host, times' tests/bench/launch.sh
part 'Sizes' tests/bench/sizes.sh
part 'Allocators on the host' tests/bench/native.sh
make --no-print-directory -s STATIC=1 static-programs >/dev/null || exit 1
part 'Allocators in the guest, beside Linux' tests/bench/ops.sh
if [ "$quick" = 0 ]; then
	part 'Boot, instructions' boot_counts
	part 'In the emulated machine, times' nested_times
	part 'Execution core' tests/bench/exec.sh
	part 'Several CPUs at once' tests/bench/scale.sh
	part 'Fragmentation' tests/bench/churn.sh
fi
json
if [ -e $last ]; then part 'Since the last release' compare; fi
if [ $keep_release = 1 ]; then
	{ echo '# What the last release needed: name, value, unit (tests/bench/bench.sh --keep)' && counts; } >$last
fi
echo "$(wc -l <"$BENCH_ROWS") figures in build/bench/bench.json, $SECONDS s"
exit $bad

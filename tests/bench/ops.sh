#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# ops.sh - guest instructions per operation of every allocator: Linux's and ours, measured in one machine.
#
#	tests/bench/ops.sh            measure, print the table, leave build/bench/ops.json
#
# One source (payloads/ops.c) is built as a module of the stock kernel and as a payload. One emulated machine that counts instructions
# boots the stock kernel, loads the module, then runs the payload in a guest on that very kernel's KVM. Two runs of one build agree to
# the digit in most rows. The stock kernel does not clear what it allocates (init_on_alloc=0), as ours does not.
# Exit code: 0 every row was measured and is within its target (tests/bench/targets.txt); 1 not.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
tools/setup.sh nested bench
make --no-print-directory -s all >/dev/null
make --no-print-directory -s STATIC=1 static-programs >/dev/null

version=$(cat build/nested/kernel/version)
module=build/bench/linux
rm -rf $module
mkdir -p $module
cp tests/bench/payloads/linux/* tests/bench/payloads/ops.c $module/
make -s -C "/lib/modules/$version/build" "M=$PWD/$module" modules >$module/log 2>&1 || { cat $module/log && exit 1; }
build/mmvisor-cc -I tests/bench/payloads/mmvisor tests/bench/payloads/ops.c -o build/bench/ops.ko

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
tools/nested.sh --icount --name bench-ops --append init_on_alloc=0 --cases tests/bench/ops-cases.txt >"$log/run" || { cat "$log/run" && exit 1; }
for who in linux mmvisor; do sed -n 's/^bench: //p' build/nested/bench-ops/logs/$who >"$log/$who"; done
last=tests/bench/last.txt
if [ ! -e $last ]; then last=$log/last.txt && : >"$last"; fi
rc=0
awk -v json=build/bench/ops.json '
	/^#/ { next }
	FILENAME ~ /targets.txt$/ { target[$1] = $2; explained[$1] = $3; next }
	FILENAME ~ /last.txt$/ { last[$1] = $2; next }
	FILENAME ~ /linux$/ { linux[$1] = $2; next }
	{ ours[$1] = $2; name[n++] = $1 }
	function or_dash(table, key) { return (key in table) ? table[key] : "-" }
	END {
		printf("  %-36s %9s %9s %7s %9s %9s\n", "instructions per operation", "Linux", "mmvisor", "ratio", "target", "last")
		printf("{\n") >json
		for (i = 0; i < n; i++) {
			k = name[i]; o = ours[k]; l = or_dash(linux, k); t = or_dash(target, k)
			limit = t == "-" ? l : t
			note = ""
			# Two runs may differ by an instruction or two, two builds by a few.
			if (limit + 0 > 0 && o + 0 > limit + 0) {
				note = explained[k] ? "  over: see targets.txt" : "  over"
				if (!explained[k] && o > limit * 1.02) bad = 1
			}
			printf("  %-36s %9s %9s %7s %9s %9s%s\n", k, l, o, l + 0 > 0 ? sprintf("%.2f", o / l) : "-", t, or_dash(last, k), note)
			printf("  \"%s\": {\"linux\": %s, \"mmvisor\": %s}%s\n", k, l + 0 > 0 ? l : "null", o + 0 > 0 ? o : "null", i + 1 < n ? "," : "") >json
			if (!(o + 0 > 0)) bad = 1
		}
		printf("}\n") >json
		exit bad || !n
	}' tests/bench/targets.txt "$last" "$log/linux" "$log/mmvisor" || rc=1
while read -r name value; do keep "$name" "$value" instructions; done <"$log/mmvisor"
while read -r name value; do keep "linux.$name" "$value" instructions; done <"$log/linux"
exit $rc

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# native.sh - the allocators compiled for the host, beside malloc() of the C library, mimalloc and jemalloc: nanoseconds per operation
# (an allocation and its free), and instructions counted by callgrind. Exit code: 0 every row was measured; 1 not.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
tools/setup.sh bench-native
make --no-print-directory -s build/bench/native >/dev/null
mimalloc=$(ldconfig -p | sed -n 's/.*libmimalloc\.so\.[0-9].* => //p' | head -n 1)
jemalloc=$(ldconfig -p | sed -n 's/.*libjemalloc\.so.* => //p' | head -n 1)
ops=20480 rounds=41 bad=0
[ "${QUICK:-0}" = 0 ] || rounds=11

# ns LIBRARY ROW
ns() { LD_PRELOAD=$1 build/bench/native "$2" $ops $rounds; }

# Instructions of so many more operations: what begins and ends a process is in both counts. Nothing is timed under the tool.
collected() { LD_PRELOAD=$1 valgrind --tool=callgrind --callgrind-out-file=/dev/null build/bench/native "$2" "$3" 1 2>&1 | sed -n 's/.*Collected : //p'; }
instructions() {
	local few many
	few=$(collected "$1" "$2" $ops) many=$(collected "$1" "$2" $((2 * ops)))
	echo $(((many - few + ops / 2) / ops))
}

printf '  %-24s %28s   %32s\n' 'on the host' 'ns' 'instructions'
printf '  %-24s %7s %7s %7s %7s   %8s %7s %7s %7s\n' '' mmvisor glibc mimall. jemall. mmvisor glibc mimall. jemall.
while read -r ours theirs; do
	printf '  %-24s' "$ours"
	for who in mmvisor: glibc: "mimalloc:$mimalloc" "jemalloc:$jemalloc"; do
		name=$theirs
		[ "${who%%:*}" != mmvisor ] || name=$ours
		v=$(ns "${who#*:}" "$name") || bad=1
		printf ' %7s' "$v"
		keep "native.$ours.${who%%:*}.ns" "$v" ns
	done
	printf '  '
	for who in mmvisor: glibc: "mimalloc:$mimalloc" "jemalloc:$jemalloc"; do
		name=$theirs v=-
		[ "${who%%:*}" != mmvisor ] || name=$ours
		# The tool is slow: in a hurry one row is counted.
		if [ "${QUICK:-0}" = 0 ] || [ "$ours" = kmalloc_64.pair ]; then v=$(instructions "${who#*:}" "$name") || bad=1; fi
		printf ' %7s' "$v"
		keep "native.$ours.${who%%:*}.instructions" "$v" instructions
	done
	echo
done < <(build/bench/native list | paste -d' ' - -)
exit $bad

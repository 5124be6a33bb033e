# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# lib.sh - what the parts of the measurement share. Each prints its own table and, if $BENCH_ROWS is set, adds a line a figure to that
# file: NAME VALUE UNIT. bench.sh makes the JSON file and the comparison with the last release of them.

# keep NAME VALUE UNIT - a figure that was measured; what is not a number is not one.
keep() {
	if [[ ${2-} =~ ^-?[0-9]+(\.[0-9]+)?$ ]]; then printf '%s %s %s\n' "$1" "$2" "$3" >>"${BENCH_ROWS:-/dev/null}"; fi
}

# row NAME VALUE UNIT TEXT - print it, and keep it
row() {
	printf '  %-58s %14s %s\n' "$4" "$2" "$3"
	keep "$1" "$2" "$3"
}

# field NAME FILE - the number of "NAME": in a flat enough JSON object
field() { sed -n "s/.*\"$1\": *\\([0-9.]*\\).*/\\1/p" "$2" | head -n 1; }
median() { sort -g | awk '{ a[NR] = $1 } END { if (NR) printf "%.2f\n", a[int((NR + 1) / 2)]; else print "none" }'; }
now_us() { echo "$((${EPOCHREALTIME/[.,]/}))"; }

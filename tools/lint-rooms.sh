#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# lint-rooms.sh - who may include what: arrows between the rooms of the house run downwards only.
#
# Each rule is: files (a pattern on their path), then what they may include, as extended regular expressions on the
# text after #include. The first rule whose pattern matches a file decides. Prints each offence; exit code 1 if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."

# What any C compiler has without a library.
free='<std(arg|bool|def|int)\.h>|<limits\.h>'
# The API for payload authors, and the narrow interface that an architecture supplies.
api='<(linux|kunit|mmvisor|asm)/[a-z0-9_/-]+\.h>'
# Hosted programs may use the C library, the kernel's KVM header and the libraries of the build.
host='<[a-z0-9_/.-]+\.h>'

rules() {
	cat <<RULES
shared/*                $free|"shared/[a-z_]+\.h"
include/*               $free|$api|"shared/[a-z_]+\.h"
guest/arch/x86/fdt.c    $free|$api|<libfdt\.h>|"shared/[a-z_]+\.h"|"guest/arch/x86/[a-z_]+\.h"|"guest/kernel/boot_info\.h"
guest/arch/x86/libc/*   $free|$api
guest/arch/x86/*        $free|$api|"shared/[a-z_]+\.h"|"guest/(arch/x86|drivers|lib)/[a-z_]+\.h"|"guest/kernel/(boot_info|main)\.h"
guest/mm/*              $free|$api|"shared/[a-z_]+\.h"|"guest/(mm|lib)/[a-z_]+\.h"|"[a-z_]+\.h"
guest/fs/*              $free|$api|"shared/[a-z_]+\.h"|"[a-z_]+\.h"
guest/kernel/*          $free|$api|"shared/[a-z_]+\.h"|"guest/(kernel|drivers|lib)/[a-z_]+\.h"|"[a-z_]+\.h"
guest/drivers/*         $free|$api|"shared/[a-z_]+\.h"|"guest/kernel/boot_info\.h"|"guest/(drivers|lib)/[a-z_]+\.h"|"[a-z_]+\.h"
guest/lib/*             $free|$api|"shared/[a-z_]+\.h"|"guest/lib/[a-z_]+\.h"|"[a-z_]+\.h"
guest/suites/replay*.c  $free|$api|"shared/(replay|types|layout)\.h"|"guest/suites/[a-z_]+\.h"|"[a-z_]+\.h"
guest/suites/cost.c     $free|$api|"shared/vmalloc\.h"|"[a-z_]+\.h"
guest/suites/*          $free|$api|"guest/suites/[a-z_]+\.h"|"[a-z_]+\.h"
vmm/*                   $host|"shared/[a-z_]+\.h"|"tools/(view|trace)/[a-z_]+\.h"|"vmm/[a-z_]+\.h"
tools/view/*            $host|"shared/[a-z_]+\.h"|"tools/view/[a-z_]+\.h"
tools/trace/*           $host|"shared/[a-z_]+\.h"|"tools/trace/[a-z_]+\.h"|"[a-z_]+\.h"
tools/*                 $host|"shared/[a-z_]+\.h"|"tools/[a-z_/]+\.h"
tests/bench/payloads/*  $free|$api|"platform\.h"
tests/*/payloads/*      $free|$api
tests/*                 .*
RULES
}

mapfile -t files < <(git ls-files -co --exclude-standard '*.c' '*.h' '*.S')
[ ${#files[@]} -gt 0 ] || exit 0
table=$(rules)
grep -nHE '^[[:space:]]*#[[:space:]]*include' "${files[@]}" | awk -v table="$table" '
BEGIN {
	n = split(table, lines, "\n")
	for (i = 1; i <= n; i++) {
		match(lines[i], /^[^ ]+ +/)
		glob[i] = substr(lines[i], 1, RLENGTH)
		gsub(/ +$/, "", glob[i])
		may[i] = "^(" substr(lines[i], RLENGTH + 1) ")$"
		gsub(/\./, "\\.", glob[i])
		gsub(/\*/, ".*", glob[i])
		glob[i] = "^" glob[i] "$"
	}
}
{
	split($0, part, ":")
	what = $0
	sub(/^[^#]*#[ \t]*include[ \t]*/, "", what)
	if (!match(what, /^("[^"]*"|<[^>]*>)/))
		next
	what = substr(what, 1, RLENGTH)
	for (i = 1; i <= n; i++) {
		if (part[1] !~ glob[i])
			continue
		if (what !~ may[i]) {
			print part[1] ":" part[2] ": may not include " what
			bad = 1
		}
		next
	}
	print part[1] ": belongs to no room of the house"
	bad = 1
}
END { exit bad }'

# The host build of the allocators supplies another architecture, not another code path.
if grep -nE '^[[:space:]]*#[[:space:]]*if.*(__KERNEL__|MM_HOST|MM_GUEST|__linux__|UNIT_TEST)' guest/mm/*.[ch]; then
	echo 'guest/mm: one code path only: no #if on where it runs' >&2
	exit 1
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# lint.sh - everything that can be said about the sources without running them; all of it must be clean.
#
#	tools/lint.sh                  all
#	tools/lint.sh tidy vmm guest   only one step (format, rooms, shell, cppcheck, tidy), only files under some folders
set -uo pipefail
cd "$(dirname "$0")/.." || exit
steps='format rooms shell cppcheck tidy'
case ${1:-} in
format | rooms | shell | cppcheck | tidy) steps=$1 && shift ;;
esac
if [ "${1:-}" = --tidy-one ]; then steps=one; fi
bad=0

# sources PATTERN... - the project's files, also new ones, below the folders asked for
folders=("$@")
sources() {
	git ls-files -co --exclude-standard "$@" | if [ ${#folders[@]} = 0 ]; then cat; else
		grep -E "^($(IFS='|'; echo "${folders[*]}"))(/|\$)"
	fi
}

note() {
	printf '  %-9s %s\n' "$1" "$2"
	if [ "$2" != clean ]; then bad=1; fi
}

lint_format() {
	local odd
	odd=$(sources '*.c' '*.h' | xargs -r clang-format --dry-run -Werror 2>&1 | sed -n 's/^\([^: ]*\):[0-9]*:.*/\1/p' | sort | uniq -c)
	if [ -z "$odd" ]; then note format clean; else
		echo "$odd"
		note format 'these files have so many places that differ: run make format'
	fi
}

lint_rooms() {
	if tools/lint-rooms.sh; then note rooms clean; else note rooms 'includes that the table does not allow'; fi
}

lint_shell() {
	if ! command -v shellcheck >/dev/null; then
		echo '  shell     shellcheck is not here: skipped'
	elif sources '*.sh' .ci/run | xargs -r shellcheck; then note shell clean; else note shell 'see above'; fi
}

lint_cppcheck() {
	if sources '*.c' | grep -v '^tests/.*/payloads/' | xargs -r cppcheck --quiet --std=c11 --language=c --error-exitcode=1 \
		--enable=warning,performance,portability --inline-suppr --suppressions-list=tools/cppcheck.txt -I. -Iinclude \
		-Iguest/arch/x86/include -DMM_GUEST=1 -DMM_DEBUG=0 -DMM_CONTEXT_CHECKS=0 -D_GNU_SOURCE -j 2; then
		note cppcheck clean
	else
		note cppcheck 'see above'
	fi
}

# tidy_key FILE FLAG... - all that clang-tidy's verdict on a file depends on: itself, what it is asked, every file that is read
tidy_key() {
	clang-tidy --version
	cat .clang-tidy
	printf '%s ' "$@"
	${CC:-gcc} -M -fno-pie "${@:2}" "$1" 2>/dev/null | tr -d '\\\n' | cut -d: -f2- | xargs -r sha256sum
}

# One file, with the flags of its room as far as clang understands them. What was clean and has not changed since is not looked at again.
tidy_one() {
	local flags=(-std=gnu11 -I. -Wall -Wextra -Wno-unknown-warning-option)
	local guest=(-ffreestanding -nostdinc -isystem "$(${CC:-gcc} -print-file-name=include)" -Iinclude -Iguest/arch/x86/include
		-mcmodel=kernel -mno-red-zone -mgeneral-regs-only -DMM_GUEST=1 -DMM_DEBUG=2 -DMM_CONTEXT_CHECKS=1)
	case $1 in
	tests/bench/payloads/*) flags+=("${guest[@]}" -Itests/bench/payloads/mmvisor) ;;
	guest/arch/x86/fdt.c) flags+=("${guest[@]}" -Iguest/arch/x86/libc -idirafter /usr/include) ;;
	guest/* | tests/*/payloads/*) flags+=("${guest[@]}") ;;
	*) flags+=(-D_GNU_SOURCE) ;;
	esac
	local known=build/lint/$1.clean key
	key=$(tidy_key "$1" "${flags[@]}" | sha256sum) || key=
	if [ -n "$key" ] && [ "$key" = "$(cat "$known" 2>/dev/null)" ]; then return 0; fi
	rm -f "$known"
	clang-tidy --quiet "$1" -- "${flags[@]}" 2>/dev/null || return
	[ -n "$key" ] || return 0
	mkdir -p "$(dirname "$known")"
	echo "$key" >"$known"
}

lint_tidy() {
	# The host build of the allocators has flags of its own; the same sources are looked at as the guest compiles them.
	if sources '*.c' | grep -Ev '^tests/(unit/|bench/native)' | xargs -r -P 2 -n 1 tools/lint.sh --tidy-one; then
		note tidy clean
	else
		note tidy 'see above'
	fi
}

for step in $steps; do
	case $step in
	format) lint_format ;;
	rooms) lint_rooms ;;
	shell) lint_shell ;;
	cppcheck) lint_cppcheck ;;
	tidy) lint_tidy ;;
	one) tidy_one "$2" || bad=1 ;;
	esac
done
exit $bad

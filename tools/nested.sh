#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# nested.sh - run the real programs in an emulated machine: QEMU without KVM, SVM emulated, a stock kernel with kvm-amd.
#
#	tools/nested.sh                      every case of tests/nested/cases.txt
#	tools/nested.sh --only 'suites-*'    those whose name matches
#	tools/nested.sh --icount …           one CPU, the clock counts instructions: exact and repeatable, slower
#	tools/nested.sh --exec 'build/mmvisor host'    one command of your own; its output comes to stdout as it is
#	tools/nested.sh --append ARGS …      more boot arguments for the stock kernel
#
# Cases come from --cases FILE (default tests/nested/cases.txt), one a line:  name | seconds | exit code | regex | command
# (the regular expression holds no '|'). A case that cannot be done there begins with a line "SKIP reason". With --exec the exit code
# is the command's.
# --tap FILE writes one TAP line per case. Leaves build/nested/NAME/{report,console,out/} of the last run (NAME: --name,
# default "last"). Exit code: 0 all cases passed; 1 not; 2 usage; 3 the emulated machine could not be started at all.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
	echo "nested: $1" >&2
	exit "${2:-3}"
}

cases=tests/nested/cases.txt only='*' name=last tap='' exec_command='' icount=0 limit=3000 append=''
while [ $# -gt 0 ]; do
	case $1 in
	--icount) icount=1 ;;
	--cases | --only | --name | --tap | --limit | --append)
		[ $# -ge 2 ] || die "$1 needs a value" 2
		printf -v "${1#--}" %s "$2"
		shift
		;;
	--exec)
		[ $# -ge 2 ] || die "$1 needs a command" 2
		exec_command=$2
		shift
		;;
	*) die "unknown option $1: see the head of tools/nested.sh" 2 ;;
	esac
	shift
done

kernel=build/nested/kernel
[ -s $kernel/order ] || die "no stock kernel in $kernel: run make setup"
run=$(mktemp -d build/nested/run.XXXXXX)
qemu=0
cleanup() {
	[ "$qemu" = 0 ] || kill -9 "$qemu" 2>/dev/null || true
	rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# ---- the cases, comments gone; one line for each program where the table says @e2e ----
plan=$run/plan
read -ra e2e < <(make -s STATIC=1 print-e2e-tests)
if [ -n "$exec_command" ]; then
	printf 'exec|%s|0||%s\n' "$limit" "$exec_command" >"$plan"
else
	grep -v '^ *\(#\|$\)' "$cases" | sed 's/ *| */|/; s/ *| */|/2; s/ *| */|/3; s/ *| */|/4' |
		while IFS= read -r line; do
			if [ "${line%%|*}" = @e2e ]; then
				for f in "${e2e[@]}"; do
					next=${line//@path/${f#build/static/}}
					echo "${next//@e2e/${f##*/}}"
				done
			else
				echo "$line"
			fi
		done |
		while IFS='|' read -r n rest; do
			# shellcheck disable=SC2254 # --only is a pattern
			case $n in $only) echo "$n|$rest" ;; esac
		done >"$plan"
fi
[ -s "$plan" ] || die "no case matches '$only' in $cases" 2

# ---- the initramfs ----
root=$run/root
mkdir -p "$root"/{bin,modules,mmvisor/build/static,mmvisor/tests/data}
cp "$(PATH=$PATH:/usr/sbin:/sbin command -v busybox)" "$root/bin/busybox"
cp tests/nested/init "$root/init"
chmod +x "$root/init"
cp $kernel/modules/*.ko "$root/modules/"
cp $kernel/order "$root/modules/../modules.order" && mv "$root/modules.order" "$root/modules/order"
make -s STATIC=1 build/static/nested/holder >&2
cp build/static/nested/holder "$root/bin/holder"
# What is not built is not there: cases/plan decide what they need.
for f in mmvisor mm-inspect bench/boot_count "${e2e[@]#build/static/}"; do
	[ -x "build/static/$f" ] || continue
	install -D -s "build/static/$f" "$root/mmvisor/build/$f"
done
for f in build/kernel.elf build/kernel-debug.elf; do
	if [ -f $f ]; then cp $f "$root/mmvisor/build/"; fi
done
while read -r f; do install -D -m 644 "$f" "$root/mmvisor/$f"; done < <(
	find build -path build/nested -prune -o -path build/static -prune -o -name '*.ko' -print
	find tests/data -name '*.xz'
)
awk -F'|' -v OFS='\t' '{ c = $5; for (i = 6; i <= NF; i++) c = c "|" $i; print $1, $2, c }' "$plan" >"$root/cases"
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$run/initramfs"

# ---- the machine ----
# One thread of QEMU runs both CPUs in turn. With a thread each (thread=multi) about one run in thirty of a guest that leaves for
# user space often ended in a triple fault that was not the guest's: KVM's trace shows a #VMEXIT with the registers of the
# hypervisor itself, as of the instruction behind its VMRUN, saved as the guest's (QEMU 7.2).
if [ $icount = 1 ]; then
	engine=(-accel tcg -icount "shift=0,sleep=off" -smp 1)
else
	engine=(-accel "tcg,thread=single" -smp 2)
fi
: >"$run/report"
start=$SECONDS
timeout -k 5 "$limit" qemu-system-x86_64 -M q35 "${engine[@]}" -cpu EPYC,+svm,+npt -m 3072 -display none -nodefaults \
	-no-reboot -nic none -kernel $kernel/vmlinuz -initrd "$run/initramfs" \
	-append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr $append" \
	-serial "file:$run/console" -serial "file:$run/report" </dev/null >"$run/qemu.log" 2>&1 &
qemu=$!

# ---- the report, as it comes: results go to $run/results, one line per case: name rc ms ----
: >"$run/results"
say_end() { # name rc ms log
	local line want regex
	line=$(awk -F'|' -v n="$1" '$1 == n' "$plan")
	want=$(cut -d'|' -f3 <<<"$line") regex=$(cut -d'|' -f4 <<<"$line")
	local verdict=ok why=
	if [ "$2" = 124 ]; then
		verdict="not ok" why="time-out after $(cut -d'|' -f2 <<<"$line") s"
	elif [ "$2" != "$want" ]; then
		verdict="not ok" why="exit code $2, expected $want"
	elif [ -n "$regex" ] && ! grep -qE -e "$regex" "$4"; then
		verdict="not ok" why="nothing in its output matches: $regex"
	elif [ ! -s "$4" ]; then
		verdict="not ok" why="it printed nothing"
	fi
	# A case may say that it could not be done here: then it must say why.
	local skip
	skip=$(head -n 1 "$4" | grep '^SKIP ' || true)
	if [ "$verdict" = ok ] && [ -n "$skip" ]; then why="# SKIP ${skip#SKIP }"; fi
	echo "$verdict|$1|$3|$why" >>"$run/results"
	[ -z "$exec_command" ] || return 0
	printf '  %-6s nested %-28s %6d.%03d s%s\n' "$verdict" "$1" $(($3 / 1000)) $(($3 % 1000)) "${why:+  $why}"
	if [ "$verdict" != ok ]; then tail -n 25 "$4" | sed 's/^/         | /'; fi
}

current='' state=boot exec_rc=1
mkdir -p "$run/out" "$run/logs"
while IFS= read -r line; do
	case $line in
	'@hello '*)
		state=up
		[ -n "$exec_command" ] || echo "  nested machine is up after $((SECONDS - start)) s (Linux ${line#@hello }, $([ $icount = 1 ] && echo 'counting instructions' || echo '2 CPUs'))"
		;;
	'@dead '*) echo "  nested: ${line#@dead }" >&2 ;;
	'@begin '*) current=${line#@begin } && : >"$run/logs/$current" ;;
	'| '* | '|')
		[ -z "$current" ] || printf '%s\n' "${line#| }" >>"$run/logs/$current"
		[ -z "$exec_command" ] || printf '%s\n' "${line#| }"
		;;
	'@end '*)
		read -r _ n rc ms <<<"$line"
		say_end "$n" "$rc" "$ms" "$run/logs/$n"
		current='' exec_rc=$rc
		;;
	@files) state=files ;;
	@end-files) state=up ;;
	@bye) state=bye ;;
	*) [ "$state" != files ] || echo "$line" >>"$run/files" ;;
	esac
done < <(tail -n +1 -s 0.1 -f --pid=$qemu "$run/report" 2>/dev/null | tr -d '\r')
wait $qemu && rc=0 || rc=$?
qemu=0
if [ -s "$run/files" ]; then base64 -d <"$run/files" | tar -xzf - -C "$run/out" 2>/dev/null || true; fi

# ---- what never ended is a failure, and says where the machine stood ----
while IFS='|' read -r n _; do
	grep -q "|$n|" "$run/results" && continue
	why="never started"
	if [ "$n" = "$current" ]; then why="it did not end"; fi
	if [ "$rc" = 124 ] || [ "$rc" = 137 ]; then why="$why: the machine was stopped after $limit s"; fi
	echo "not ok|$n|0|$why" >>"$run/results"
	echo "  not ok nested $n  $why"
	if [ -s "$run/logs/$n" ]; then tail -n 15 "$run/logs/$n" | sed 's/^/         | /'; fi
done <"$plan"
if [ $state = boot ]; then
	echo "nested: the emulated machine did not come up (QEMU ended with $rc): $(tail -n 1 "$run/qemu.log")" >&2
fi
if [ $state != bye ]; then tail -n 8 "$run/console" 2>/dev/null | tr -d '\r' | sed 's/^/         console: /' >&2; fi

if [ -n "$tap" ]; then
	echo "1..$(wc -l <"$plan")"
	awk -F'|' '{ printf "%s %d - %s%s\n", $1, NR, $2, $4 == "" ? "" : ($4 ~ /^# SKIP/ ? " " $4 : ": " $4) }' "$run/results"
fi >"${tap:-/dev/null}"
passed=$(grep -c '^ok|[^|]*|[^|]*|$' "$run/results" || true)
skipped=$(grep -c '^ok|.*|# SKIP' "$run/results" || true)
failed=$(grep -c '^not ok|' "$run/results" || true)
rm -rf "build/nested/$name"
rm -rf "$root" "$run/initramfs" "$run/files"
mkdir -p "build/nested/$name"
cp -r "$run/." "build/nested/$name/"
[ -n "$exec_command" ] || echo "  nested: $passed passed, $failed failed, $skipped skipped in $((SECONDS - start)) s"
[ $state != boot ] || exit 3
if [ -n "$exec_command" ]; then exit "$exec_rc"; fi
[ "$failed" = 0 ]

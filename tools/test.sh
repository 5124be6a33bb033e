#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test.sh - build and run the parts named (unit, e2e, nested) and sum them up.
#
# Each part is made of Check programs (counted from the TAP they write) and of the nested runner's cases. A program that dies,
# is stopped or reports fewer tests than it planned is a failure. A Check program says "SKIP test: reason" for a test
# that could not be done here; such a test is counted as skipped and its reason shown. Of several parts, nested runs beside the
# others. The last line is the total.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
export LC_ALL=C
log=build/test
passed=0 failed=0 skipped=0 times='' beside=''

make_() { make -s --no-print-directory -j"$(nproc)" "$@"; }

# take TAP-FILE OUTPUT-FILE NAME EXIT-CODE - add up what one program reported, show what is not fine
take() {
	local ok bad skip plan
	ok=$(grep -c '^ok ' "$1" 2>/dev/null)
	bad=$(grep -c '^not ok ' "$1" 2>/dev/null)
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$1" 2>/dev/null | tail -n 1)
	skip=$(grep -c '^SKIP ' "$2" 2>/dev/null)
	grep '^SKIP ' "$2" 2>/dev/null | sed 's/^/    /'
	grep '^not ok ' "$1" 2>/dev/null | sed 's/^/    /'
	if [ -z "$plan" ] || [ "$plan" = 0 ] || [ "$plan" != $((ok + bad)) ]; then
		echo "    not ok - $3: reported $((ok + bad)) of ${plan:-an unknown number of} tests, exit code $4; the end of its output:"
		tail -n 25 "$2" | sed 's/^/      | /'
		bad=$((bad + 1))
	elif [ "$4" != 0 ] && [ "$bad" = 0 ]; then
		echo "    not ok - $3: exit code $4 though every test passed; the end of its output:"
		tail -n 25 "$2" | sed 's/^/      | /'
		bad=1
	fi
	ok=$((ok - skip))
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
	printf '  %-6s %-36s %3d passed, %d failed, %d skipped\n' "$([ "$bad" = 0 ] && echo ok || echo 'not ok')" "$3" "$ok" "$bad" "$skip"
}

# job_name JOB - PROGRAM or PROGRAM@PART/PARTS
job_name() {
	local name=${1##*/}
	case $1 in *@*/*) name=${1%@*} name=${name##*/}-${1##*@} name=${name%/*} ;; esac
	echo "$name"
}

# check_program JOB SECONDS - run one, leave its TAP, its times, its output and its exit code
check_program() {
	local name rc part=1/1
	name=$log/$(job_name "$1")
	rm -f "$name".{tap,xml,rc}
	case $1 in *@*) part=${1##*@} ;; esac
	E2E_PART=$part CK_TAP_LOG_FILE_NAME="$name.tap" CK_XML_LOG_FILE_NAME="$name.xml" timeout -k 5 "$2" "${1%@*}" >"$name.log" 2>&1 </dev/null
	rc=$?
	[ $rc != 124 ] || echo "${name##*/}: stopped after $2 s" >>"$name.log"
	echo $rc >"$name.rc"
}

# lane SECONDS JOB... - those that no other lane has taken
lane() {
	local seconds=$1 job
	shift
	for job in "$@"; do
		if mkdir "$log/taken/$(job_name "$job")" 2>/dev/null; then check_program "$job" "$seconds"; fi
	done
}

# late_lane SECONDS JOB... - from when the emulated machine has ended and its processor is free
late_lane() {
	tail --pid="$beside" -f /dev/null &
	# shellcheck disable=SC2064 # the one just started
	trap "kill $! 2>/dev/null; exit" TERM
	wait $!
	trap - TERM
	lane "$@"
}

# check_programs PART SECONDS JOB... - as many at once as there are processors, less the one that the emulated machine has as
# long as it runs; then what each reported, in order
check_programs() {
	local part=$1 seconds=$2 job name lanes=() late='' files=() n
	shift 2
	rm -rf "$log/taken"
	mkdir -p "$log/taken"
	n=$(($(nproc) - (${beside:-0} > 0)))
	while [ ${#lanes[@]} -lt $n ] || [ ${#lanes[@]} = 0 ]; do
		lane "$seconds" "$@" &
		lanes+=($!)
	done
	if [ -n "$beside" ]; then late_lane "$seconds" "$@" & late=$!; fi
	wait "${lanes[@]}"
	# By now every job is taken: a late lane that still waits for its processor has none.
	if [ -n "$late" ]; then
		if kill -0 "$beside" 2>/dev/null; then kill "$late"; fi
		wait "$late"
	fi
	for job in "$@"; do
		name=$(job_name "$job")
		take "$log/$name.tap" "$log/$name.log" "$part $name" "$(cat "$log/$name.rc" 2>/dev/null || echo none)"
		files+=("$log/$name.xml")
	done
	slowest "${files[@]}"
}

# slowest FILE... - the tests that took longest, from the times that Check left (its last one is of all tests together)
slowest() {
	cat "$@" /dev/null 2>/dev/null | awk -F'[<>]' '
		$2 == "id" { id = $3 } $2 == "iteration" { loop = $3 }
		$2 == "duration" && id != "" { printf "%8.1f s  %s[%s]\n", $3, id, loop; id = "" }' | sort -rn | head -n 6 | sed 's/^/       /'
}

fail() {
	failed=$((failed + 1))
	echo "  not ok $*"
}

part_unit() {
	local programs
	make_ unit-tests || { fail "unit tests do not build"; return; }
	read -ra programs < <(make_ print-unit-tests)
	[ ${#programs[@]} -gt 0 ] || { fail "there is no unit test"; return; }
	check_programs unit 900 "${programs[@]}"
}

# Can this host run guests? Leaves the reason in $no_kvm if not.
host_kvm() {
	no_kvm=$(build/mmvisor host 2>&1 >/dev/null)
	case $? in
	0) return 0 ;;
	6) return 1 ;;
	*) no_kvm="'mmvisor host' failed: $no_kvm" && fail "$no_kvm" && return 1 ;;
	esac
}

part_e2e() {
	local jobs
	make_ all e2e-tests || { fail "the programs do not build"; return; }
	read -ra jobs < <(make_ print-e2e-jobs)
	if ! host_kvm; then
		echo "  skip   e2e on this host: no usable KVM: $no_kvm: e2e runs in the emulated machine only"
		skipped=$((skipped + 1))
		return
	fi
	check_programs e2e 1800 "${jobs[@]}"
}

# The emulated machine, to its end. Leaves its report in $log/nested.log, the exit code in $log/nested.rc.
run_nested() {
	mkdir -p "$log"
	rm -f "$log/nested.tap" "$log/nested.rc"
	tools/nested.sh --tap "$log/nested.tap" >"$log/nested.log" 2>&1 &
	# shellcheck disable=SC2064 # the one just started
	trap "kill $! 2>/dev/null" TERM
	wait $!
	echo $? >"$log/nested.rc"
	trap - TERM
}

build_nested() { make_ all e2e-tests && make_ STATIC=1 static-programs; }

# It takes one core: beside other parts it runs in the background. Everything is built before: two makes would disturb each other.
start_nested() {
	if ! build_nested || ! make_ unit-tests; then return; fi
	run_nested &
	beside=$!
	trap 'kill "$beside" 2>/dev/null' EXIT
}

part_nested() {
	local tap=$log/nested.tap rc name
	if [ -n "$beside" ]; then
		wait "$beside"
		trap - EXIT
	elif build_nested; then
		run_nested
	else
		fail "the programs do not build"
		return
	fi
	rc=$(cat "$log/nested.rc" 2>/dev/null || echo none)
	cat "$log/nested.log"
	# Check programs in there left their TAP: their tests count one by one, the case that ran them not.
	for name in build/nested/last/out/*/*.tap; do
		[ -f "$name" ] || continue
		local case_name
		case_name=$(basename "$(dirname "$name")")
		take "$name" "build/nested/last/logs/$case_name" "nested $(basename "$name" .tap)" "$(grep -q "^ok .* - $case_name" "$tap"; echo $?)"
		sed -i "/ - $case_name\\( #\\|:\\|\$\\)/d" "$tap"
	done
	slowest build/nested/last/out/*/*.xml
	# The runner's own lines: one test each; it skipped those that say so.
	local ok bad skip
	ok=$(grep '^ok ' "$tap" 2>/dev/null | grep -vc '# SKIP')
	bad=$(grep -c '^not ok ' "$tap" 2>/dev/null)
	skip=$(grep -c '^ok .*# SKIP' "$tap" 2>/dev/null)
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
	if [ "$rc" != 0 ] && [ "$bad" = 0 ]; then fail "nested: the runner ended with $rc"; fi
}

[ $# -gt 0 ] || { echo "test: say which parts: unit, e2e, nested" >&2; exit 2; }
start=$SECONDS
case " $* " in *' '?*' nested '*) start_nested ;; esac
[ -z "$beside" ] || times=", building $((SECONDS - start)) s"
for part in "$@"; do
	echo "== $part"
	start=$SECONDS
	case $part in
	unit | e2e | nested) "part_$part" ;;
	*) echo "test: unknown part $part: unit, e2e or nested" >&2; exit 2 ;;
	esac
	times="$times, $part $((SECONDS - start)) s"
done
echo "== time: ${times#, }, in all $SECONDS s"
if [ $((passed + failed)) = 0 ]; then fail "nothing was tested"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# launch.sh - how long it takes on this host's KVM from exec to the first guest instruction, the first byte on the console, the exit;
# beside it QEMU's microvm; and what loading a payload, replaying a trace and checking memory take.
#
# Times are medians. QEMU's microvm boots the same kernel (microvm.S brings it to where it begins); on KVM only: QEMU's own emulation
# has no x2APIC (7.2), without which the kernel does not go on. Exit code: 0 every row was measured; 1 not.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
tools/setup.sh nested bench-native || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0 times=15
[ "${QUICK:-0}" = 0 ] || times=5

# first_byte NAME COMMAND... - add the milliseconds until it says something to $tmp/NAME.byte; then it is stopped
first_byte() {
	local name=$1 t0 out pid
	shift
	t0=$(now_us)
	exec {out}< <(exec "$@" 2>/dev/null </dev/null)
	pid=$!
	if IFS= read -r -t 20 -n 1 -u "$out" _; then
		echo "$(($(now_us) - t0))e-3" >>"$tmp/$name.byte"
	else
		bad=1
	fi
	kill "$pid" 2>/dev/null
	exec {out}<&-
	wait "$pid" 2>/dev/null
}

# exits CODE NAME COMMAND... - add the milliseconds until it is over to $tmp/NAME.exit
exits() {
	local code=$1 name=$2 t0
	shift 2
	t0=$(now_us)
	timeout 20 "$@" >/dev/null 2>&1 </dev/null
	[ $? = "$code" ] && echo "$(($(now_us) - t0))e-3" >>"$tmp/$name.exit" || bad=1
}

# microvm ACTION - the kernel as microvm starts it, to do ACTION (kunit.action)
microvm() {
	local hz
	hz=$(build/mmvisor host | awk '$1 == "TSC" { print $2 * 1000 }')
	sed "s/BOOTARGS/kunit.action=$1/; s/TSC_HZ/$hz/" tests/bench/microvm.dts | dtc -q -I dts -O dtb -o "$tmp/$1.dtb" - &&
		objcopy -O binary build/kernel.elf "$tmp/kernel.bin" &&
		${CC:-gcc} -c "-DMICROVM_KERNEL=\"$tmp/kernel.bin\"" "-DMICROVM_TREE=\"$tmp/$1.dtb\"" tests/bench/microvm.S -o "$tmp/microvm.o" &&
		ld -z noexecstack -z max-page-size=4096 -Ttext=0x7000000 --section-start=.kernel=0x1000000 -e start -o "$tmp/$1.elf" "$tmp/microvm.o"
}

# qemu ACTION - the command
qemu() {
	echo qemu-system-x86_64 -M microvm -accel kvm -cpu host -m 128 -display none -nodefaults -no-reboot -serial stdio \
		-device isa-debug-exit,iobase=0xf4 -kernel "$tmp/$1.elf"
}

on_host() {
	local n
	microvm list && microvm none || return 1
	for n in $(seq "$times"); do
		# An empty run says nothing; a list begins with a line from the guest.
		first_byte mmvisor build/mmvisor run --mem dma32=96M --swap none --scratch none --append kunit.action=list
		exits 0 mmvisor build/mmvisor run --mem dma32=96M --swap none --scratch none --append kunit.action=none --json "$tmp/$n.json"
		field launch "$tmp/$n.json" >>"$tmp/launch"
		field boot "$tmp/$n.json" >>"$tmp/boot"
		# shellcheck disable=SC2046 # words
		first_byte qemu $(qemu list)
		# What the kernel writes is 0; the device makes that 1.
		# shellcheck disable=SC2046
		exits 1 qemu $(qemu none)
	done
	row launch.first_instruction "$(median <"$tmp/launch")" ms 'exec to first guest instruction'
	row launch.boot "$(median <"$tmp/boot")" ms 'boot to first payload instruction'
	row launch.first_byte "$(median <"$tmp/mmvisor.byte")" ms 'exec to first byte on the console'
	row launch.exit "$(median <"$tmp/mmvisor.exit")" ms 'exec to exit of an empty run, memory checked'
	row launch.qemu.first_byte "$(median <"$tmp/qemu.byte")" ms 'QEMU microvm, the same kernel: exec to first byte'
	row launch.qemu.exit "$(median <"$tmp/qemu.exit")" ms 'QEMU microvm, the same kernel: exec to exit of an empty run'
}

# A payload that does nothing, loaded and unloaded, against a run without: the time of the suites' part.
module_load() {
	local n
	echo '#include <linux/module.h>
static int __init hello(void) { return 0; }
module_init(hello);
MODULE_LICENSE("MIT");' >"$tmp/empty.c"
	build/mmvisor-cc "$tmp/empty.c" -o "$tmp/empty.ko" || return 1
	for n in $(seq "$times"); do
		build/mmvisor run --json "$tmp/m.json" "$tmp/empty.ko" >/dev/null || return 1
		field suites "$tmp/m.json" >>"$tmp/module"
	done
	row module.load "$(median <"$tmp/module")" ms 'an empty module: load, run, unload, look for leaks'
}

# check_speed CORE - millions of struct pages a second, the best of three full checks
check_speed() {
	local n
	for n in 1 2 3; do build/mm-inspect check "$1" >"$tmp/check.$n" || return 1; done
	sed -n 's/.*(\([0-9]*\) pages in \([0-9.]*\) ms).*/\1 \2/p' "$tmp"/check.[123] |
		awk '{ if ($1 / $2 > m) m = $1 / $2 } END { printf "%.1f", m / 1000 }'
}

# In the core that it leaves most pages are used, or were: what the inspector has to look at one by one.
replay() {
	build/mmvisor replay --json "$tmp/replay.json" --core "$tmp/core" --core-always tests/data/compile.kmem.txt.xz >/dev/null || return 1
	row replay.speed "$(awk -v a="$(field allocations "$tmp/replay.json")" -v f="$(field frees "$tmp/replay.json")" \
		-v ms="$(field suites "$tmp/replay.json")" 'BEGIN { printf "%d", (a + f) / ms * 1000 }')" ops/s 'replay of a compile job'
	row inspect.speed_used "$(check_speed "$tmp/core")" 'M pages/s' 'inspector: full check after the replay'
	rm -f "$tmp/core"
}

# A core of a guest with much memory, nearly all of it untouched, which the inspector does not go through page by page.
inspector() {
	build/mmvisor run --mem dma=16M,dma32=1G,normal=62G --append kunit.action=none --core "$tmp/core" --core-always >/dev/null || return 1
	row inspect.speed "$(check_speed "$tmp/core")" 'M pages/s' 'inspector: full check of 63 GiB of RAM, nearly all untouched'
	rm -f "$tmp/core"
}

mkdir -p build/bench
if reason=$(build/mmvisor host 2>&1 >/dev/null); then
	on_host || { echo '  launch: not measured' && bad=1; }
	module_load || { echo '  module load: not measured' && bad=1; }
	[ "${QUICK:-0}" != 0 ] || replay || { echo '  replay: not measured' && bad=1; }
	inspector || { echo '  inspector: not measured' && bad=1; }
else
	echo "  this host: skipped: $reason"
fi
exit $bad

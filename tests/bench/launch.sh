#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317 # qemu() is called through started()
#
# launch.sh - how long it takes on this host's KVM from exec to the first guest instruction, the first byte on the console, the exit;
# beside it QEMU's microvm; and what loading a payload, replaying a trace and checking memory take.
#
# Times are medians. QEMU does not start our kernel (it wants a PVH note, our kernel wants a device tree and long mode), so it gets
# the smallest guest there is (microvm.S): what is measured then is QEMU's own. Exit code: 0 every row was measured; 1 not.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0 times=15
[ "${QUICK:-0}" = 0 ] || times=5

# started NAME COMMAND... - add microseconds to its first byte and to its end to $tmp/NAME.{byte,exit}
started() {
	local name=$1 t0 t1
	shift
	t0=$(now_us)
	"$@" 2>/dev/null </dev/null | { IFS= read -r -n 1 _ && now_us >"$tmp/byte" && cat >/dev/null; }
	t1=$(now_us)
	echo "$(($(cat "$tmp/byte") - t0))e-3" >>"$tmp/$name.byte"
	echo "$((t1 - t0))e-3" >>"$tmp/$name.exit"
}

qemu() {
	timeout 20 qemu-system-x86_64 -M microvm -accel "$1" -m 128 -display none -nodefaults -no-reboot -serial stdio \
		-device isa-debug-exit,iobase=0xf4 -kernel build/bench/microvm.elf
}

on_host() {
	local n t0
	for n in $(seq "$times"); do
		# An empty run says nothing; a list begins with a line from the guest.
		started mmvisor build/mmvisor run --append kunit.action=list
		t0=$(now_us)
		build/mmvisor run --append kunit.action=none --json "$tmp/$n.json" >/dev/null || bad=1
		echo "$(($(now_us) - t0))e-3" >>"$tmp/empty"
		field launch "$tmp/$n.json" >>"$tmp/launch"
		field boot "$tmp/$n.json" >>"$tmp/boot"
		for accel in kvm tcg; do started "$accel" qemu $accel; done
	done
	row launch.first_instruction "$(median <"$tmp/launch")" ms 'exec to first guest instruction'
	row launch.boot "$(median <"$tmp/boot")" ms 'boot to first payload instruction'
	row launch.first_byte "$(median <"$tmp/mmvisor.byte")" ms 'exec to first byte on the console'
	row launch.exit "$(median <"$tmp/empty")" ms 'exec to exit of an empty run'
	for accel in kvm tcg; do
		row "launch.qemu_$accel.first_byte" "$(median <"$tmp/$accel.byte")" ms "QEMU microvm, $accel, smallest guest: exec to first byte"
		row "launch.qemu_$accel.exit" "$(median <"$tmp/$accel.exit")" ms "QEMU microvm, $accel, smallest guest: exec to exit"
	done
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

replay() {
	build/mmvisor replay --json "$tmp/replay.json" tests/data/compile.kmem.txt.xz >/dev/null || return 1
	row replay.speed "$(awk -v a="$(field allocations "$tmp/replay.json")" -v f="$(field frees "$tmp/replay.json")" \
		-v ms="$(field suites "$tmp/replay.json")" 'BEGIN { printf "%d", (a + f) / ms * 1000 }')" ops/s 'replay of a compile job'
}

# A core of a guest with much memory: how many struct pages a second does a full check see?
inspector() {
	build/mmvisor run --mem dma=16M,dma32=1G,normal=62G --append kunit.action=none --core "$tmp/core" --core-always >/dev/null || return 1
	for _ in 1 2 3; do build/mm-inspect check "$tmp/core" >>"$tmp/check" || return 1; done
	row inspect.speed "$(sed -n 's/.*(\([0-9]*\) pages in \([0-9.]*\) ms).*/\1 \2/p' "$tmp/check" |
		awk '{ if ($1 / $2 > m) m = $1 / $2 } END { printf "%.1f", m / 1000 }')" 'M pages/s' 'inspector: full check of 63 GiB of RAM'
	rm -f "$tmp/core"
}

mkdir -p build/bench
${CC:-gcc} -m32 -c tests/bench/microvm.S -o "$tmp/microvm.o" &&
	ld -m elf_i386 -Ttext=0x100000 -e start -o build/bench/microvm.elf "$tmp/microvm.o" || bad=1
if reason=$(build/mmvisor host 2>&1 >/dev/null); then
	on_host
	module_load || { echo '  module load: not measured' && bad=1; }
	[ "${QUICK:-0}" != 0 ] || replay || { echo '  replay: not measured' && bad=1; }
	inspector || { echo '  inspector: not measured' && bad=1; }
else
	echo "  this host: skipped: $reason"
fi
exit $bad

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# nested-kernel.sh - fetch the distribution's stock kernel for the emulated machine, unpacked, not installed.
#
# Leaves build/nested/kernel/{vmlinuz,version} and build/nested/kernel/modules/*.ko: kvm-amd with everything it
# depends on, in build/nested/kernel/order, first to load first. Does nothing if they are there.
set -euo pipefail
cd "$(dirname "$0")/.."
# apt-cache's answers are read: in English.
export LC_ALL=C
umask 022
out=build/nested/kernel

die() {
	echo "nested-kernel: $*" >&2
	exit 1
}

[ -s "$out/order" ] && exit 0
mkdir -p build/nested
tmp=$(mktemp -d build/nested/fetch.XXXXXX)
trap 'rm -rf "$tmp"' EXIT

# real_packages META - the packages with image and modules that the meta package stands for today
real_packages() {
	apt-cache depends --no-recommends --no-suggests "$1" 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^linux-(image|modules)-[0-9]/ {print $2}'
}

find_packages() {
	local meta image
	for meta in linux-image-cloud-amd64 linux-image-amd64 linux-image-virtual linux-image-generic; do
		image=$(real_packages "$meta")
		[ -n "$image" ] || continue
		# Ubuntu keeps the modules in a package of their own.
		# shellcheck disable=SC2086 # a list of names
		{ echo $image; for i in $image; do real_packages "$i"; done; } | tr ' ' '\n' | sort -u
		return
	done
}

fetch() {
	local packages
	packages=$(find_packages)
	[ -n "$packages" ] || return 1
	rm -f "$tmp"/*.deb
	# shellcheck disable=SC2086
	(cd "$tmp" && apt-get -qq "${patient[@]}" download $packages) >"$tmp/log" 2>&1
}

# Three tries, with fresh lists before all but the first: there may be none yet, or they name a version which is gone.
patient=(-o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)
root=()
[ "$(id -u)" = 0 ] || root=(sudo -n)
lists=
for try in 1 2 3 failed; do
	if [ $try = failed ]; then die "no stock kernel to be had by apt-get: $(tail -n 1 "$tmp/log" 2>/dev/null)$lists"; fi
	[ $try != 3 ] || sleep 5
	if [ $try != 1 ] && ! "${root[@]}" apt-get -qq "${patient[@]}" update >"$tmp/log" 2>&1 </dev/null; then
		lists="; apt-get update: $(grep -m 1 '^E:' "$tmp/log" || tail -n 1 "$tmp/log")"
	fi
	if fetch; then break; fi
done
for deb in "$tmp"/*.deb; do dpkg-deb -x "$deb" "$tmp/x"; done

image=$(find "$tmp/x" -name 'vmlinuz-*' | head -n 1)
[ -n "$image" ] || die "no vmlinuz in $(cd "$tmp" && echo *.deb)"
mkdir -p "$tmp/out/modules"
cp "$image" "$tmp/out/vmlinuz"
echo "${image##*/vmlinuz-}" >"$tmp/out/version"

# add_module NAME - copy it uncompressed, dependencies first
add_module() {
	local name=${1//-/_} file dep
	[ -e "$tmp/out/modules/$name.ko" ] && return
	file=$(find "$tmp/x" \( -name "$name.ko*" -o -name "${name//_/-}.ko*" \) | head -n 1)
	[ -n "$file" ] || die "no module $1 in the stock kernel's package"
	case $file in
	*.xz) xz -dc "$file" ;;
	*.zst) zstd -dcq "$file" ;;
	*.gz) gzip -dc "$file" ;;
	*) cat "$file" ;;
	esac >"$tmp/out/modules/$name.ko"
	objcopy -O binary --only-section=.modinfo "$tmp/out/modules/$name.ko" "$tmp/modinfo.$name" 2>"$tmp/log" ||
		die "$name.ko: $(tail -n 1 "$tmp/log")"
	for dep in $(tr '\0' '\n' <"$tmp/modinfo.$name" | sed -n 's/^depends=//p' | tr ',' ' '); do
		add_module "$dep"
	done
	echo "$name" >>"$tmp/out/order"
}

add_module kvm-amd
rm -rf "$out"
mv "$tmp/out" "$out"
echo "nested-kernel: $(cat "$out/version"), modules $(tr '\n' ' ' <"$out/order")"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# setup.sh - install what is missing, for the purposes named: build, nested, test, browser, lint, bench, bench-native.
#
# Looks for each thing first (a header, a program) and asks apt-get only for packages of things not found: a machine
# that has everything is not touched and needs no network. Never asks a question.
set -euo pipefail
cd "$(dirname "$0")/.."
# What apt-get and its friends say is looked at: in English. What is made here others may read, whatever the caller's umask.
export LC_ALL=C
umask 022

die() {
	echo "setup: $*" >&2
	exit 1
}

# have_header NAME / have_program NAME / have_static NAME (libNAME.a) / have_library NAME (libNAME.so)
have_header() { echo "#include <$1>" | ${CC:-gcc} -E -xc - >/dev/null 2>&1; }
have_program() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1; }
have_library() { PATH="$PATH:/sbin" ldconfig -p | grep -q "lib$1\.so"; }
have_static() { [ "$(${CC:-gcc} -print-file-name="lib$1.a" 2>/dev/null)" != "lib$1.a" ]; }

# One line per thing: purpose, how to see it, its package.
things='
build  header  stdio.h       libc6-dev
build  program gcc           gcc
build  program make          make
build  program pkg-config    pkg-config
build  program xz            xz-utils
build  header  libfdt.h      libfdt-dev
build  static  fdt           libfdt-dev
build  header  lzma.h        liblzma-dev
build  header  json-c/json.h libjson-c-dev
build  header  libelf.h      libelf-dev
build  header  elfutils/libdw.h libdw-dev
build  header  zlib.h        zlib1g-dev
test   header  check.h       check
test   header  subunit/child.h libsubunit-dev
test   program gdb           gdb
test   program setpriv       util-linux
test   program git           git
test   program zsh           zsh
nested program qemu-system-x86_64 qemu-system-x86
nested program cpio          cpio
nested program objcopy       binutils
nested program busybox       busybox-static
bench-native program valgrind valgrind
bench-native program dtc      device-tree-compiler
bench-native library mimalloc libmimalloc2.0
bench-native library jemalloc libjemalloc2
browser program chromium     chromium
lint   program clang-tidy    clang-tidy
lint   program clang-format  clang-format
lint   program cppcheck      cppcheck
lint   program shellcheck    shellcheck
'

[ $# -gt 0 ] || die "say for what: build, nested, test, browser, lint, bench, bench-native"
missing=()
while read -r purpose kind name package; do
	[ -n "$purpose" ] || continue
	case " $* " in *" $purpose "*) ;; *) continue ;; esac
	"have_$kind" "$name" || missing+=("$package")
done <<<"$things"
# A dynamic busybox is of no use inside the emulated machine.
case " $* " in *" nested "*)
	if have_program busybox && ldd "$(command -v busybox)" >/dev/null 2>&1; then missing+=(busybox-static); fi ;;
esac

root=()
if [ "$(id -u)" != 0 ]; then root=(sudo -n); fi

# A mirror that does not answer is asked again, and not waited for for long.
apt() {
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 \
		-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 "$@" </dev/null
}

# apt_install PACKAGE... - three tries, with fresh lists before all but the first: there may be none yet, or they name what is gone.
# A list that cannot be had may be one that nothing is wanted from: what counts is whether the packages come. If not, it ends here.
apt_install() {
	local try why='' lists=''
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	for try in 1 2 3; do
		[ $try != 3 ] || sleep 5
		if [ $try != 1 ] && ! apt update >"$log" 2>&1; then lists="; apt-get update: $(complaint)"; fi
		if apt install -y --no-install-recommends "$@" >"$log" 2>&1; then return 0; fi
		why=$(complaint)
	done
	die "apt-get could not install $*: $why$lists"
}

complaint() { grep -m 1 '^E:' "$log" || tail -n 1 "$log"; }

if [ ${#missing[@]} -gt 0 ]; then
	mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
	have_program apt-get || die "missing: ${missing[*]}: no apt-get here; install them by hand and try again"
	if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
		die "missing: ${missing[*]}: not root and no sudo; run as root: apt-get install --no-install-recommends ${missing[*]}"
	fi
	echo "setup: installing ${missing[*]}"
	apt_install "${missing[@]}"
fi

case " $* " in *" nested "*) tools/nested-kernel.sh ;; esac

# A module for the stock kernel is built against that kernel's own headers.
headers() {
	local version
	version=$(cat build/nested/kernel/version 2>/dev/null) || die "bench: no stock kernel yet: say 'nested bench'"
	[ ! -e "/lib/modules/$version/build/Makefile" ] || return 0
	echo "setup: installing linux-headers-$version"
	apt_install "linux-headers-$version"
}
case " $* " in *" bench "*) headers ;; esac

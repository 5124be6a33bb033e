#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh - what `make run` shows: a real trace replayed in a guest, on this host's KVM or, without one, in the emulated machine.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
trace=tests/data/compile.kmem.txt.xz

reason=$(build/mmvisor host 2>&1 >/dev/null)
case $? in
0) exec build/mmvisor replay "$@" $trace ;;
6) ;;
*) echo "$reason" >&2 && exit 2 ;;
esac
echo "No usable KVM here (${reason#mmvisor: })."
echo "Running in an emulated machine instead."
tools/setup.sh nested || exit 1
make --no-print-directory -s STATIC=1 static-programs || exit 1
exec tools/nested.sh --exec "build/mmvisor replay $* $trace"

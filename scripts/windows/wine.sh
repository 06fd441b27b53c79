#!/usr/bin/env bash
# Makes Wine run what is built for x86_64-pc-windows-gnu and prints the shell lines that switch it on. Its prefix is a
# folder of the cache: no other Wine program of this machine sees it.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

if ! command -v wine >/dev/null; then
  install_packages "the suite runs under Wine, in place of Windows" wine wine64
fi
command -v x86_64-w64-mingw32-gcc >/dev/null ||
  install_packages "a library that old Wine lacks is built by MinGW" gcc-mingw-w64-x86-64-win32

# Neither .NET nor a browser of Wine's own is asked for or installed, and no window is opened.
switch_on=$(
  cat <<LINES
export WINEPREFIX=$cache/wine/prefix
export WINEDLLOVERRIDES="mscoree=;mshtml="
export WINEDEBUG=-all
export DISPLAY=
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
LINES
)
eval "$switch_on"

shim=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
if [ ! -f "$shim" ]; then
  say "making a Wine prefix in $WINEPREFIX: half a minute, once"
  rm -rf "$WINEPREFIX"
  mkdir -p "$cache/wine"
  wine wineboot --init >&2
  if [ ! -f "$shim" ]; then
    # Beside it and then into place: a build that was interrupted never looks finished.
    x86_64-w64-mingw32-gcc -shared -O1 -o "$shim.new" "$root/scripts/windows/bcryptprimitives.c" -ladvapi32
    mv "$shim.new" "$shim"
  fi
  wineserver --wait
fi
printf '%s\n' "$switch_on"

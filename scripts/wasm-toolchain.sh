#!/usr/bin/env bash
# Makes wasm32-unknown-unknown usable and prints the shell lines that switch it on:
#
#   eval "$(scripts/wasm-toolchain.sh)"
#   cargo check --target wasm32-unknown-unknown
#
# With rustup that is one command and nothing has to be switched on. Where rustup is absent or cannot download, Debian's
# own compiler builds the standard library from Debian's sources, once per compiler version, into the cache directory.
# Nothing outside the cache is written except by apt-get. `--debian` skips rustup.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

target=wasm32-unknown-unknown
lld=22

usable_with_rustup() {
  command -v rustup >/dev/null || return 1
  rustup target list --installed 2>/dev/null | grep -qx "$target" && return 0
  if [ -n "${OK_NO_INSTALL:-}" ]; then return 1; fi
  say "adding $target with rustup"
  timeout 300 rustup target add "$target" >&2
}

debian_rustc_is_new_enough() {
  [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && at_least "$(/usr/bin/rustc --version | cut -d' ' -f2)" "$(msrv)"
}

debian_is_complete() {
  debian_rustc_is_new_enough && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std" ] &&
    command -v "wasm-ld-$lld" >/dev/null
}

# Prints the folder that serves as rustc's --sysroot for the target; builds it if this compiler has none yet.
debian_sysroot() {
  local version sysroot lib work
  version=$(/usr/bin/rustc --version | cut -d' ' -f2,3 | tr -c 'A-Za-z0-9.\n' _)
  sysroot=$cache/wasm-sysroot/$version
  lib=$sysroot/lib/rustlib/$target/lib
  if [ ! -d "$lib" ]; then
    say "building the standard library for $target with $(/usr/bin/rustc --version): about a minute, once"
    mkdir -p "$cache/wasm-sysroot"
    work=$(mktemp -d "$cache/wasm-sysroot/build.XXXXXX")
    # shellcheck disable=SC2064 # the value of now is wanted: `work` is local
    trap "rm -rf '$work'" EXIT
    mkdir "$work/src"
    echo '#![no_std]' >"$work/src/lib.rs"
    printf '[package]\nname = "only_std"\nedition = "2024"\n[workspace]\n' >"$work/Cargo.toml"
    # -Zbuild-std is a nightly flag; RUSTC_BOOTSTRAP lets a release compiler take it, for this one build.
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
      /usr/bin/cargo build --manifest-path "$work/Cargo.toml" --release -Zbuild-std=std,panic_abort --target "$target" >&2
    mkdir -p "$work/sysroot/lib/rustlib/$target/lib"
    find "$work/target/$target/release/deps" -name '*.rlib' ! -name 'libonly_std-*' \
      -exec cp {} "$work/sysroot/lib/rustlib/$target/lib/" \;
    # Into place in one step: a build that was interrupted never looks finished.
    mv "$work/sysroot" "$sysroot"
  fi
  printf '%s\n' "$sysroot"
}

if [ "${1:-}" != --debian ] && usable_with_rustup; then exit 0; fi

if ! debian_is_complete; then
  install_packages "rustup could not provide $target: Debian's compiler, its sources and a linker can" \
    rustc-web cargo-web rust-web-src "lld-$lld"
  if ! debian_rustc_is_new_enough; then
    say "/usr/bin/rustc is older than $(msrv), which this workspace needs. Get $target from rustup, or a newer Debian compiler."
    exit 1
  fi
fi
sysroot=$(debian_sysroot)
# The target's own flags: build scripts and macros run on this machine and keep the ordinary standard library.
cat <<LINES
export PATH=/usr/bin:\$PATH
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-$lld
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$sysroot \${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS:-}"
LINES

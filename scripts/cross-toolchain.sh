#!/usr/bin/env bash
# Makes targets usable and prints the shell lines that switch them on:
#
#   eval "$(scripts/cross-toolchain.sh wasm32-unknown-unknown)"
#   cargo check --target wasm32-unknown-unknown
#
# With rustup that is one command and little has to be switched on. For a target that its server lacks, its compiler builds
# the standard library from sources. Where rustup is absent or cannot download, Debian's own compiler does, from Debian's
# sources. It does so once per compiler version, into the cache directory. Nothing outside the cache is written except by
# apt-get and rustup. `--debian` skips rustup.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lld=22
debian=
if [ "${1:-}" = --debian ]; then debian=yes; shift; fi
targets=("$@")
case ${1:--} in
  -*) say "usage: eval \"\$(scripts/cross-toolchain.sh [--debian] TARGET...)\""; exit 2 ;;
esac
known=$(rustc --print target-list)
for target in "${targets[@]}"; do
  grep -qx "$target" <<<"$known" || { say "'$target' is no target of this compiler; rustc --print target-list names them"; exit 2; }
done

# Where the compiler is: rustup's is on PATH, Debian's is in /usr/bin/.
bin=
# The targets whose standard library is built here.
built=()

usable_with_rustup() {
  command -v rustup >/dev/null || return 1
  local installed target
  installed=$(rustup target list --installed 2>/dev/null) || return 1
  for target in "${targets[@]}"; do
    if grep -qx "$target" <<<"$installed"; then continue; fi
    if [ ! -d "$(sysroot_of "$target")" ]; then
      if [ -n "${OK_NO_INSTALL:-}" ]; then return 1; fi
      say "adding $target with rustup"
      if timeout 300 rustup target add "$target" >&2; then continue; fi
      say "rustup could not provide $target: adding the sources of the standard library"
      timeout 300 rustup component add rust-src >&2 || return 1
    fi
    built+=("$target")
  done
}

debian_rustc_is_new_enough() {
  [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && at_least "$(/usr/bin/rustc --version | cut -d' ' -f2)" "$(msrv)"
}

debian_is_complete() {
  debian_rustc_is_new_enough && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std" ] &&
    command -v "wasm-ld-$lld" >/dev/null && [ -x /usr/bin/cargo-clippy ]
}

# The parts of the standard library that a target needs: tests run where programs do, and in wasm.
parts_for() {
  case $1 in
    wasm32-*) echo std,panic_abort,test ;;
    *) echo std,panic_unwind,test ;;
  esac
}

# Prints the folder that serves as rustc's --sysroot for a target.
sysroot_of() {
  local version
  version=$("${bin}rustc" --version | cut -d' ' -f2,3 | tr -c 'A-Za-z0-9.\n' _)
  if [ -z "$bin" ]; then version+=-rustup; fi
  printf '%s\n' "$cache/sysroots/$version-$1-$(parts_for "$1" | tr , -)"
}

# Fills that folder, if this compiler has not done so yet.
build_sysroot() {
  local target=$1 sysroot work
  sysroot=$(sysroot_of "$target")
  if [ -d "$sysroot" ]; then return; fi
  say "building the standard library for $target with $("${bin}rustc" --version): about a minute, once"
  mkdir -p "$cache/sysroots"
  work=$(mktemp -d "$cache/sysroots/build.XXXXXX")
  # shellcheck disable=SC2064 # the value of now is wanted: `work` is local
  trap "rm -rf '$work'" EXIT
  mkdir "$work/src"
  echo '#![no_std]' >"$work/src/lib.rs"
  printf '[package]\nname = "only_std"\nedition = "2024"\n[workspace]\n' >"$work/Cargo.toml"
  # -Zbuild-std is a nightly flag; RUSTC_BOOTSTRAP lets a release compiler take it, for this one build.
  env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS PATH="${bin:+$bin:}$PATH" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
    "${bin}cargo" build --manifest-path "$work/Cargo.toml" --release -Zbuild-std="$(parts_for "$target")" --target "$target" >&2
  mkdir -p "$work/sysroot/lib/rustlib/$target/lib"
  find "$work/target/$target/release/deps" -name '*.rlib' ! -name 'libonly_std-*' \
    -exec cp {} "$work/sysroot/lib/rustlib/$target/lib/" \;
  # Into place in one step: a build that was interrupted never looks finished.
  mv "$work/sysroot" "$sysroot"
  rm -rf "$work"
}

# Prints what makes the compiler use that folder.
switch_on_sysroot() {
  local target=$1 variable
  build_sysroot "$target"
  variable=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$target")
  # The target's own flags: build scripts and macros run on this machine and keep the ordinary standard library.
  echo "export ${variable}_RUSTFLAGS=\"--sysroot=$(sysroot_of "$target") \${${variable}_RUSTFLAGS:-}\""
}

# A linker for Windows; checks for the other targets link nothing.
case " ${targets[*]} " in
  *" x86_64-pc-windows-gnu "*)
    command -v x86_64-w64-mingw32-gcc >/dev/null ||
      install_packages "programs for Windows are linked by MinGW" gcc-mingw-w64-x86-64-win32
    ;;
esac

if [ -z "$debian" ] && usable_with_rustup; then
  for target in "${built[@]}"; do switch_on_sysroot "$target"; done
  exit 0
fi
bin=/usr/bin/

if ! debian_is_complete; then
  install_packages "rustup could not provide ${targets[*]}: Debian's compiler, its sources and a linker can" \
    rustc-web cargo-web rust-web-src rust-web-clippy "lld-$lld"
  if ! debian_rustc_is_new_enough; then
    say "/usr/bin/rustc is older than $(msrv), which this workspace needs. Get ${targets[*]} from rustup, or a newer Debian compiler."
    exit 1
  fi
fi
echo "export PATH=/usr/bin:\$PATH"
for target in "${targets[@]}"; do
  switch_on_sysroot "$target"
  case $target in
    wasm32-*) echo "export CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$target")_LINKER=wasm-ld-$lld" ;;
  esac
done

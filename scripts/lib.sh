# shellcheck shell=bash disable=SC2034
# Shared by the scripts beside it; sourced, never run. Needs bash.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bevy_odnoklassniki

# Everything meant for people goes to standard error, so that a script can still print a value.
say() { printf '%s\n' "$*" >&2; }

# measured ROW WHAT: for scripts/reliability, which collects it.
measured() { if [ "${OK_RELIABILITY:-}" = full ]; then printf 'MEASURED %s: %s\n' "$1" "$2"; fi; }

# The first `rust-version` of Cargo.toml: the oldest compiler the workspace promises to build with.
msrv() { sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$root/Cargo.toml" | head -n 1; }

# at_least HAVE WANT: compares dotted version numbers.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

# remove_test_programs FOLDER: frees half of what a whole run of the tests takes on the disk. Programs in `deps` are tests,
# which are built anew after each change; macros, which are libraries, are kept.
remove_test_programs() {
  if [ -d "$1" ]; then
    find "$1" -path '*/deps/*' -type f \( -name '*.exe' -o -perm -u+x ! -name '*.so' \) -delete
  fi
}

apt_lists_fresh=
# install_packages WHY PACKAGE...: installs Debian packages as root or through sudo. Where that is not possible it says
# what to install by hand, and fails.
install_packages() {
  local why=$1 sudo=
  shift
  local by_hand="apt-get install --no-install-recommends $*"
  if [ -n "${OK_NO_INSTALL:-}" ]; then
    say "missing: $* ($why). Not installed, because --no-install was given. By hand: $by_hand"
    return 1
  fi
  if ! command -v apt-get >/dev/null; then
    say "missing: $* ($why). This machine has no apt-get: install them with its own package manager (names are Debian's)."
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    # sudo can ask for a password only on a terminal.
    if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      say "missing: $* ($why). Not root and sudo cannot be used. As root: $by_hand"
      return 1
    fi
    sudo=sudo
  fi
  say "installing $* ($why)"
  if [ -z "$apt_lists_fresh" ]; then
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 </dev/null || return 1
    apt_lists_fresh=yes
  fi
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2 </dev/null
}

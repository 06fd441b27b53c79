# shellcheck shell=bash
manifest_of() {
  if [ "$1" = bevy_odnoklassniki ]; then echo Cargo.toml; else echo "crates/$1/Cargo.toml"; fi
}

# The names in the [features] table of a manifest.
features_of() {
  awk '/^\[/ { inside = ($0 == "[features]") } inside && /^[A-Za-z0-9_-]+ *=/ { sub(/ *=.*/, ""); print }' "$(manifest_of "$1")"
}

# The window with OK's page is linked with WebKitGTK: the step `webview` builds, lints and tests it.
without_webview=(--workspace --exclude odnoklassniki_webview)

# The game brings the renderer. Built together with the rest, its features would be switched on for everything.
# What is for phones has a step of its own, `mobile`.
headless=("${without_webview[@]}" --exclude social_game --exclude web_game --exclude bevy_odnoklassniki_mobile --exclude mobile_game)

step_fmt() { run cargo fmt --all -- --check; }

step_circles() { run cargo xtask circles; }

# The feature `winit` leaves the window system to the game, and on Linux winit does not compile without one.
window_system=()
if [ "$(uname)" = Linux ]; then window_system=(--features bevy_winit/x11); fi

# One build for lints, which needs no machine code, and one for whatever runs, both with every feature. What else is built
# is smaller: the libraries feature by feature, and what a user's first command builds.
all_features=(--all-features "${window_system[@]}")

step_clippy() {
  run cargo clippy --locked "${without_webview[@]}" --all-targets "${all_features[@]}" -- -D warnings
}

step_doc() {
  export RUSTDOCFLAGS="-D warnings"
  run cargo doc --locked "${headless[@]}" --no-deps "${all_features[@]}"
  # Links to what a feature adds must not be dead without it.
  run cargo doc --locked -p odnoklassniki -p bevy_odnoklassniki -p bevy_odnoklassniki_panel --no-deps
}

step_test() {
  without_browser cargo test --locked "${headless[@]}" "${all_features[@]}" --lib --bins --tests --examples
  # What waits for a minute: that the listener is gone a minute after the last result.
  run cargo test --locked "${headless[@]}" "${all_features[@]}" --test idle -- --ignored
}

# Optional for a contributor: tests that lack them say so and are skipped, unless they are required.
install_companions() {
  local packages=()
  command -v redis-server >/dev/null || packages+=(redis-server)
  command -v dbus-run-session >/dev/null || packages+=(dbus)
  command -v gnome-keyring-daemon >/dev/null || packages+=(gnome-keyring)
  command -v ip >/dev/null || packages+=(iproute2)
  # Not the shell's own.
  type -P kill >/dev/null || packages+=(procps)
  if [ ${#packages[@]} = 0 ] || [ "$(uname)" != Linux ]; then return; fi
  if [ -n "${OK_NO_INSTALL:-}" ] && [ -z "${OK_REQUIRE_REDIS:-}${OK_REQUIRE_KEYRING:-}${OK_REQUIRE_NAMESPACE:-}" ]; then return; fi
  install_packages "tests have a real keyring, a real Redis, and networks of their own" "${packages[@]}"
}

needs_test() { install_companions; }
needs_features() { install_companions; }

step_doctest() { run cargo test --locked "${headless[@]}" "${all_features[@]}" --doc; }

step_features() {
  local library feature more tests row
  # Each alone, because a neighbor or a dev-dependency can switch on what a library forgot to ask for.
  for library in "${libraries[@]}"; do
    for feature in none $(features_of "$library"); do
      more=()
      case $feature in
        none) ;;
        winit) more=(--features winit "${window_system[@]}") ;;
        *) more=(--features "$feature") ;;
      esac
      run cargo clippy --locked -p "$library" --lib --no-default-features "${more[@]}" -- -D warnings
    done
  done
  # With every feature all tests run in the step `test`. A feature only adds, so what is left is what changes where it is
  # absent: everything must work without any, and a browser is opened by default.
  tests=(--lib --test request_lifecycle --test login --test widgets --test test_kit)
  without_browser cargo test --locked -p odnoklassniki --no-default-features
  without_browser cargo test --locked -p bevy_odnoklassniki --no-default-features "${tests[@]}" -- "${featureless[@]}"
  without_browser cargo test --locked -p bevy_odnoklassniki "${tests[@]}" --test opener -- "${featureless[@]}"
  # Lints of tests and examples as a contributor's plain `cargo test` builds them.
  run cargo clippy --locked -p bevy_odnoklassniki --all-targets -- -D warnings
}

# What no feature changes takes a minute, and runs in the step `test`.
featureless=()
for row in driver::state one_pending eight_pending a_program every_form nothing_secret slow_clients; do
  featureless+=(--skip "$row")
done

# Direct dependencies as old as may be; what they ask for in turn is as new as ever. Without tests and examples, whose
# dependencies no user builds.
step_minimal() {
  local copy=$cache/minimal manifest
  rm -rf "$copy"
  mkdir -p "$copy"
  cp -r Cargo.toml Cargo.lock README.md src crates assets "$copy"
  for manifest in "$copy/Cargo.toml" "$copy"/crates/*/Cargo.toml; do
    awk '/^\[/ { skip = /dev-dependencies|^\[\[(example|bench)\]\]/ } !skip' "$manifest" |
      sed -E '/^members = \[$/,/^\]$/c members = [".", "crates/*"]' >"$manifest.new"
    mv "$manifest.new" "$manifest"
  done
  cd "$copy"
  # The switch is one that stable compilers keep for nightly ones.
  run env RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions
  run cargo check --locked --quiet -p bevy_odnoklassniki -p bevy_odnoklassniki_panel "${all_features[@]}"
  measured 26 "the oldest allowed versions build"
}


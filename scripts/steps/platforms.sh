# shellcheck shell=bash
# The platforms that are not this machine. Everything goes to the one folder of builds: macros and build scripts, which
# run here, are the same for all.

windows=x86_64-pc-windows-gnu
checked_targets=(x86_64-pc-windows-msvc aarch64-apple-darwin aarch64-apple-ios aarch64-linux-android)
# Phones besides, where the libraries are what they are above: older devices, emulators, Apple's simulator.
phone_targets=(armv7-linux-androideabi x86_64-linux-android aarch64-apple-ios-sim)
next_bevy=0.20
library_packages=(-p odnoklassniki -p callback_listener -p odnoklassniki_sandbox -p bevy_odnoklassniki -p bevy_odnoklassniki_panel)

# switch_on SCRIPT ARGUMENT...: takes over the environment that a script prints.
switch_on() {
  local lines
  lines=$("$root/scripts/$1" "${@:2}")
  eval "$lines"
}

wasm_bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p}' "$root/Cargo.lock")
wasm_bindgen_home=$cache/wasm-bindgen-$wasm_bindgen_version

needs_wasm() {
  "$root/scripts/cross-toolchain.sh" wasm32-unknown-unknown >/dev/null || return 1
  command -v node >/dev/null || install_packages "a program in wasm runs in Node.js" nodejs || return 1
  if [ -x "$wasm_bindgen_home/bin/wasm-bindgen" ]; then return; fi
  local install=(cargo install wasm-bindgen-cli --version "$wasm_bindgen_version" --bin wasm-bindgen --debug --root "$wasm_bindgen_home")
  if [ -n "${OK_NO_INSTALL:-}" ]; then
    say "missing: wasm-bindgen $wasm_bindgen_version (it prepares what Node.js runs). Not installed, because --no-install was given. By hand: ${install[*]}"
    return 1
  fi
  say "installing wasm-bindgen $wasm_bindgen_version into $wasm_bindgen_home (it prepares what Node.js runs)"
  # Not into the folder of our own builds, where it would stay forever; and small, for it only ever runs here.
  env -u CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_STRIP=symbols "${install[@]}" >&2 </dev/null
}

# run_wasm_tests PACKAGE: its unit tests in Node.js. With `wasm_tests` set, a crate leaves out what needs sockets, threads,
# files or loom: each such module says so where it is declared. A test that fails ends the program; its name is in the stack
# that Node.js prints. Tests print nothing there.
run_wasm_tests() {
  local program out=$cache/wasm-tests/$1
  say "+ cargo rustc --profile test --lib -p $1 (wasm)"
  program=$(cargo rustc --locked --profile test --lib -p "$1" --target wasm32-unknown-unknown --message-format=json-render-diagnostics \
    -- --cfg wasm_tests | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
  run "$wasm_bindgen_home/bin/wasm-bindgen" --target nodejs --out-dir "$out" --out-name tests "$program"
  run node --stack-trace-limit=100 "$out/tests.js"
}

step_wasm() {
  local library said out=$cache/wasm-clock
  switch_on cross-toolchain.sh wasm32-unknown-unknown
  for library in "${libraries[@]}"; do
    run cargo check --locked -p "$library" --target wasm32-unknown-unknown
    run cargo check --locked -p "$library" --target wasm32-unknown-unknown --no-default-features
  done
  run cargo check --locked -p bevy_odnoklassniki --target wasm32-unknown-unknown --features winit
  run cargo check --locked -p bevy_odnoklassniki_panel --target wasm32-unknown-unknown --features sandbox
  run cargo build --locked -p wasm_clock --target wasm32-unknown-unknown
  run "$wasm_bindgen_home/bin/wasm-bindgen" --target nodejs --out-dir "$out" \
    "$CARGO_TARGET_DIR/wasm32-unknown-unknown/debug/wasm_clock.wasm"
  said=$(run node "$out/wasm_clock.js")
  say "$said"
  [ "$said" = "logged in, expires in 60 s, invite: failed (Unsupported)" ]
  for library in odnoklassniki callback_listener bevy_odnoklassniki; do run_wasm_tests "$library"; done
}

# build_for_web PACKAGE PROFILE EXAMPLE FOLDER: makes the folder that a server shows, from the program of an example, its
# page and the return page.
build_for_web() {
  local package=$1 profile=$2 example=$3 folder=$4 smaller=()
  # The names of functions, for stacks, are a third of a large program.
  if [ "$profile" != dev ]; then smaller=(--remove-name-section); fi
  run cargo build --locked -p "$package" --target wasm32-unknown-unknown --profile "$profile"
  run "$wasm_bindgen_home/bin/wasm-bindgen" --target web --no-typescript "${smaller[@]}" --out-dir "$folder" \
    "$CARGO_TARGET_DIR/wasm32-unknown-unknown/${profile/#dev/debug}/$package.wasm"
  mkdir -p "$folder/assets"
  cp "$root/examples/$example/index.html" "$folder/"
  cp "$root/assets/pages/odnoklassniki.html" "$folder/assets/"
}

build_web_game() { build_for_web web_game dev web "$1"; }

# What an older one writes (108, for example) does not start: the browser refuses a table.
is_new_wasm_opt() {
  local version
  version=$(wasm-opt --version 2>/dev/null | sed -n 's/^wasm-opt version \([0-9]*\).*/\1/p')
  [ "${version:-0}" -ge 120 ]
}

build_castle() {
  local program=$1/social_game_bg.wasm
  say "(all of Bevy, optimized: a quarter of an hour on two cores, the first time)"
  build_for_web social_game web-release social_game "$1"
  if is_new_wasm_opt; then
    run wasm-opt -Os -o "$program.small" "$program"
    mv "$program.small" "$program"
  fi
  say "(the castle has $(($(stat -c %s "$program") / 1024)) KiB, $(($(gzip -9 -c "$program" | wc -c) / 1024)) KiB with gzip)"
}

needs_web() {
  needs_wasm || return 1
  needs_browser
}

# The game in each of the three browsers.
step_web() {
  local game=$cache/web-game
  switch_on cross-toolchain.sh wasm32-unknown-unknown
  run cargo clippy --locked -p bevy_odnoklassniki -p callback_listener -p web_game --target wasm32-unknown-unknown -- -D warnings
  build_web_game "$game"
  export OK_WEB_GAME=$game
  test_web_game | tee "$cache/web-tests.log" && return
  # A browser that hangs is no fault of the game: what fails is run once more, and named.
  local again
  mapfile -t again < <(sed -n '/^failures:$/,/^test result/s/^    \([a-z_]*::[a-z0-9_:]*\)$/\1/p' "$cache/web-tests.log" | sort -u)
  if [ ${#again[@]} = 0 ] || [ ${#again[@]} -gt 5 ]; then return 1; fi
  say "once more: ${again[*]}"
  test_web_game --exact "${again[@]}"
}

test_web_game() {
  # Two at a time: most of a test is waiting.
  run cargo test --locked -p web_game --test browsers -- --nocapture --test-threads=2 "$@" 2>&1
}

# The suite under Wine. Where Wine's own server fails, a whole program fails at once: it is run once more, and named.
# `skipped` is that of step_windows.
test_for_windows() {
  local log=$cache/windows-tests.log tests=(cargo test --locked --target "$windows" --all-features) again failed
  without_browser env -u OK_REQUIRE_KEYRING "${tests[@]}" "${library_packages[@]}" --lib --bins --tests --no-fail-fast \
    -- "${skipped[@]}" 2>&1 | tee "$log" && return
  mapfile -t again < <(sed -n 's/^    `\(-p [a-z_]* --[a-z]*.*\)`$/\1/p' "$log")
  if [ ${#again[@]} = 0 ] || [ ${#again[@]} -gt 2 ]; then return 1; fi
  for failed in "${again[@]}"; do
    say "once more: $failed"
    # shellcheck disable=SC2086 # a package and a target, as cargo writes them
    without_browser env -u OK_REQUIRE_KEYRING "${tests[@]}" $failed -- "${skipped[@]}"
  done
}

needs_threads() {
  local sources
  sources=$(rustc --print sysroot)/lib/rustlib/src/rust/library/std
  if [ -d "$sources" ]; then return; fi
  if ! command -v rustup >/dev/null || [ -n "${OK_NO_INSTALL:-}" ]; then
    say "missing: the sources of the standard library, in $sources. With rustup: rustup component add rust-src"
    return 1
  fi
  rustup component add rust-src >&2
}

# Memory that threads share needs a standard library of its own; RUSTC_BOOTSTRAP lets a release compiler build it. In a
# folder of its own, for the variable would have other steps build again.
step_threads() {
  run env RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+atomics,+bulk-memory" \
    CARGO_TARGET_DIR="$cache/wasm-threads" cargo check --locked -Zbuild-std=std,panic_abort -p bevy_odnoklassniki --features winit \
    --target wasm32-unknown-unknown
}

needs_castle() { needs_web; }

step_castle() {
  local castle=$cache/web-castle
  switch_on cross-toolchain.sh wasm32-unknown-unknown
  build_castle "$castle"
  OK_WEB_CASTLE=$castle run cargo test --locked -p social_game --test web -- --nocapture
}

needs_windows() {
  if [ "$(uname)" != Linux ]; then say "(programs for Windows run under Wine on Linux only)"; return; fi
  "$root/scripts/cross-toolchain.sh" "$windows" >/dev/null && "$root/scripts/windows/wine.sh" >/dev/null || return 1
  if [ -n "${OK_NO_INSTALL:-}" ] && [ -z "${OK_REQUIRE_BROWSER:-}" ]; then return; fi
  install_chromium
}

step_windows() {
  if [ "$(uname)" != Linux ]; then return; fi
  local skipped=() name quiet=$cache/wine/quiet quickstart=$CARGO_TARGET_DIR/$windows/debug/examples/quickstart.exe
  switch_on cross-toolchain.sh "$windows"
  while read -r name _; do
    case $name in '' | '#'*) ;; *) skipped+=(--skip "$name") ;; esac
  done <"$root/scripts/windows/skipped.txt"
  # Wine hands a page to the host's `xdg-open`. Only one test below has a browser there; for all others it does nothing.
  mkdir -p "$quiet"
  printf '#!/bin/sh\n' >"$quiet/xdg-open"
  chmod +x "$quiet/xdg-open"
  (
    switch_on windows/wine.sh
    export PATH=$quiet:$PATH
    test_for_windows
    run cargo build --locked --target "$windows" "${library_packages[@]}" --all-features --example quickstart
    plays quickstart.exe "wine $quickstart" invite suggest post
  )
  (
    switch_on windows/wine.sh
    run env OK_WINDOWS_GAME="$quickstart" cargo test --locked "${headless[@]}" "${all_features[@]}" \
      --test browser_windows -- --nocapture
    # Wine's server ends with the last program of its prefix; what still ran would hold a port, too.
    say "+ wineserver --wait"
    timeout 60 wineserver --wait || { say "a program for Windows still runs:"; pgrep -fa '\.exe' >&2; return 1; }
  )
}

needs_cross() { "$root/scripts/cross-toolchain.sh" "${checked_targets[@]}" "${phone_targets[@]}" >/dev/null; }

# Clippy checks as the compiler does, and more. Nothing is linked, so no system's own libraries are needed.
step_cross() {
  local target more
  switch_on cross-toolchain.sh "${checked_targets[@]}" "${phone_targets[@]}"
  # C code in Bevy's dependencies, for which no compiler is here: blake3 can do without, and the logger of Apple's systems
  # gets an object file with nothing in it.
  export CARGO_FEATURE_PURE=1 SDKROOT=$root
  for target in aarch64_apple_darwin aarch64_apple_ios aarch64_apple_ios_sim; do
    export "AR_$target=true" "CC_$target=$root/scripts/no-compiler"
  done
  for target in "${checked_targets[@]}"; do
    more=()
    # There the feature `winit` leaves the kind of activity to the game.
    case $target in
      *-android) more=(-p bevy_odnoklassniki_mobile -p mobile_game --features bevy_winit/android-native-activity) ;;
      *-ios) more=(-p bevy_odnoklassniki_mobile -p mobile_game) ;;
    esac
    run cargo clippy --locked --target "$target" "${library_packages[@]}" --lib --bins --all-features "${more[@]}" -- -D warnings
    case $target in
      *-windows-* | *-darwin) run cargo clippy --locked --target "$target" -p odnoklassniki_webview --lib --bins -- -D warnings ;;
    esac
  done
  for target in "${phone_targets[@]}"; do
    run cargo clippy --locked --target "$target" -p bevy_odnoklassniki -p bevy_odnoklassniki_mobile -p mobile_game \
      --lib --bins -- -D warnings
  done
}

step_next-bevy() {
  local copy=$cache/bevy-$next_bevy
  rm -rf "$copy"
  run scripts/for-bevy "$next_bevy" "$copy"
  cd "$copy"
  # Bevy may ask for a newer compiler than this one.
  run cargo check --locked --ignore-rust-version -p bevy_odnoklassniki -p bevy_odnoklassniki_panel "${all_features[@]}"
  without_browser cargo test --locked --ignore-rust-version -p odnoklassniki -p odnoklassniki_sandbox -p bevy_odnoklassniki \
    -p bevy_odnoklassniki_panel --features keyring,file-store --lib --tests -- "${featureless[@]}"
}

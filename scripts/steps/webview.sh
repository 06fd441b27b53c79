# shellcheck shell=bash
# The window with OK's page. A step of its own, because only it needs WebKitGTK to build.

needs_webview() {
  local packages=() program
  if [ "$(uname)" != Linux ]; then say "(the webview's tests run on Linux only)"; return; fi
  if ! command -v pkg-config >/dev/null; then packages+=(pkg-config); fi
  pkg-config --exists webkit2gtk-4.1 2>/dev/null || packages+=(libwebkit2gtk-4.1-dev)
  pkg-config --exists gtk+-3.0 2>/dev/null || packages+=(libgtk-3-dev)
  command -v Xvfb >/dev/null || packages+=(xvfb)
  command -v ip >/dev/null || packages+=(iproute2)
  for program in xdotool xclip weston openssl; do
    command -v "$program" >/dev/null || packages+=("$program")
  done
  for program in convert import; do
    command -v "$program" >/dev/null || { packages+=(imagemagick); break; }
  done
  # A game's window sleeps beside the page's.
  needs_screen || return 1
  if [ ${#packages[@]} = 0 ]; then return; fi
  install_packages "OK's page in a window is built with WebKitGTK, and tested under X11 and Wayland" "${packages[@]}"
}

step_webview() {
  if [ "$(uname)" != Linux ]; then return; fi
  local added
  run cargo clippy --locked -p odnoklassniki_webview --all-targets -- -D warnings
  RUSTDOCFLAGS="-D warnings" run cargo doc --locked -p odnoklassniki_webview --no-deps
  # One at a time: an engine takes both cores of a small machine, and some tests measure time.
  run cargo test --locked -p odnoklassniki_webview -- --nocapture --test-threads=1
  # The plugin's half brings no crate, and shows pages with the program.
  added=$(diff <(crates_with "") <(crates_with webview) || true)
  if [ -n "$added" ]; then
    say "the feature webview brings crates: $added"
    return 1
  fi
  run cargo build --locked -p odnoklassniki_webview
  export OK_REQUIRE_WEBVIEW=1 OK_WEBVIEW=$CARGO_TARGET_DIR/debug/odnoklassniki_webview
  run cargo test --locked "${headless[@]}" "${all_features[@]}" --test webview -- --nocapture --test-threads=1
  run cargo test --locked -p social_game --test sleeping_window -- --exact a_desktop_app_beside_a_webview
}

# crates_with FEATURES: what a game with the plugin compiles.
crates_with() { cargo tree --locked -p bevy_odnoklassniki -e normal --prefix none --features "$1" | sort -u; }

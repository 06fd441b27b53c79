# shellcheck shell=bash
needs_browser() {
  if [ -n "${OK_NO_INSTALL:-}" ] && [ -z "${OK_REQUIRE_BROWSER:-}" ]; then return; fi
  local failed=
  install_chromium || failed=yes
  if ! command -v "${FIREFOX:-firefox}" >/dev/null && ! command -v firefox-esr >/dev/null; then
    install_packages "the browser tests drive a real Firefox" firefox-esr || failed=yes
  fi
  install_geckodriver || failed=yes
  install_webkit || failed=yes
  [ -z "$failed" ]
}

install_chromium() {
  local packages=()
  command -v "${CHROMIUM:-chromium}" >/dev/null || packages+=(chromium)
  command -v "${CHROMEDRIVER:-chromedriver}" >/dev/null || packages+=(chromium-driver)
  if [ ${#packages[@]} = 0 ]; then return; fi
  install_packages "the tests drive a real Chromium" "${packages[@]}"
}

# WebKitGTK, its driver and, because it is never headless, a screen.
install_webkit() {
  local packages=()
  command -v "${WEBKITWEBDRIVER:-WebKitWebDriver}" >/dev/null || packages+=(webkit2gtk-driver)
  command -v Xvfb >/dev/null || packages+=(xvfb)
  if [ ${#packages[@]} = 0 ]; then return; fi
  install_packages "the browser tests drive a real WebKitGTK on a virtual screen" "${packages[@]}"
}

# Firefox's driver. Debian has none, so it is built; the tests look for it here, too.
install_geckodriver() {
  local home=$cache/geckodriver
  local install=(cargo install geckodriver --locked --version "$geckodriver_version" --root "$home")
  if command -v "${GECKODRIVER:-geckodriver}" >/dev/null || [ -x "$home/bin/geckodriver" ]; then return; fi
  if [ -n "${OK_NO_INSTALL:-}" ]; then
    say "missing: geckodriver (it drives Firefox). Not installed, because --no-install was given. By hand: ${install[*]}"
    return 1
  fi
  say "installing geckodriver $geckodriver_version into $home (it drives Firefox)"
  # Not into the folder of our own builds, where it would stay forever.
  env -u CARGO_TARGET_DIR "${install[@]}" >&2 </dev/null
}

step_browser() {
  # One at a time: a browser takes both cores of a small machine, and deadlines are real time.
  run cargo test --locked "${headless[@]}" "${all_features[@]}" --test 'browser*' -- --nocapture --test-threads=1
}

needs_window() {
  needs_screen || return 1
  if [ -n "${OK_NO_INSTALL:-}" ] && [ -z "${OK_REQUIRE_BROWSER:-}" ]; then return; fi
  install_chromium
}

# What a game in a window needs.
needs_screen() {
  local packages=()
  if [ "$(uname)" != Linux ]; then say "(windowed tests run on Linux only)"; return; fi
  command -v Xvfb >/dev/null || packages+=(xvfb)
  command -v xdotool >/dev/null || packages+=(xdotool)
  local program
  for program in convert display import; do
    command -v "$program" >/dev/null || { packages+=(imagemagick); break; }
  done
  command -v xclip >/dev/null || packages+=(xclip)
  # A driver that draws without a graphics card, and what a window loads when it is opened.
  compgen -G '/usr/share/vulkan/icd.d/lvp*.json' >/dev/null || packages+=(mesa-vulkan-drivers)
  local known library
  # Not through a pipe: grep -q leaves early, ldconfig dies of it, and pipefail takes that for a missing library.
  known=$(/sbin/ldconfig -p)
  for library in libxkbcommon-x11.so.0=libxkbcommon-x11-0 libXi.so.6=libxi6 libXcursor.so.1=libxcursor1 \
    libXrandr.so.2=libxrandr2 libX11-xcb.so.1=libx11-xcb1; do
    case $known in *"${library%%=*} "*) ;; *) packages+=("${library#*=}") ;; esac
  done
  if [ ${#packages[@]} != 0 ] && { [ -z "${OK_NO_INSTALL:-}" ] || [ -n "${OK_REQUIRE_WINDOW:-}" ]; }; then
    install_packages "windowed tests play the game on a virtual screen" "${packages[@]}"
  fi
}

step_window() {
  run cargo test --locked -p social_game -- --nocapture --test-threads=1
  say "(screenshots: $CARGO_TARGET_DIR/screenshots)"
}


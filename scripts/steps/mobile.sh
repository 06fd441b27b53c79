# shellcheck shell=bash
# What can be tested of Android and iOS without a device: Android's calls run on this machine's Java.

# The classes of Android's API: Debian has them in its development version only.
android_jar=$cache/android-23/usr/share/java/com.android.android-23.jar

# Fetches them with lists of packages of its own, so that the machine's stay as they are. Nothing is installed.
fetch_android_jar() {
  local work keyring=/usr/share/keyrings/debian-archive-keyring.gpg apt
  if [ -f "$android_jar" ]; then return; fi
  if [ -n "${OK_NO_INSTALL:-}" ] || ! command -v apt-get >/dev/null || [ ! -f "$keyring" ]; then return 1; fi
  say "fetching the classes of Android's API (Debian's libandroid-23-java, 14 MB)"
  work=$(mktemp -d)
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  touch "$work/status"
  echo "deb [signed-by=$keyring] http://deb.debian.org/debian sid main" >"$work/sources.list"
  apt=(apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$work/lists"
    -o Dir::State::Status="$work/status" -o Dir::Cache="$work/cache" -o Acquire::Languages=none -o APT::Sandbox::User=)
  if "${apt[@]}" update >&2 </dev/null && (cd "$work" && "${apt[@]}" download libandroid-23-java >&2 </dev/null) &&
    dpkg-deb -x "$work"/libandroid-23-java_*.deb "$work/android-23"; then
    mkdir -p "$cache"
    rm -rf "$cache/android-23"
    mv "$work/android-23" "$cache/android-23"
  fi
  rm -rf "$work"
  [ -f "$android_jar" ]
}

# Optional for a contributor: tests that lack them say so and are skipped, unless they are required.
needs_mobile() {
  local packages=()
  if [ "$(uname)" != Linux ]; then say "(the tests of phones run on Linux only)"; return; fi
  if [ -n "${OK_NO_INSTALL:-}" ] && [ -z "${OK_REQUIRE_JAVA:-}" ]; then return; fi
  command -v javac >/dev/null || packages+=(openjdk-17-jdk-headless)
  command -v aapt >/dev/null || packages+=(aapt)
  [ -f /usr/share/android-framework-res/framework-res.apk ] || packages+=(android-framework-res)
  command -v python3 >/dev/null || packages+=(python3)
  if [ ${#packages[@]} != 0 ]; then
    install_packages "tests run Android's calls, and read the files of the template" "${packages[@]}" ||
      [ -z "${OK_REQUIRE_JAVA:-}" ] || return 1
  fi
  if fetch_android_jar; then return; fi
  say "(the classes of Android's API cannot be fetched)"
  [ -z "${OK_REQUIRE_JAVA:-}" ]
}

step_mobile() {
  if [ "$(uname)" != Linux ]; then return; fi
  local jar=()
  if [ -f "$android_jar" ]; then jar=(OK_ANDROID_JAR="$android_jar"); fi
  run env "${jar[@]}" cargo test --locked -p bevy_odnoklassniki_mobile --lib --tests -- --nocapture
  run cargo test --locked -p bevy_odnoklassniki_mobile --doc
  RUSTDOCFLAGS="-D warnings" run cargo doc --locked -p bevy_odnoklassniki_mobile --no-deps
}

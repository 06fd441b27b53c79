# shellcheck shell=bash
# plays NAME COMMAND KIND...: a program that plays by itself prints one completed request of each of these kinds, and
# nothing else.
plays() {
  local name=$1 output kind
  read -ra command <<<"$2"
  shift 2
  output=$(run "${command[@]}" --auto --json)
  printf '%s\n' "$output"
  if [ "$(printf '%s\n' "$output" | grep -c .)" != $# ]; then
    say "$name must print $# lines, one for each request"
    return 1
  fi
  for kind; do
    if ! printf '%s\n' "$output" | grep "\"kind\": *\"$kind\"" | grep -q '"outcome": *"completed"'; then
      say "$name printed no completed $kind"
      return 1
    fi
  done
}

step_quickstart() { plays quickstart "cargo run --locked --quiet --example quickstart --" invite suggest post; }
step_login() { plays login "cargo run --locked --quiet --example login --" login invite; }

step_backend() {
  local output part
  run cargo build --locked -p backend_example
  output=$(run cargo run --locked --quiet -p backend_example -- --demo)
  printf '%s\n' "$output"
  for part in "code flow" "backend signature" "verified reward" "replay refused"; do
    if ! printf '%s\n' "$output" | grep -q "^$part: "; then
      say "the demo said nothing of: $part"
      return 1
    fi
  done
}


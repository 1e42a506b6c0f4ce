# Sourced by the scripts beside it: `step HEADING COMMAND…` runs a command and shows that it is at work.

# On a terminal: the heading, then a dot a second. Otherwise one plain line every ten seconds. What the command
# printed is shown only when it fails; its status is the step's.
step() {
  local heading=$1 log pid status=0 started=$SECONDS shown=no
  shift
  log=$(mktemp)
  "$@" > "$log" 2>&1 < /dev/null &
  pid=$!
  trap 'kill "$pid" 2> /dev/null; rm -f "$log"; exit 130' INT TERM # the shell has it ignore Ctrl-C
  while step_runs "$pid"; do
    if [ -t 1 ]; then
      [ "$shown" = yes ] || printf '%s ' "$heading"
      printf '.'
      shown=yes
    elif (((SECONDS - started) % 10 == 1)); then
      printf '%s … %d s\n' "$heading" $((SECONDS - started))
    fi
  done
  wait "$pid" || status=$?
  trap - INT TERM
  [ "$shown" = yes ] || printf '%s' "$heading"
  if [ "$status" -eq 0 ]; then
    printf ' done in %d s\n' $((SECONDS - started))
  else
    printf ' failed with status %d after %d s\n' "$status" $((SECONDS - started))
    cat "$log"
  fi
  rm -f "$log"
  return "$status"
}

# Waits up to a second for the process; true when it still runs.
step_runs() {
  local i
  for i in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "$1" 2> /dev/null || return 1
    sleep 0.1
  done
}

#!/bin/sh
# Does tasks of the board, one after the other: `claim.sh COMMAND...` runs COMMAND with the file of a task as its last
# argument. What it prints is the result, or the error if it fails: plain text, or JSON with a "summary".
# Needs FLOW_BALANCER_HOME, and a server that runs. With CLAIM_IDLE=n it ends once n looks in a row found nothing.
q=${FLOW_BALANCER_HOME:?}/claims
idle=0
while [ "$idle" -ne "${CLAIM_IDLE:--1}" ]; do
  touch "$q/want" # somebody looks for work
  idle=$((idle + 1))
  for f in "$q"/offer/*; do
    [ -f "$f" ] || continue # gone by now
    k=${f##*/}
    c=$q/claim/${k#*.}
    mkdir "$c" 2>/dev/null || continue # another was first
    { echo "${CLAIM_NAME:-$$}" >"$c/owner" && mv "$f" "$c/job"; } 2>/dev/null || continue # it was taken back
    # The heartbeat ends with this script, even if that is killed, and once the task is another's.
    while sleep "${CLAIM_BEAT:-5}" && kill -0 $$ && touch "$c/hb"; do [ ! -e "$c/cancel" ] || break; done 2>/dev/null &
    if "$@" "$c/job" >"$c/out"; then end=result; else end=error; fi
    kill $! 2>/dev/null
    mv "$c/out" "$c/$end.json" 2>/dev/null # whole or not at all; the folder is gone if the lease is
    idle=0
    break # the most urgent comes first
  done
  [ "$idle" -eq 0 ] || sleep "${CLAIM_LOOK:-1}"
done

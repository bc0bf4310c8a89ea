#!/bin/sh
# forwarder-answers.sh FORWARDER: waits until it answers on port 53 of 127.0.0.1. Asks for a name that no test asks for
# later, so that the forwarder's cache holds nothing of theirs.
set -eu

tries=0
until dig @127.0.0.1 +time=1 +tries=1 db.corp.internal A | grep -q 'status: NOERROR'; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo "$1 does not answer" >&2; exit 1; }
  sleep 0.1
done

#!/bin/sh
# dnsmasq.sh COMMAND…, inside namespace.sh with plustwo on port 5300: runs the command with dnsmasq on port 53 in front.
set -eu

dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --port=53 --listen-address=127.0.0.1 \
  --bind-interfaces --cache-size=1000 --server=127.0.0.1#5300 2>/dev/null &
"$(dirname "$0")/forwarder-answers.sh" dnsmasq
"$@"

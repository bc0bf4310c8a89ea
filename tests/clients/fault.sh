#!/bin/sh
# Inside namespace.sh, plustwo on port 5300 and a forwarder that caches on port 53: asks through the forwarder, impairs
# an AZ, and asks both. Prints `before: TTL ADDRESS`, `plustwo: …`, `forwarder: …`, one line per address.
set -eu

name=sns.us-east-1.amazonaws.com
ask() { # LABEL PORT
  dig @127.0.0.1 -p "$2" +noall +answer +time=5 +tries=3 "$name" A | while read -r _ ttl _ _ address; do
    echo "$1: $ttl $address"
  done
}

ask before 53
python3 - <<'PYTHON'
import urllib.request

urllib.request.urlopen(
    urllib.request.Request(
        "http://127.0.0.1:5380/v1/availability-zones/us-east-1a",
        data=b'{"state": "impaired"}',
        headers={"Content-Type": "application/json"},
        method="PUT",
    ),
    timeout=10,
)
PYTHON
ask plustwo 5300
# Forwarders count whole seconds.
sleep 1.1
ask forwarder 53

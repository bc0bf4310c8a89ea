#!/bin/sh
# Inside namespace.sh, plustwo on port 5300: puts dnsmasq on port 53 in front of it, asks through it, impairs an AZ, and
# asks both. Prints `before: TTL ADDRESS`, `plustwo: …`, `dnsmasq: …`, one line per address.
set -eu
name=sns.us-east-1.amazonaws.com

ask() { # LABEL PORT
  dig @127.0.0.1 -p "$2" +noall +answer +time=5 +tries=3 "$name" A | while read -r _ ttl _ _ address; do
    echo "$1: $ttl $address"
  done
}

dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --port=53 --listen-address=127.0.0.1 \
  --bind-interfaces --cache-size=1000 --server=127.0.0.1#5300 2>/dev/null &
# Until dnsmasq listens; a name of its own, so that the cache stays empty.
tries=0
until dig @127.0.0.1 +time=1 +tries=1 db.corp.internal A >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo "dnsmasq does not answer" >&2; exit 1; }
  sleep 0.1
done

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
# dnsmasq counts whole seconds.
sleep 1.1
ask dnsmasq 53

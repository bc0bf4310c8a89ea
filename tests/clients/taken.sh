#!/bin/sh
# Inside namespace.sh, plustwo on port 53: runs a command, then prints `udp: N` and `fast: N`, how many messages came by
# UDP and how many of them the fast path answered.
set -eu

"$@"
python3 - <<'PYTHON'
import json
import urllib.request

with urllib.request.urlopen("http://127.0.0.1:5380/v1/state", timeout=10) as reply:
    counters = json.load(reply)["counters"]
for name in ("udp", "fast"):
    print(f"{name}: {counters[name]}")
PYTHON

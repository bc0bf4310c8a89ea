"""What only plustwo does: to fail an Availability Zone, and to take another topology over while it answers."""

from __future__ import annotations

import http.client
import select
import socket
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from build import Tools
from data import REGION
from dnsclient import ask
from measure import Load, blast
from processes import Failed, Running

WITHIN = 20.0  # seconds for a fault to show
TAKE = 300.0  # seconds for all reloads
RUN = 5.0  # seconds of one run of load


@dataclass(frozen=True)
class Fault:
    """Times in milliseconds from the moment the call was sent; medians of several faults."""

    api_ms: float  # until the API has answered
    dns_ms: float  # until a reply has come without the failed AZ's address


@dataclass(frozen=True)
class Reloads:
    """Reloads under load."""

    count: int
    each_s: float  # median seconds of one
    ok: int
    bad: int
    lost: int
    stray: int


def fault(running: Running, times: int = 7) -> Fault:
    """Forces an AZ to be impaired, and asks for the last Regional name as often as goes until its address is away."""
    measured = []
    for _ in range(times):
        measured.append(_force(running, b'{"forced":"impaired"}', addresses=2))
        _force(running, b'{"forced":null}', addresses=3)
        time.sleep(0.2)
    return Fault(statistics.median(api for api, _ in measured), statistics.median(dns for _, dns in measured))


def _force(running: Running, body: bytes, addresses: int) -> tuple[float, float]:
    port, name = running.api_port(), running.data.last.name
    request = (
        f"PUT /v1/availability-zones/{REGION}a HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    api_at = dns_at = 0.0
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN) as api:
        start = time.monotonic()
        api.sendall(request)
        while not api_at or not dns_at:
            if not dns_at and len(ask(running.port, name).addresses) == addresses:
                dns_at = time.monotonic()
            if not api_at and select.select([api], [], [], 0)[0]:
                api_at = time.monotonic()
                status = api.recv(4096).split(b"\r\n", 1)[0]
                if b" 200 " not in status:
                    raise Failed(f"{running.name}: the fault was not taken: {status.decode()}")
            if time.monotonic() > start + WITHIN:
                raise Failed(f"{running.name}: no sign of the fault in DNS after {WITHIN:.0f} s")
    return (api_at - start) * 1000, (dns_at - start) * 1000


def reloads(tools: Tools, running: Running, queries: Path, count: int) -> Reloads:
    """Puts the same topology in place again and again while queries come as fast as they are answered."""
    loads: list[Load] = []
    errors: list[Exception] = []
    enough = threading.Event()

    def keep_asking() -> None:
        try:
            while not enough.is_set():
                loads.append(blast(tools, running, queries, RUN))
        except Exception as error:
            errors.append(error)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        seconds = _put_topologies(running, count, errors)
    finally:
        enough.set()
        asking.join()
    if errors:
        raise errors[0]
    total = {field: sum(getattr(load, field) for load in loads) for field in ("ok", "bad", "lost", "stray")}
    return Reloads(len(seconds), statistics.median(seconds), **total)


def _put_topologies(running: Running, count: int, errors: list[Exception]) -> list[float]:
    """Seconds of each PUT; fewer than `count` where they take too long."""
    text = running.data.topology.read_bytes()
    seconds: list[float] = []
    end = time.monotonic() + TAKE
    while len(seconds) < count and time.monotonic() < end and not errors:
        connection = http.client.HTTPConnection("127.0.0.1", running.api_port(), timeout=60)
        start = time.monotonic()
        connection.request("PUT", "/v1/topology", text, {"Content-Type": "application/yaml"})
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        if reply.status != 200:
            raise Failed(f"{running.name}: the topology was not taken: {reply.status} {body[:200]!r}")
        seconds.append(time.monotonic() - start)
    if not seconds:
        raise Failed(f"{running.name}: no reload was done")
    return seconds

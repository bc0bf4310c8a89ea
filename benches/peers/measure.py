"""Measurements that every server goes through, each beside the same one of the echo."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from build import Tools
from processes import Cores, Failed, Running, on_core

SETTLE_WITHIN = 10.0  # seconds


@dataclass(frozen=True)
class Load:
    """One run of the load generator."""

    ok: int
    bad: int
    lost: int
    stray: int
    qps: float  # right replies a second
    p50_us: float
    p99_us: float
    cpu_us: float  # CPU time of the server per right reply, in microseconds
    noise: float  # processor cores that everything else on the machine used meanwhile


@dataclass(frozen=True)
class Pair:
    """A run against a server next to a run against the echo."""

    efficiency: float  # CPU time of the echo by CPU time of the server, per query
    throughput: float  # queries a second of the server by those of the echo
    cpu_us: float  # CPU time of the server per query, in microseconds
    noise: float
    bad: int
    lost: int


class Quiet:
    """Patience with other processes on the machine."""

    def __init__(self, limit: float, patience: float) -> None:
        """`limit` is in cores; `patience` in seconds, for all waiting of a run together."""
        self.limit, self.patience = limit, patience

    def wait(self) -> None:
        """Waits for two seconds at most until others use no more than the limit."""
        start = time.monotonic()
        while self.patience > 0 and time.monotonic() < start + 2:
            before = _busy_seconds()
            time.sleep(0.1)
            if (_busy_seconds() - before) / 0.1 <= max(self.limit, 0.1):
                break
        self.patience -= time.monotonic() - start

    def calm(self, pairs: list[Pair]) -> list[Pair]:
        """The pairs that nobody disturbed; if they are too few, the quieter half."""
        by_noise = sorted(pairs, key=lambda pair: pair.noise)
        calm = [pair for pair in by_noise if pair.noise <= self.limit]
        return calm if len(calm) >= 5 else by_noise[: max(5, len(by_noise) // 2)]


def _busy_seconds() -> float:
    """Seconds that all cores together have been busy."""
    user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """CPU time of this process and of those it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def blast(tools: Tools, running: Running, queries: Path, seconds: float, rate: int = 0) -> Load:
    """One run of blast.c: as many queries as get answered, or `rate` a second; at most 10 seconds."""
    words = [str(tools.blast), "-p", str(running.port), "-d", str(queries), "-l", str(seconds)]
    words += ["-r", str(rate)] if rate else []
    words += ["-n"] if running.server.is_echo else []
    start, busy, own, cpu = time.monotonic(), _busy_seconds(), _own_seconds(), running.cpu_s()
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=seconds + 20,
        preexec_fn=on_core(Cores.client),
    )
    cpu = running.cpu_s() - cpu
    others = _busy_seconds() - busy - (_own_seconds() - own) - cpu
    elapsed = time.monotonic() - start
    if done.returncode:
        raise Failed(f"blast: {done.stderr.strip()}")
    if running.process.poll() is not None:
        raise Failed(f"{running.name} ended with {running.process.returncode}: {running.last_words()}")
    result = json.loads(done.stdout)
    del result["sent"], result["client_cpu_s"]
    return Load(**result, cpu_us=cpu * 1e6 / max(result["ok"], 1), noise=max(0.0, others / elapsed))


def pair(
    tools: Tools, quiet: Quiet, echo: Running, server: Running, queries: Path, seconds: float, server_first: bool
) -> Pair:
    """A run against the echo and a run against the server, next to each other."""
    quiet.wait()
    order = (server, echo) if server_first else (echo, server)
    loads = {running.name: blast(tools, running, queries, seconds) for running in order}
    ours, limit = loads[server.name], loads[echo.name]
    if not ours.ok or not limit.ok or not ours.cpu_us:
        raise Failed(f"{server.name}: no right reply in a run, {ours.bad} wrong, {ours.lost} lost")
    return Pair(
        efficiency=limit.cpu_us / ours.cpu_us,
        throughput=ours.qps / limit.qps,
        cpu_us=ours.cpu_us,
        noise=max(ours.noise, limit.noise),
        bad=ours.bad + ours.stray,
        lost=ours.lost,
    )


def steady(tools: Tools, quiet: Quiet, running: Running, queries: Path, rate: int) -> Load:
    """A run of two seconds at a fixed rate; the quietest of up to three."""
    best: Load | None = None
    for _ in range(3):
        quiet.wait()
        load = blast(tools, running, queries, 2.0, rate)
        best = load if best is None or load.noise < best.noise else best
        settle(running)
        if best.noise <= quiet.limit:
            break
    return best


def settle(running: Running) -> None:
    """Waits until a server has worked off what it was sent."""
    end = time.monotonic() + SETTLE_WITHIN
    while time.monotonic() < end:
        before = running.cpu_s()
        time.sleep(0.1)
        if running.cpu_s() - before < 0.005:
            return


def idle(running: list[Running], seconds: float) -> dict[str, float]:
    """CPU time that servers use while nobody asks, in milliseconds a second."""
    before = {server.name: server.cpu_s() for server in running}
    time.sleep(seconds)
    return {server.name: (server.cpu_s() - before[server.name]) * 1000 / seconds for server in running}


def quartiles(pairs: list[Pair], of: Callable[[Pair], float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile."""
    values = [of(pair) for pair in pairs]
    if len(values) == 1:
        values *= 2
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high

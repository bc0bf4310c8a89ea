"""Servers as processes: started on a core of their own, watched, ended."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

from build import SCRATCH
from data import Data
from dnsclient import NOERROR, ask
from servers import Server

READY_WITHIN = 180.0  # seconds
STOP_WITHIN = 5.0  # seconds


class Failed(Exception):
    """A server, or a run against it, is of no use; the text says why."""


class Cores:
    """The processor cores of a run: the servers', one at a time busy, and the client's."""

    server = 0
    client = 1


_prctl = ctypes.CDLL(None).prctl


def on_core(core: int) -> Callable[[], None]:
    """What a new process does first: it goes to a core, and will end when this process does, however that ends."""

    def prepare() -> None:
        os.sched_setaffinity(0, {core})
        _prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

    return prepare


def cpu_seconds(pid: int) -> float:
    """CPU time of a process from its own clock, in seconds: all threads, ended ones too."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of linux/posix-timers.h
    except OSError:
        return 0.0


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(entry))
    found, ahead = [], [pid]
    while ahead:
        found.append(ahead.pop())
        ahead += children.get(found[-1], [])
    return found


def _refuse_port_in_use(port: int) -> None:
    """Where a port is shared (SO_REUSEPORT), a forgotten process would take half the load without a word."""
    for protocol in ("udp", "udp6", "tcp", "tcp6"):
        try:
            lines = Path("/proc/net", protocol).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            local, state = line.split()[1], line.split()[3]
            if int(local.rsplit(":", 1)[1], 16) == port and (protocol.startswith("udp") or state == "0A"):
                sys.exit(f"port {port}/{protocol} is in use; --port chooses others")


class Running:
    """A server that is running."""

    all: list[Running] = []

    def __init__(self, name: str, server: Server, data: Data, port: int, wrapper: list[str] | None = None) -> None:
        """Starts it, `wrapper` before its own words, and waits for the right answer for the last name."""
        self.name, self.server, self.data, self.port = name, server, data, port
        _refuse_port_in_use(port)
        self.folder = SCRATCH / "run" / f"{name}-{port}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.output = self.folder / "output.log"
        words = [*(wrapper or []), *server.command(self.folder, data, port)]
        environment = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        started = time.monotonic()
        with open(self.output, "wb") as log:
            self.process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                preexec_fn=on_core(Cores.server),
            )
        Running.all.append(self)
        try:
            self._wait_ready(started)
        except BaseException:
            self.stop()
            raise
        self.ready_s = time.monotonic() - started
        self.ready_cpu_s = self.cpu_s()

    def _wait_ready(self, started: float) -> None:
        while not self._is_ready():
            if self.process.poll() is not None:
                raise Failed(f"{self.name} ended with {self.process.returncode}: {self.last_words()}")
            if time.monotonic() - started > READY_WITHIN:
                raise Failed(f"{self.name} is not ready after {READY_WITHIN:.0f} s: {self.last_words()}")
            time.sleep(0.003)

    def _is_ready(self) -> bool:
        last = self.data.last
        try:
            reply = ask(self.port, last.name, timeout=0.05)
        except (OSError, ValueError) as error:
            return self.server.is_echo and "octets after its end" in str(error)  # padding
        right = reply.rcode == NOERROR and sorted(reply.addresses) == sorted(last.addresses)
        return right or self.server.is_echo

    def cpu_s(self) -> float:
        """CPU time so far, in seconds, of the process and its descendants."""
        return sum(cpu_seconds(pid) for pid in _family(self.process.pid))

    def pss_mb(self) -> float:
        """Proportional set size in MB of the process and its descendants."""
        total = 0
        for pid in _family(self.process.pid):
            try:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            total += int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1])
        return total * 1024 / 1e6

    def settled_pss_mb(self) -> float:
        """The same a moment later, when what only starting needed may have been given back."""
        time.sleep(1)
        return self.pss_mb()

    def api_port(self) -> int:
        """The port of plustwo's API, as plustwo printed it."""
        found = re.search(r"^api http://127\.0\.0\.1:(\d+)$", self.output.read_text(), re.MULTILINE)
        if not found:
            raise Failed(f"{self.name} names no API: {self.last_words()}")
        return int(found[1])

    def last_words(self) -> str:
        """The end of its logs."""
        texts = [path.read_text(errors="replace")[-400:] for path in sorted(self.folder.glob("*.log"))]
        return " ".join(" ".join(texts).split())

    def stop(self) -> None:
        """Ends it and what it started, and nothing else: all are in the session that was made for them."""
        if self not in Running.all:
            return
        Running.all.remove(self)
        self.process.terminate()
        end = time.monotonic() + STOP_WITHIN
        # it is not reaped before the rest is ended, so that its number cannot have become another's
        while self.process.returncode is None and time.monotonic() < end:
            if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            time.sleep(0.01)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except OSError:
            pass
        self.process.wait()


def stop_all() -> None:
    """Ends every server that is still running."""
    for running in list(Running.all):
        running.stop()

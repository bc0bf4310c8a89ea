"""Instructions that a server executes in user space for a query, counted by valgrind: blind to noise on the machine,
and to the kernel's work."""

from __future__ import annotations

import re
import time

from build import Tools
from data import Data
from measure import blast, settle
from processes import Failed, Running
from servers import Server

RATE = 400  # queries a second: each is served alone, as on a developer's machine
WRAPPER = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--trace-children=yes", "--cachegrind-out-file=/dev/null"]


def per_query(tools: Tools, name: str, server: Server, data: Data, port: int) -> float:
    """The difference between a long and a short run, so that starting and ending do not count."""
    few = _run(tools, name, server, data, port, 1.0)
    many = _run(tools, name, server, data, port + 1, 8.0)
    return (many[1] - few[1]) / (many[0] - few[0])


def _run(tools: Tools, name: str, server: Server, data: Data, port: int, seconds: float) -> tuple[int, int]:
    """Queries and instructions of one life."""
    running = Running(name, server, data, port, WRAPPER)
    try:
        load = blast(tools, running, data.queries(), seconds, RATE)
        settle(running)
        running.process.terminate()
        running.process.wait(30)
        time.sleep(0.2)  # for the last words of its children
    finally:
        running.stop()
    counts = re.findall(r"I\s+refs:\s+([\d,]+)", running.output.read_text(errors="replace"))
    if not counts:
        raise Failed(f"{name}: valgrind counted nothing: {running.last_words()}")
    return load.ok + load.lost, sum(int(count.replace(",", "")) for count in counts)

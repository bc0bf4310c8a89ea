"""What was measured, as Markdown."""

from __future__ import annotations

import dataclasses
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from control import Fault, Reloads
from measure import Load, Pair, Quiet, quartiles


@dataclass
class Scale:
    """A server with many endpoints."""

    ready_s: float  # seconds from its start to the right answer for the last name
    ready_cpu_s: float  # CPU time it took for that, in seconds
    pss_mb: float
    pairs: list[Pair] = field(default_factory=list)


@dataclass
class Row:
    """All that is known of one server; what was not measured is empty."""

    version: str
    remarks: list[str] = field(default_factory=list)
    ready_s: float | None = None
    pss_mb: float | None = None
    pairs: list[Pair] = field(default_factory=list)
    aaaa_pairs: list[Pair] = field(default_factory=list)
    rates: dict[int, Load] = field(default_factory=dict)
    idle_ms: float | None = None  # milliseconds of CPU time a second
    instructions: float | None = None  # in user space, per query
    scale: Scale | None = None

    def every_pair(self) -> list[Pair]:
        """The pairs of all phases."""
        return [*self.pairs, *self.aaaa_pairs, *(self.scale.pairs if self.scale else [])]


@dataclass
class Results:
    """One run of everything."""

    endpoints: int
    scale_endpoints: int
    rows: dict[str, Row] = field(default_factory=dict)
    fault: Fault | None = None
    reloads: Reloads | None = None
    left_out: dict[str, str] = field(default_factory=dict)  # what, why

    def is_wrong(self, name: str) -> bool:
        """Whether a server gave a wrong reply, or lost one in a reload, or could not be measured in something."""
        row, it = self.rows.get(name), self.reloads
        wrong = row is not None and any(pair.bad for pair in row.every_pair())
        return wrong or any(name in what for what in self.left_out) or bool(it and it.bad + it.lost + it.stray)

    def as_json(self) -> dict:
        """Everything, every pair included."""
        return {"machine": machine(), **dataclasses.asdict(self)}


def machine() -> str:
    """The machine in a line."""
    models = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line)
    cpu = next(models, f":{os.uname().machine}").split(":", 1)[1].strip()
    return f"{cpu}, {os.cpu_count()} cores, Linux {os.uname().release}, {time.strftime('%Y-%m-%d')}"


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _spread(pairs: list[Pair], of: str) -> str:
    """Median and quartiles."""
    if not pairs:
        return "–"
    low, middle, high = quartiles(pairs, lambda pair: getattr(pair, of))
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def _median(pairs: list[Pair], of: str) -> float | None:
    return quartiles(pairs, lambda pair: getattr(pair, of))[1] if pairs else None


def growth(row: Row, quiet: Quiet) -> float | None:
    """By how much a query costs more with many endpoints, in per cent; each time is taken relative to the echo's."""
    if not row.scale or not row.scale.pairs or not row.pairs:
        return None
    few = _median(quiet.calm(row.pairs), "efficiency")
    many = _median(quiet.calm(row.scale.pairs), "efficiency")
    return (few / many - 1) * 100


def _rates(results: Results) -> list[int]:
    return sorted({rate for row in results.rows.values() for rate in row.rates})


def _rate(load: Load | None, rate: int, quiet: Quiet) -> str:
    """Median latency at a rate; a server that did not keep up with it has none."""
    if load is None:
        return "–"
    if load.qps < 0.97 * rate:
        return "cannot keep up"
    return f"{load.p50_us:.0f} ({load.cpu_us:.1f})" + (" noisy" if load.noise > quiet.limit else "")


def _columns(results: Results) -> list[str]:
    few, many = f"{results.endpoints:,}", f"{results.scale_endpoints:,}"
    return [
        "server", "echo's CPU ÷ its CPU", "QPS ÷ echo's", "CPU µs/query", "with AAAA: echo's CPU ÷ its CPU",
        *(f"p50 µs (CPU µs/query) at {rate:,}/s" for rate in _rates(results)), "instructions/query", "idle CPU ms/s",
        f"PSS MB, {few}", f"PSS MB, {many}", f"ready s, {many}", f"CPU s to ready, {many}",
        f"echo's CPU ÷ its CPU, {many}", f"CPU µs/query, {many}", "growth of CPU/query",
    ]  # fmt: skip


def _cells(name: str, row: Row, results: Results, quiet: Quiet) -> list[str]:
    pairs, aaaa = quiet.calm(row.pairs), quiet.calm(row.aaaa_pairs)
    scale = row.scale
    many = quiet.calm(scale.pairs) if scale else []
    more = growth(row, quiet)
    rates = [_rate(row.rates.get(rate), rate, quiet) for rate in _rates(results)]
    cells = [_spread(pairs, "efficiency"), _spread(pairs, "throughput"), _number(_median(pairs, "cpu_us"))]
    if name == "echo":
        cells = ["1", "1", _number(_echo_cpu_us(results, quiet))]
    return [
        name, *cells,
        _spread(aaaa, "efficiency"), *rates, _number(row.instructions, 0), _number(row.idle_ms),
        _number(row.pss_mb, 1), _number(scale and scale.pss_mb, 1), _number(scale and scale.ready_s),
        _number(scale and scale.ready_cpu_s), _spread(many, "efficiency"), _number(_median(many, "cpu_us")),
        "–" if more is None else f"{more:+.0f} %",
    ]  # fmt: skip


def _echo_cpu_us(results: Results, quiet: Quiet) -> float | None:
    """The echo's own CPU time per query in microseconds, from everybody's pairs."""
    pairs = [pair for row in results.rows.values() for pair in quiet.calm(row.pairs)]
    return quartiles(pairs, lambda pair: pair.efficiency * pair.cpu_us)[1] if pairs else None


def markdown(results: Results, quiet: Quiet) -> str:
    """The table, and lines for what is not in it. Columns that nobody has a figure for are left out."""
    order = sorted(results.rows, key=lambda name: -(_median(quiet.calm(results.rows[name].pairs), "efficiency") or 9))
    table = [_columns(results), *(_cells(name, results.rows[name], results, quiet) for name in order)]
    used = [at for at in range(len(table[0])) if any(cells[at] != "–" for cells in table[1:])]
    lines = ["| " + " | ".join(cells[at] for at in used) + " |" for cells in table]
    lines.insert(1, "|" + "---|" * len(used))
    lines += ["", f"{machine()}. Medians of calm pairs (quartiles)."]
    lines += [f"- {name}: {_footnote(row, quiet)}" for name, row in results.rows.items()]
    if results.fault:
        api, dns = results.fault.api_ms, results.fault.dns_ms
        lines.append(
            f"- AZ fault with {results.scale_endpoints or results.endpoints:,} endpoints: the API answered after "
            f"{api:.2f} ms, the first reply without the address came after {dns:.2f} ms ({dns - api:+.2f} ms)"
        )
    if results.reloads:
        it = results.reloads
        lines.append(
            f"- {it.count} reloads under load, {it.each_s:.3f} s each: {it.ok:,} right replies, "
            f"{it.bad} wrong, {it.lost} lost, {it.stray} unexpected"
        )
    lines += [f"- left out: {what}: {why}" for what, why in results.left_out.items()]
    return "\n".join(lines) + "\n"


def _footnote(row: Row, quiet: Quiet) -> str:
    """Its version, how many pairs count, and what is to be held against it."""
    bad, lost = (sum(getattr(pair, of) for pair in row.every_pair()) for of in ("bad", "lost"))
    parts = [row.version]
    if row.pairs:
        calm = quiet.calm(row.pairs)
        noise = quartiles(calm, lambda pair: pair.noise)[1]
        parts.append(f"{len(calm)} of {len(row.pairs)} pairs count, others used {noise:.2f} cores in them")
    if bad or lost:
        parts.append(f"under load {bad} wrong and {lost} lost replies")
    return "; ".join(parts + row.remarks)

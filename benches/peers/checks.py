"""Whether a server answers rightly: no figure counts of one that does not."""

from __future__ import annotations

import random
from typing import Sequence

from data import TTL, Data, Name, unknown
from dnsclient import A, AAAA, NOERROR, NXDOMAIN, OPT, SOA, Reply, ask
from processes import Failed, Running

SAMPLE = 240  # names
ROTATIONS = 24  # questions for one name


def verify(running: Running) -> list[str]:
    """Asks for a sample of all names. Raises Failed at a wrong answer; returns remarks on what is merely different."""
    source = random.Random(1)
    names = running.data.names
    private = [name for name in names if name.kind == "private"]
    regional = [name for name in names if name.kind == "regional"]
    remarks: set[str] = set()
    for at, name in enumerate([names[0], names[-1], *_some(source, names, SAMPLE), *_some(source, private, 20)]):
        qname = name.name
        if at % 10 == 0:
            qname = "".join(source.choice((letter.lower(), letter.upper())) for letter in qname)
        remarks |= _check(running, qname, A, name.addresses, NOERROR, edns=at % 7 != 0)
    for at, name in enumerate(_some(source, regional, 20)):
        remarks |= _check(running, name.name, AAAA, [], NOERROR, edns=at % 2 == 0)
        remarks |= _check(running, unknown(name.name, source), A, [], NXDOMAIN, edns=at % 2 == 0)
    first = {ask(running.port, regional[0].name).addresses[0] for _ in range(ROTATIONS)}
    if len(first) < len(regional[0].addresses):
        remarks.add(f"only {len(first)} of {len(regional[0].addresses)} addresses ever come first")
    return sorted(remarks)


def _some(source: random.Random, names: Sequence[Name], count: int) -> list[Name]:
    return source.sample(names, min(count, len(names)))


def _check(running: Running, qname: str, qtype: int, addresses: list[str], rcode: int, edns: bool) -> set[str]:
    """Asks one question, and again should the machine have been too busy; returns remarks."""
    for attempt in range(3):
        try:
            reply = ask(running.port, qname, qtype, edns)
            break
        except TimeoutError:
            if attempt == 2:
                raise Failed(f"{running.name}: no reply for {qname}") from None
        except (OSError, ValueError) as error:
            raise Failed(f"{running.name}: {qname}: {error}") from error
    wrong = _mistake(reply, addresses, rcode)
    if wrong:
        raise Failed(f"{running.name}: {qname} type {qtype}: {wrong}")
    remarks = set()
    if not reply.same_case:
        remarks.add("the question's letter case is not kept")
    if edns and not any(record.type == OPT for record in reply.additional):
        remarks.add("no OPT record in replies")
    if not addresses and not any(record.type == SOA for record in reply.authority):
        remarks.add(f"no SOA record with {'NXDOMAIN' if rcode == NXDOMAIN else 'NODATA'}")
    return remarks


def _mistake(reply: Reply, addresses: list[str], rcode: int) -> str | None:
    """What is wrong with a reply, if anything."""
    if not reply.same_question:
        return "another question comes back"
    if reply.flags & 0x0200:
        return "truncated"
    if reply.rcode != rcode:
        return f"RCODE {reply.rcode}, expected {rcode}"
    if sorted(reply.addresses) != sorted(addresses) or len(reply.answers) != len(addresses):
        return f"answers {reply.addresses}, expected {addresses}"
    if any(record.ttl != TTL for record in reply.answers):
        return f"TTL {reply.answers[0].ttl}"
    return None

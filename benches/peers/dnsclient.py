"""A small DNS client for checks: builds queries and reads replies by hand (RFC 1035)."""

from __future__ import annotations

import random
import socket
import struct
from typing import NamedTuple

A, SOA, AAAA, OPT = 1, 6, 28, 41
NOERROR, NXDOMAIN = 0, 3


class Record(NamedTuple):
    """A resource record without its owner name."""

    type: int
    ttl: int
    data: bytes


class Reply(NamedTuple):
    """A reply, and whether its question is the one that was asked: to the letter, and but for case."""

    flags: int
    same_question: bool
    same_case: bool
    answers: list[Record]
    authority: list[Record]
    additional: list[Record]

    @property
    def rcode(self) -> int:
        return self.flags & 15

    @property
    def addresses(self) -> list[str]:
        """The addresses of the A records, in the order of the answer section."""
        return [".".join(map(str, record.data)) for record in self.answers if record.type == A]


def ask(port: int, name: str, qtype: int = A, edns: bool = True, timeout: float = 1.0) -> Reply:
    """Asks 127.0.0.1:port over UDP; `timeout` is in seconds. OSError without a reply, ValueError for a broken one."""
    query = _query(name, qtype, edns)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        sock.connect(("127.0.0.1", port))
        sock.send(query)
        message = sock.recv(4096)
    try:
        return _reply(message, query)
    except (IndexError, struct.error) as error:
        raise ValueError(f"broken reply: {error}") from error


def _query(name: str, qtype: int, edns: bool) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    header = struct.pack("!6H", random.randrange(65536), 0x0100, 1, 0, 0, int(edns))
    opt = struct.pack("!BHHIH", 0, OPT, 1232, 0, 0) if edns else b""
    return header + labels + b"\0" + struct.pack("!2H", qtype, 1) + opt


def _after_name(message: bytes, at: int) -> int:
    """Where a domain name ends; compression pointers are not followed."""
    while True:
        length = message[at]
        if length == 0:
            return at + 1
        if length & 0xC0 == 0xC0:
            return at + 2
        at += length + 1


def _reply(message: bytes, query: bytes) -> Reply:
    ident, flags, questions, *counts = struct.unpack("!6H", message[:12])
    asked = query[12 : _after_name(query, 12) + 4]
    if questions != 1 or ident != struct.unpack("!H", query[:2])[0] or not flags & 0x8000:
        raise ValueError("broken reply: not a response to this query")
    at = _after_name(message, 12) + 4
    question = message[12:at]
    sections: list[list[Record]] = []
    for count in counts:
        records = []
        for _ in range(count):
            at = _after_name(message, at)
            rtype, _rclass, ttl, length = struct.unpack("!HHIH", message[at : at + 10])
            records.append(Record(rtype, ttl, message[at + 10 : at + 10 + length]))
            at += 10 + length
        sections.append(records)
    if at != len(message):
        raise ValueError("broken reply: octets after its end")
    return Reply(flags, question.lower() == asked.lower(), question == asked, *sections)

"""messages.py CASE PORT: sends the server on 127.0.0.1:PORT messages that no ordinary tool sends, and reads its replies."""

import random
import socket
import struct
import sys

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import dns.update

HOST, PORT = "127.0.0.1", int(sys.argv[2])
NAME = "sns.us-east-1.amazonaws.com"
# Seconds until a reply counts as missing, and until silence counts as silence.
PATIENCE, SILENCE = 5, 0.3
QUESTION = b"\x02db\x04corp\x08internal\x00" + struct.pack("!HH", 1, 1)


def header(id, flags=0x0100, questions=1, answers=0, authority=0, additional=0):
    return struct.pack("!6H", id, flags, questions, answers, authority, additional)


def udp():
    connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    connection.connect((HOST, PORT))
    connection.settimeout(PATIENCE)
    return connection


def tcp():
    return socket.create_connection((HOST, PORT), PATIENCE)


def ask(packet):
    with udp() as connection:
        connection.send(packet)
        return connection.recv(65535)


def rcode(reply):
    return dns.rcode.to_text(struct.unpack_from("!H", reply, 2)[0] & 15)


def expect_rcode(packet, expected):
    reply = ask(packet)
    assert reply[:2] == packet[:2], f"id {reply[:2]!r} for {packet[:2]!r}"
    assert reply[2] & 0x80, "not a response"
    assert rcode(reply) == expected, f"{rcode(reply)}, not {expected}: {packet!r} -> {reply!r}"
    return reply


def expect_alive():
    expect_rcode(header(0xA11E) + QUESTION, "NOERROR")


def expect_silence(packets):
    """None of the packets gets a reply, though a query sent after them on the same socket does."""
    with udp() as connection:
        for packet in packets:
            connection.send(packet)
        connection.send(header(0xBEEF) + QUESTION)
        reply = connection.recv(65535)
        assert reply[:2] == b"\xbe\xef", f"answered: {reply!r}"
        connection.settimeout(SILENCE)
        try:
            late = connection.recv(65535)
        except TimeoutError:
            return
        raise AssertionError(f"answered: {late!r}")


def frame(message):
    return struct.pack("!H", len(message)) + message


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        assert more, f"connection closed after {len(data)} of {count} bytes"
        data += more
    return data


def read_frame(connection):
    (length,) = struct.unpack("!H", read_exactly(connection, 2))
    return read_exactly(connection, length)


def responses_get_no_answer():
    """Two servers that answer each other's errors never stop."""
    response = 0x8100
    expect_silence(
        [
            header(1, response) + QUESTION,
            header(2, response, questions=9) + b"\xff" * 20,
            header(3, response, questions=0),
            header(4, response | 0x7800) + QUESTION,
            header(5, response, answers=7) + QUESTION + b"\xc0",
        ]
    )


def short_packets_get_no_answer():
    """Less than a header has no id to answer to."""
    expect_silence([header(1)[:length] for length in range(12)])


def random_bytes_do_no_harm():
    source = random.Random(20)
    with udp() as connection:
        for round in range(2000):
            connection.send(source.randbytes(source.randrange(1, 200)))
            if round % 50 == 49:  # never more at once than a socket's buffer holds
                expect_alive()
        connection.settimeout(0)
        try:
            while reply := connection.recv(65535):
                assert len(reply) >= 12 and reply[2] & 0x80, f"not a response: {reply!r}"
        except BlockingIOError:
            pass


def missing_question_is_formerr():
    expect_rcode(header(1), "FORMERR")
    expect_rcode(header(2, questions=0), "FORMERR")
    expect_rcode(header(3) + QUESTION[:-3], "FORMERR")
    expect_alive()


def two_questions_are_formerr():
    """RFC 9619."""
    expect_rcode(header(1, questions=2) + QUESTION + QUESTION, "FORMERR")


def compression_loops_are_formerr():
    ending = struct.pack("!HH", 1, 1)
    for pointer in (b"\xc0\x0c", b"\x01a\xc0\x0c", b"\xc0\x0e\xc0\x0c", b"\xff\xff", b"\xc0"):
        expect_rcode(header(1) + pointer + ending, "FORMERR")
    expect_alive()


def overlong_names_are_formerr():
    too_long = (b"\x3f" + b"a" * 63) * 4 + b"\x00"
    reserved_label_type = b"\x80a\x00"
    for name in (too_long, reserved_label_type):
        expect_rcode(header(1) + name + struct.pack("!HH", 1, 1), "FORMERR")


def two_opt_records_are_formerr():
    """RFC 6891 section 6.1.1."""
    opt = b"\x00" + struct.pack("!HHIH", 41, 1232, 0, 0)
    expect_rcode(header(1, additional=2) + QUESTION + opt + opt, "FORMERR")
    expect_rcode(header(2, additional=1) + QUESTION + opt, "NOERROR")


def unknown_edns_options_are_ignored():
    options = [
        dns.edns.GenericOption(65001, b"whatever"),
        dns.edns.GenericOption(10, b"8 bytes!"),
        dns.edns.ECSOption("198.51.100.0", 24),
    ]
    query = dns.message.make_query(NAME, "A", use_edns=0, options=options)
    reply = dns.query.udp(query, HOST, PATIENCE, PORT)
    assert reply.rcode() == dns.rcode.NOERROR and len(reply.answer[0]) == 3, reply
    assert reply.edns == 0 and reply.payload == 4096, reply


def ad_is_never_set():
    """R100: DO and CD are ignored, and no DNSSEC records come."""
    query = dns.message.make_query(NAME, "A", want_dnssec=True, flags=dns.flags.RD | dns.flags.CD | dns.flags.AD)
    reply = dns.query.udp(query, HOST, PATIENCE, PORT)
    assert not reply.flags & dns.flags.AD, reply
    assert [rrset.rdtype for rrset in reply.answer] == [dns.rdatatype.A], reply


def update_notify_and_transfers_are_refused():
    """R138."""
    update = dns.update.UpdateMessage("corp.internal")
    update.add("new", 60, "A", "10.0.0.99")
    notify = dns.message.make_query("corp.internal", "SOA")
    notify.set_opcode(dns.opcode.NOTIFY)
    transfers = [dns.message.make_query("corp.internal", kind) for kind in ("AXFR", "IXFR")]
    for message in (update, notify, *transfers):
        for send in (dns.query.udp, dns.query.tcp):
            reply = send(message, HOST, PATIENCE, PORT)
            assert reply.rcode() == dns.rcode.REFUSED, f"{message}\n->\n{reply}"


def malformed_message_over_tcp_is_formerr():
    with tcp() as connection:
        connection.sendall(frame(header(7)))
        reply = read_frame(connection)
        assert reply[:2] == b"\x00\x07" and rcode(reply) == "FORMERR", reply
    expect_alive()


def pipelined_queries_are_all_answered():
    """RFC 7766 section 6.2.1.1; glibc with `use-vc` sends A and AAAA so."""
    queries = [dns.message.make_query(NAME, kind, id=i + 1) for i, kind in enumerate(["A", "AAAA"] * 20)]
    with tcp() as connection:
        connection.sendall(b"".join(frame(query.to_wire()) for query in queries))
        replies = {}
        for _ in queries:
            reply = dns.message.from_wire(read_frame(connection))
            replies[reply.id] = reply
    for query in queries:
        reply = replies[query.id]
        assert query.is_response(reply), reply
        expected = 3 if query.question[0].rdtype == dns.rdatatype.A else 0
        assert sum(len(rrset) for rrset in reply.answer) == expected, reply


def query_that_comes_byte_by_byte_is_answered():
    with tcp() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(header(9) + QUESTION):
            connection.send(bytes([byte]))
        assert rcode(read_frame(connection)) == "NOERROR"


def broken_tcp_frames_do_no_harm():
    for start in (b"", b"\x00", b"\x00\x00", b"\xff\xff", b"\xff\xff" + b"x" * 30, b"\x00\x05short", frame(b"")):
        with tcp() as connection:
            connection.sendall(start)
    with tcp() as connection:
        connection.sendall(frame(header(11) + QUESTION))
        assert rcode(read_frame(connection)) == "NOERROR"
    expect_alive()


globals()[sys.argv[1]]()

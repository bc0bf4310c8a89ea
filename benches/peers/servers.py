"""How each server is configured and started.

All serve the same data on 127.0.0.1 over UDP, in the foreground, with one worker thread, without a log of queries,
with the A records of an answer rotated and minimal responses where a server has such settings.
"""

from __future__ import annotations

import getpass
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from build import Tools
from data import Data

Words = list[str]


@dataclass(frozen=True)
class Server:
    """One server. `command` writes what configuration is needed into a folder and returns the words that start it."""

    command: Callable[[Path, Data, int], Words]
    version: Words
    package: str = ""
    is_echo: bool = False

    def version_text(self) -> str:
        """The first line of what it says of its version."""
        try:
            done = subprocess.run(self.version, capture_output=True, text=True, timeout=10)
        except OSError:
            return "?"
        return ((done.stdout + done.stderr).strip().splitlines() or ["?"])[0]


def known(tools: Tools, growth: int) -> dict[str, Server]:
    """Every server by name; `growth` is by how many octets the padded echo lengthens each datagram."""

    def plustwo(folder: Path, data: Data, port: int) -> Words:
        threads = ["--dns-threads", "1"] if tools.has_dns_threads else []
        listen = ["--dns", f"127.0.0.1:{port}", "--api", "127.0.0.1:0"]
        return [str(tools.plustwo), "serve", str(data.topology), *listen, *threads, "--log", "warn"]

    def echo(*options: str) -> Callable[[Path, Data, int], Words]:
        return lambda folder, data, port: [str(tools.echo), "-p", str(port), *options]

    return {
        "echo": Server(echo(), ["echo", "echo.c"], is_echo=True),
        "echo-pad": Server(echo("-x", str(growth)), ["echo", f"echo.c, {growth} octets longer"], is_echo=True),
        "plustwo": Server(plustwo, [str(tools.plustwo), "--version"]),
        "gdnsd": Server(_gdnsd, ["gdnsd", "version"], "gdnsd"),
        "knot": Server(_knot, ["knotd", "-V"], "knot"),
        "nsd": Server(_nsd, ["nsd", "-v"], "nsd"),
        "unbound": Server(_unbound, ["unbound", "-V"], "unbound"),
        "dnsmasq": Server(_dnsmasq, ["dnsmasq", "-v"], "dnsmasq-base"),
        "bind": Server(_bind, ["named", "-v"], "bind9"),
    }


DEFAULT = ["echo", "echo-pad", "plustwo", "gdnsd", "knot", "nsd", "unbound", "dnsmasq"]


def _gdnsd(folder: Path, data: Data, port: int) -> Words:
    (folder / "zones").symlink_to(data.folder / "zones")
    (folder / "config").write_text(f"""options => {{
  listen => [ "127.0.0.1:{port}" ], udp_threads => 1, tcp_threads => 1,
  run_dir => "{folder}/run", state_dir => "{folder}/state", zones_default_ttl => 60,
}}
""")
    (folder / "run").mkdir()
    (folder / "state").mkdir()
    return ["gdnsd", "-c", str(folder), "start"]


def _knot(folder: Path, data: Data, port: int) -> Words:
    config = folder / "knot.conf"
    zones = "".join(f"  - domain: {zone}\n    file: \"{data.folder}/zones/{zone}\"\n" for zone in data.zones)
    config.write_text(f"""server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    answer-rotation: on
log:
  - target: stderr
    any: error
database:
    storage: "{folder}"
template:
  - id: default
    storage: "{folder}"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
zone:
{zones}""")
    return ["knotd", "-c", str(config)]


def _nsd(folder: Path, data: Data, port: int) -> Words:
    config = folder / "nsd.conf"
    zones = "".join(f"zone:\n    name: {zone}\n    zonefile: {zone}\n" for zone in data.zones)
    config.write_text(f"""server:
    ip-address: 127.0.0.1@{port}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{data.folder}/zones"
    database: ""
    pidfile: "{folder}/nsd.pid"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    zonelistfile: "{folder}/zone.list"
    logfile: "{folder}/nsd.log"
    round-robin: yes
    minimal-responses: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
{zones}""")
    return ["nsd", "-d", "-c", str(config)]


def _unbound(folder: Path, data: Data, port: int) -> Words:
    config = folder / "unbound.conf"
    config.write_text(f"""server:
    interface: 127.0.0.1@{port}
    do-ip6: no
    num-threads: 1
    so-reuseport: no
    do-daemonize: no
    use-syslog: no
    logfile: "{folder}/unbound.log"
    chroot: ""
    username: ""
    directory: "{folder}"
    pidfile: "{folder}/unbound.pid"
    access-control: 127.0.0.0/8 allow
    module-config: "iterator"
    rrset-roundrobin: yes
    minimal-responses: yes
    edns-buffer-size: 1232
    outgoing-range: 64
    num-queries-per-thread: 1024
include: "{data.folder}/unbound.data"
remote-control:
    control-enable: no
""")
    return ["unbound", "-d", "-c", str(config)]


def _dnsmasq(folder: Path, data: Data, port: int) -> Words:
    return [
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", f"--user={getpass.getuser()}",
        f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts",
        f"--addn-hosts={data.folder}/hosts", *(f"--local=/{zone}/" for zone in data.zones), "--local-ttl=60",
        "--cache-size=10000", "--edns-packet-max=1232", f"--log-facility={folder}/dnsmasq.log",
    ]  # fmt: skip


def _bind(folder: Path, data: Data, port: int) -> Words:
    config = folder / "named.conf"
    zones = "".join(
        f'zone "{zone}" {{ type primary; file "{data.folder}/zones/{zone}"; check-names ignore; }};\n'
        for zone in data.zones
    )
    config.write_text(f"""options {{
    directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    pid-file none; recursion no; minimal-responses yes; allow-query {{ any; }}; querylog no; notify no;
    dnssec-validation no; edns-udp-size 1232; max-udp-size 1232; rrset-order {{ order cyclic; }};
    session-keyfile none; lock-file none;
}};
controls {{ }};
logging {{ channel x {{ file "{folder}/named.log"; severity warning; }}; category default {{ x; }}; }};
{zones}""")
    return ["named", "-f", "-n", "1", "-c", str(config)]

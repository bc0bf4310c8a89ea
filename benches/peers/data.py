"""The data that all servers serve, each in its own form: a topology for plustwo, zones and hosts for the others.

The topology comes first. plustwo makes ids and names up from it, and its `names` command says which; the addresses
are those that docs/topology.md promises, the lowest free ones of each subnet from .10 upwards.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, NamedTuple

TTL = 60  # seconds
A_VPC = 200  # interface endpoints in a VPC: about as many as there are services
REGION = "us-east-1"
SUBNETS = {"a": 0, "b": 16, "c": 32}  # name, which is its AZ's letter too, to the third octet of its block
QUERIES = 20_000
SEED = 7

# Who asks: this machine from inside the first VPC, and others as people map them.
CLIENTS = """clients:
  127.0.0.1/32: { vpc: v0, subnet: a }
  127.0.0.2/32: { vpc: v0, subnet: b }
  127.0.0.3/32: { vpc: v0, subnet: c }
  127.0.0.9/32: internet
  172.16.0.0/12: { vpc: v0 }
  192.168.0.0/16: internet
"""


class Name(NamedTuple):
    """A DNS name with its addresses; `kind` is `regional`, `zonal` or `private`."""

    kind: str
    name: str
    addresses: list[str]

    @property
    def zone(self) -> str:
        """The zone a server without views has it in: the last two labels."""
        return ".".join(self.name.split(".")[-2:])


@dataclass(frozen=True)
class Data:
    """A folder of data, and its names in the topology's order."""

    folder: Path
    endpoints: int
    names: list[Name]

    @property
    def topology(self) -> Path:
        return self.folder / "topology.yaml"

    @property
    def zones(self) -> list[str]:
        return sorted({name.zone for name in self.names})

    @property
    def last(self) -> Name:
        """The last Regional name of the file: whoever answers that has read everything."""
        return next(name for name in reversed(self.names) if name.kind == "regional")

    def queries(self, aaaa: float = 0.0) -> Path:
        """Queries with what must be replied, as blast.c reads them; `aaaa` is the share that asks for AAAA."""
        path = self.folder / f"queries-{round(aaaa * 100)}.txt"
        if not path.exists():
            path.write_text("".join(line + "\n" for line in _queries(self.names, aaaa)))
        return path

    def growth(self) -> int:
        """Mean octets by which a reply is longer than its query: 16 an address, about 70 a SOA record."""
        counts = [int(line.split()[2]) for line in self.queries().read_text().splitlines()]
        return round(sum(16 * count if count else 70 for count in counts) / len(counts))


def make(folder: Path, endpoints: int, plustwo: Path) -> Data:
    """Writes all files for so many endpoints, in every server's form."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("queries-*.txt"):
        old.unlink()
    topology = folder / "topology.yaml"
    topology.write_text("".join(_topology(endpoints, _services(plustwo))))
    names = _names(topology, plustwo)
    data = Data(folder, endpoints, names)
    _write_zones(data)
    _write_unbound(data)
    with open(folder / "hosts", "w") as hosts:
        hosts.writelines(f"{address} {name.name}\n" for name in names for address in name.addresses)
    return data


def _services(plustwo: Path) -> list[str]:
    """Names of the services whose endpoints have private names of their own, as benches/topology picks them."""
    output = subprocess.run([plustwo, "services", "--output", "json"], check=True, capture_output=True, timeout=60)
    services = [
        service["ServiceName"]
        for service in json.loads(output.stdout)["ServiceDetails"]
        if service.get("PrivateDnsNames")
    ]
    return [name for name in services if not _is_odd(name)]


def _is_odd(service: str) -> bool:
    """Gateway services keep their private names to themselves, both `freetier` entries have the same ones, and a few
    services are at home in one Region only."""
    region = re.search(r"\.([a-z]{2}(-[a-z]+)+-\d)\.", service)
    elsewhere = region is not None and region[1] != REGION
    return elsewhere or service.endswith((".s3", ".dynamodb")) or "freetier" in service


def _topology(endpoints: int, services: list[str]) -> Iterator[str]:
    yield f"region: {REGION}\n{CLIENTS}vpcs:\n"
    for at in range(endpoints):
        vpc, place = divmod(at, A_VPC)
        if place == 0:
            yield f"  v{vpc}:\n    cidr_block: 10.{vpc % 256}.0.0/16\n    enable_dns_hostnames: true\n    subnets:\n"
            for subnet, third in SUBNETS.items():
                block = f"10.{vpc % 256}.{third}.0/20"
                yield f"      {subnet}: {{ availability_zone: {REGION}{subnet}, cidr_block: {block} }}\n"
            yield "    vpc_endpoints:\n"
        service = services[place % len(services)]
        yield f"      e{place}: {{ service_name: {service}, subnets: [a, b, c], private_dns_enabled: true }}\n"


def _names(topology: Path, plustwo: Path) -> list[Name]:
    """All Regional and zonal names, and the private ones as the first VPC sees them.

    Wildcards are left out, since some servers cannot hold them; nobody asks for what is below them.
    """
    argv = [plustwo, "names", topology, "--output", "cloudformation"]
    output = subprocess.run(argv, check=True, capture_output=True, timeout=300).stdout
    names = []
    for endpoint, entries in json.loads(output).items():
        vpc, place = (int(part[1:]) for part in endpoint.split("/"))
        addresses = [f"10.{vpc % 256}.{third}.{10 + place}" for third in SUBNETS.values()]
        regional, *others = (entry.split(":", 1)[1] for entry in entries)
        names.append(Name("regional", regional, addresses))
        zonal, private = others[: len(SUBNETS)], others[len(SUBNETS) :]
        names += [Name("zonal", name, [address]) for name, address in zip(zonal, addresses)]
        if vpc == 0:
            names += [Name("private", name, addresses) for name in private if not name.startswith("*")]
    return names


def _soa(zone: str) -> str:
    return f"ns.{zone}. hostmaster.{zone}. 1 7200 900 1209600 {TTL}"


def _write_zones(data: Data) -> None:
    """Master files, one a zone and named like it."""
    folder = data.folder / "zones"
    folder.mkdir(exist_ok=True)
    for zone in data.zones:
        with open(folder / zone, "w") as file:
            file.write(f"$ORIGIN {zone}.\n$TTL {TTL}\n@ SOA {_soa(zone)}\n@ NS ns\nns A 127.0.0.1\n")
            for name in data.names:
                if name.zone == zone:
                    owner = name.name.removesuffix(f".{zone}")
                    file.writelines(f"{owner} {TTL} A {address}\n" for address in name.addresses)


def _write_unbound(data: Data) -> None:
    with open(data.folder / "unbound.data", "w") as file:
        file.write("server:\n")
        for zone in data.zones:
            file.write(f'local-zone: "{zone}." static\nlocal-data: "{zone}. {TTL} IN SOA {_soa(zone)}"\n')
        for name in data.names:
            file.writelines(f'local-data: "{name.name}. {TTL} IN A {address}"\n' for address in name.addresses)


def unknown(name: str, source: random.Random) -> str:
    """A Regional name like this one, of an endpoint that does not exist."""
    return "vpce-" + "".join(source.choices("0123456789abcdef", k=17)) + name[22:]


def _queries(names: list[Name], aaaa: float) -> Iterator[str]:
    """70 % Regional, 15 % zonal, 10 % private names, 5 % names of endpoints that do not exist."""
    source = random.Random(SEED)
    of = {kind: [name for name in names if name.kind == kind] for kind in ("regional", "zonal", "private")}
    for _ in range(QUERIES):
        (kind,) = source.choices(["regional", "zonal", "private", "unknown"], [70, 15, 10, 5])
        name = source.choice(of["regional" if kind == "unknown" else kind])
        qtype = "AAAA" if source.random() < aaaa else "A"
        if kind == "unknown":
            yield f"{unknown(name.name, source)} {qtype} 0 3"
        else:
            yield f"{name.name} {qtype} {len(name.addresses) if qtype == 'A' else 0} 0"

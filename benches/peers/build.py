"""Gets what a run needs: Debian packages, the two C programs, plustwo."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
SCRATCH = PROJECT / "target" / "peers"
POLICY = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True)
class Tools:
    """Programs that were built, and what plustwo's command line knows."""

    echo: Path
    blast: Path
    plustwo: Path
    has_dns_threads: bool


def install(packages: list[str]) -> None:
    """Installs Debian packages without letting their services start, now or at the next boot."""
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    # invoke-rc.d asks this program; 101 is "action forbidden"
    ours = not POLICY.exists()
    if ours:
        script = b"#!/bin/sh\nexit 101\n"
        subprocess.run([*sudo, "tee", POLICY], input=script, stdout=subprocess.DEVNULL, check=True)
        subprocess.run([*sudo, "chmod", "+x", POLICY], check=True)
    try:
        subprocess.run([*sudo, "apt-get", "update", "-qq"], check=True)
        subprocess.run([*sudo, "apt-get", "install", "-y", "--no-install-recommends", *packages], check=True)
        if Path("/run/systemd/system").is_dir():
            for package in packages:
                unit = {"bind9": "named"}.get(package, package)
                subprocess.run([*sudo, "systemctl", "disable", "-q", unit], stderr=subprocess.DEVNULL, check=False)
    finally:
        if ours:
            subprocess.run([*sudo, "rm", POLICY], check=True)


def missing(packages: dict[str, str]) -> list[str]:
    """The packages, of those given by the program that each is wanted for, whose program is not there."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return sorted({package for program, package in packages.items() if not shutil.which(program, path=path)})


def build(binary: Path | None) -> Tools:
    """Builds what is older than its source, and plustwo unless there is a `binary` of it already."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for name in ("echo", "blast"):
        source, program = HERE / f"{name}.c", SCRATCH / name
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", program, source, "-lm"], check=True)
    if binary is None:
        subprocess.run(["cargo", "build", "--release", "--bin", "plustwo"], cwd=PROJECT, check=True)
        target = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
        binary = PROJECT / target / "release" / "plustwo"
    if not os.access(binary, os.X_OK):
        sys.exit(f"{binary} is no program")
    binary = binary.resolve()
    usage = subprocess.run([binary, "serve", "--help"], capture_output=True, text=True, check=True, timeout=10)
    return Tools(SCRATCH / "echo", SCRATCH / "blast", binary, "--dns-threads" in usage.stdout)

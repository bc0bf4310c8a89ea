#!/usr/bin/env bash
# Gets the DNS clients and the browser that tests/clients/ runs. Debian and Ubuntu; packages from apt, Python modules from
# PyPI into target/test-venv, Node modules from npm into target/test-browser and target/test-tools, two small programs built
# into target/test-tools, systemd-resolved unpacked there. Does nothing where all is there; fails where something cannot be had,
# because a client that is left out in silence proves nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Command that must be there → the package that has it.
missing=()
need() {
  command -v "$1" >/dev/null || missing+=("$2")
}
need dig bind9-dnsutils
need curl curl
need kdig knot-dnsutils
need dnsmasq dnsmasq-base     # without the service that dnsmasq itself would start
need unbound unbound
need dnssec-signzone bind9-utils # the tools that sign zones, without the server
need busybox busybox-static
need musl-gcc musl-tools
need go golang-go
need ip iproute2
need unshare util-linux
need mount mount
need chromium chromium          # the page, and what drives it
need node nodejs
need npm npm
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)

if [ "${#missing[@]}" -gt 0 ]; then
  echo "installing ${missing[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  {
    as_root apt-get update &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
  } >"$log" 2>&1 </dev/null || {
    cat "$log" >&2
    echo "tests/clients/setup.sh: cannot install ${missing[*]}; \`./test fast\` runs everything that needs no clients" >&2
    exit 1
  }
fi

# The stub resolvers are asked in a namespace where they have port 53 and an /etc/resolv.conf of their own.
unshare --user --map-root-user --net --mount --pid --fork --kill-child ip link set lo up || {
  echo "tests/clients/setup.sh: \`unshare --user --map-root-user --net --mount\` is not allowed here;" \
    "see kernel.apparmor_restrict_unprivileged_userns and user.max_user_namespaces, or run as root" >&2
  exit 1
}

tools=target/test-tools
venv=target/test-venv
mkdir -p "$tools"

if ! cmp -s tests/clients/requirements.txt "$venv/installed"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/clients/requirements.txt
  cp tests/clients/requirements.txt "$venv/installed"
fi
# playwright-core drives the browser that is installed, and brings none of its own; axe-core finds faults of accessibility
browser=target/test-browser
if ! cmp -s tests/clients/package-lock.json "$browser/installed"; then
  rm -rf "$browser"
  mkdir -p "$browser"
  cp tests/clients/package.json tests/clients/package-lock.json "$browser"
  (cd "$browser" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp tests/clients/package-lock.json "$browser/installed"
fi
if [ ! "$tools/resolve-musl" -nt tests/clients/resolve.c ]; then
  musl-gcc -static -O1 -Wall -o "$tools/resolve-musl" tests/clients/resolve.c
fi
if [ ! "$tools/resolve-go" -nt tests/clients/resolve.go ]; then
  CGO_ENABLED=0 GOFLAGS=-mod=mod GOCACHE="$PWD/target/go-cache" go build -o "$tools/resolve-go" tests/clients/resolve.go
fi

# Another evaluator of IAM policies, run beside ours.
simulate="$tools/iam-simulate"
if ! cmp -s tests/clients/iam-simulate/package-lock.json "$simulate/installed"; then
  rm -rf "$simulate"
  mkdir -p "$simulate"
  cp tests/clients/iam-simulate/package*.json "$simulate"
  npm ci --prefix "$simulate" --ignore-scripts --no-audit --no-fund --loglevel=error || {
    echo "tests/clients/setup.sh: cannot install @cloud-copilot/iam-simulate; \`./test fast\` runs everything that needs no clients" >&2
    exit 1
  }
  cp tests/clients/iam-simulate/package-lock.json "$simulate/installed"
fi
cp tests/clients/iam-simulate/simulate.js "$simulate/simulate.js"

# systemd-resolved and its library, unpacked and not installed: its package takes over the machine's /etc/resolv.conf.
# Both of one version, which need not be that of the systemd the machine runs.
resolved="$tools/systemd-resolved"
download() {
  (cd "$resolved/packages" && apt-get -o APT::Sandbox::User=root download systemd-resolved libsystemd-shared)
}
unpack() {
  for package in "$resolved"/packages/*.deb; do dpkg-deb --extract "$package" "$resolved/packages" || return; done
  find "$resolved/packages" -type f \( -path '*/lib/systemd/systemd-resolved' -o -name 'libsystemd-shared-*.so' \) -exec cp {} "$resolved" \;
  LD_LIBRARY_PATH="$resolved" "$resolved/systemd-resolved" --version
}
if [ ! -e "$resolved/ready" ]; then
  rm -rf "$resolved"
  mkdir -p "$resolved/packages"
  { download || { as_root apt-get update && download; }; } >"$resolved/log" 2>&1 </dev/null &&
    unpack >>"$resolved/log" 2>&1 || {
    cat "$resolved/log" >&2
    echo "tests/clients/setup.sh: cannot get systemd-resolved; \`./test fast\` runs everything that needs no clients" >&2
    exit 1
  }
  rm -rf "$resolved/packages"
  touch "$resolved/ready"
fi

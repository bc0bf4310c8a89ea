#!/bin/sh
# resolved.sh FOLDER COMMAND…, inside namespace.sh with plustwo on port 5300: runs the command with systemd-resolved on
# port 53 in front. FOLDER is where setup.sh has unpacked it. It runs without a system bus, as a user that is not root:
# as root it would change to a user `systemd-resolve`, and a namespace has no second user.
set -eu
folder=$1
shift

# Without an interface that is up and has an address, it takes the network for down and asks nobody.
ip link add uplink0 type veth peer name uplink1
ip address add 10.200.0.1/24 dev uplink0
ip link set uplink0 up
ip link set uplink1 up

# CacheFromLocalhost: answers of a server on 127.0.0.1 are not cached otherwise.
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/resolve /run/systemd/resolved.conf.d
chmod 777 /run/systemd/resolve
cat >/run/systemd/resolved.conf.d/test.conf <<'CONF'
[Resolve]
DNS=127.0.0.1:5300
FallbackDNS=
CacheFromLocalhost=yes
Domains=~.
DNSSEC=no
LLMNR=no
MulticastDNS=no
DNSStubListenerExtra=127.0.0.1:53
CONF

# The capability is what it looks for; the port itself is free for all in this namespace.
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
LD_LIBRARY_PATH=$folder unshare --user --map-user=1000 --map-group=1000 --keep-caps "$folder/systemd-resolved" 2>/dev/null &
"$(dirname "$0")/forwarder-answers.sh" systemd-resolved
"$@"

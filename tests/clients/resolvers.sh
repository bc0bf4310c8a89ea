#!/bin/sh
# Asks the resolvers of two VPCs at their own addresses, which exist in a network namespace alone:
#
#   resolvers.sh PLUSTWO TOPOLOGY
#
# Prints what `dig` gets for who.internal at 10.0.0.2, at 10.1.0.2, there from 10.1.1.7, and over TCP.
set -eu
if [ "${INSIDE:-}" != yes ]; then
  INSIDE=yes exec unshare --user --map-root-user --net --mount --pid --fork --kill-child "$0" "$@"
fi
plustwo=$1 topology=$2
ip link set lo up
for address in 10.0.0.2 10.1.0.2 10.1.1.7; do ip address add "$address/32" dev lo; done
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkfifo "$out/stdout"
"$plustwo" serve "$topology" --dns 10.0.0.2:53 --dns 10.1.0.2:53 --api 127.0.0.1:5380 >"$out/stdout" &
exec 3<"$out/stdout"
while read -r line <&3; do
  case $line in "dns udp+tcp 10.1.0.2:53") started=yes; break ;; esac
done
[ "${started:-}" = yes ] || { echo "plustwo did not start" >&2; exit 1; }
cat <&3 >/dev/null &
dig +short @10.0.0.2 who.internal TXT
dig +short @10.1.0.2 who.internal TXT
dig +short -b 10.1.1.7 @10.1.0.2 who.internal TXT
dig +short +tcp @10.1.0.2 who.internal TXT

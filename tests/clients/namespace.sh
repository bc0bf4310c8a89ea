#!/bin/sh
# Runs a command where port 53 of 127.0.0.1 is plustwo and /etc/resolv.conf points there:
#
#   namespace.sh PLUSTWO TOPOLOGY PORT OPTIONS COMMAND…
#
# PORT is where plustwo listens (53, or another when COMMAND puts a forwarder in front); OPTIONS is resolv.conf's
# `options` line, may be empty. The API is on 127.0.0.1:5380. Root inside is the caller outside, nothing of the
# machine's own network or files is touched, and all processes end with the script.
set -eu
if [ "${INSIDE:-}" != yes ]; then
  INSIDE=yes exec unshare --user --map-root-user --net --mount --pid --fork --kill-child "$0" "$@"
fi

plustwo=$1 topology=$2 port=$3 options=$4
shift 4
ip link set lo up
etc=$(mktemp -d)
trap 'rm -rf "$etc"' EXIT
printf 'nameserver 127.0.0.1\n%s\n' "${options:+options $options}" >"$etc/resolv.conf"
printf 'hosts: files dns\n' >"$etc/nsswitch.conf"
printf '127.0.0.1 localhost\n' >"$etc/hosts"
for file in resolv.conf nsswitch.conf hosts; do
  if [ -e "/etc/$file" ]; then mount --bind "$etc/$file" "/etc/$file"; fi
done

mkfifo "$etc/stdout"
"$plustwo" serve "$topology" --dns "127.0.0.1:$port" --api 127.0.0.1:5380 >"$etc/stdout" &
exec 3<"$etc/stdout"
# Serving from the first `dns` line on; end of file before that means that it gave up.
while read -r line <&3; do
  case $line in "dns "*) started=yes; break ;; esac
done
[ "${started:-}" = yes ] || { echo "plustwo did not start" >&2; exit 1; }
cat <&3 >/dev/null &
"$@"

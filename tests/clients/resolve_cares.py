"""c-ares (the resolver of Node's dns.resolve, curl and Envoy), configured by /etc/resolv.conf: one line per name,
`NAME: ADDRESS…` or `NAME: not found`."""

import sys

import pycares

NOT_FOUND = (pycares.errno.ARES_ENOTFOUND, pycares.errno.ARES_ENODATA)


def show(name, result, error):
    if error in NOT_FOUND:
        print(f"{name}: not found")
    elif error is not None:
        print(f"{name}: {pycares.errno.strerror(error)}")
    else:
        addresses = [node.addr[0] for node in result.nodes]
        print(f"{name}:", *(a.decode() if isinstance(a, bytes) else a for a in addresses))


channel = pycares.Channel()
for name in sys.argv[1:]:
    channel.getaddrinfo(name, 443, callback=lambda result, error, name=name: show(name, result, error))
    channel.wait()
channel.close()

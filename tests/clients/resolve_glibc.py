"""glibc's getaddrinfo: one line per name, `NAME: ADDRESS…` or `NAME: not found`."""

import socket
import sys

NOT_FOUND = (socket.EAI_NONAME, socket.EAI_NODATA)

for name in sys.argv[1:]:
    try:
        found = socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)
        print(f"{name}: {' '.join(address[0] for *_, address in found)}")
    except socket.gaierror as error:
        print(f"{name}: {'not found' if error.errno in NOT_FOUND else error}")

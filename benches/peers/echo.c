// The physical limit of a DNS server on sockets: takes datagrams, sets QR, sends them back.
//
//   echo -p PORT [-x OCTETS]
//
// It looks at nothing else, so what it costs is what the kernel's UDP path costs, and no server that answers by
// recvmmsg(2) and sendmmsg(2) can be cheaper. With -x each reply is that much longer than its query: real replies are.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BATCH = 64,    // datagrams a system call
    ROOM = 1500,   // octets a datagram
    HEADER = 12,   // octets of a DNS header (RFC 1035 section 4.1.1)
    MAX_PAD = 1000 // so that a padded query still fits
};

static unsigned char buffers[BATCH][ROOM];
static struct sockaddr_in askers[BATCH];
static struct iovec parts[BATCH];
static struct mmsghdr messages[BATCH];

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address)) {
        perror("echo: bind");
        exit(1);
    }
    return fd;
}

int main(int count, char **words) {
    int port = 0, pad = 0, option;
    while ((option = getopt(count, words, "p:x:")) != -1) {
        if (option == 'p') port = atoi(optarg);
        else if (option == 'x') pad = atoi(optarg);
        else return 2;
    }
    if (port < 1 || pad < 0 || pad > MAX_PAD) {
        fputs("usage: echo -p PORT [-x OCTETS]\n", stderr);
        return 2;
    }
    int fd = listen_on(port);
    for (int i = 0; i < BATCH; i++) {
        parts[i].iov_base = buffers[i];
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = &askers[i];
    }
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            parts[i].iov_len = ROOM - pad;
            messages[i].msg_hdr.msg_namelen = sizeof askers[i];
        }
        // waits for one datagram and takes whatever else is there already
        int taken = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < taken; i++) {
            parts[i].iov_len = messages[i].msg_len + pad;
            if (messages[i].msg_len >= HEADER) buffers[i][2] |= 0x80; // QR: a response
        }
        for (int sent = 0; sent < taken;) {
            int now = sendmmsg(fd, messages + sent, taken - sent, 0);
            sent += now > 0 ? now : 1; // one that cannot be sent is left out
        }
    }
}

// A load generator for a DNS server on another core of this machine, over UDP on 127.0.0.1.
//
//   blast -p PORT -d FILE [-l SECONDS] [-n]            closed loop: 64 queries in flight, as fast as they are answered
//   blast -p PORT -d FILE [-l SECONDS] [-n] -r RATE    open loop: RATE queries a second, with Poisson arrivals
//
// FILE has a query a line: QNAME, QTYPE (A or AAAA), the count of answers and the RCODE that the reply must have. The
// queries are asked in order, round and round, with an OPT record (EDNS). Every reply is checked: ID, question to the
// letter, RCODE, TC, ANCOUNT; with -n (for an echo) only ID and QR. A query without a reply for a second is lost.
// One JSON object is printed; latencies are in microseconds, those of the open loop from the moment a query was due.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    SOCKETS = 4,      // of the closed loop; the open one has one
    WINDOW = 16,      // queries in flight on each of them
    SLOTS = 4096,     // queries that can be in flight on a socket: their IDs modulo this
    BATCH = 64,       // datagrams a system call
    MAX_SECONDS = 10, // no run is longer
};
static const uint64_t SECOND = 1000000000, SCAN = 100000000; // nanoseconds

struct query {
    uint8_t wire[320];               // a message whose ID is still to be filled in
    uint16_t length, question;       // octets of the message, and of its question section
    uint16_t answers;                // expected ANCOUNT
    uint8_t rcode;                   // expected RCODE
};
struct slot {
    uint64_t sent_at;                // nanoseconds; 0 is a free slot
    uint32_t query;                  // place in `queries`
    uint16_t id;
};
struct channel {
    int fd;
    unsigned in_flight;
    uint16_t next_id;
    struct slot slots[SLOTS];
};

static struct query *queries;
static uint32_t query_count, next_query;
static int echo_only;
static uint64_t sent, ok, bad, lost, stray; // stray: a reply to nothing that waits, such as a late or a second one

static struct channel channels[SOCKETS];
static uint8_t in[BATCH][1500], out[BATCH][320];
static struct iovec in_parts[BATCH], out_parts[BATCH];
static struct mmsghdr in_messages[BATCH], out_messages[BATCH];

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static void fail(const char *text) {
    perror(text);
    exit(1);
}

// -- latencies: a histogram of 64 linear steps for each power of two, which is exact to 1.6 %

static uint64_t histogram[64 * 48];

static void note_latency(uint64_t ns) {
    unsigned power = ns < 64 ? 0 : 58 - __builtin_clzll(ns);
    histogram[power ? power * 64 + ((ns >> (power - 1)) & 63) : ns]++;
}

static double percentile(double share) {
    uint64_t want = ceil(share * ok), seen = 0;
    for (unsigned i = 0; i < sizeof histogram / sizeof *histogram; i++) {
        seen += histogram[i];
        if (seen >= want && seen) return (i < 64 ? i : (uint64_t)(i % 64 + 64) << (i / 64 - 1)) / 1e3;
    }
    return 0;
}

// -- queries

static void make_query(struct query *query, const char *name, int qtype) {
    uint8_t *at = query->wire;
    memcpy(at, "\0\0\1\0\0\1\0\0\0\0\0\1", 12); // RD; one question, one additional record
    at += 12;
    while (*name) {
        size_t length = strcspn(name, ".");
        *at++ = length;
        memcpy(at, name, length);
        at += length;
        name += length + (name[length] == '.');
    }
    uint8_t end[] = {0, 0, qtype, 0, 1}; // root label, QTYPE, class IN
    memcpy(at, end, sizeof end);
    at += sizeof end;
    query->question = at - query->wire - 12;
    memcpy(at, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11); // OPT: 1232 octets of UDP payload (RFC 6891)
    query->length = at + 11 - query->wire;
}

static void read_queries(const char *path) {
    FILE *file = fopen(path, "r");
    char name[256], qtype[8];
    int answers, rcode;
    if (!file) fail(path);
    while (fscanf(file, "%255s %7s %d %d", name, qtype, &answers, &rcode) == 4) {
        if ((query_count & (query_count - 1)) == 0) { // grow at every power of two
            queries = realloc(queries, (query_count ? query_count * 2 : 1) * sizeof *queries);
            if (!queries) fail("blast");
        }
        struct query *query = &queries[query_count++];
        make_query(query, name, strcmp(qtype, "AAAA") ? 1 : 28);
        query->answers = answers;
        query->rcode = rcode;
    }
    fclose(file);
    if (!query_count) {
        fprintf(stderr, "blast: no queries in %s\n", path);
        exit(1);
    }
}

static int is_right(const uint8_t *reply, unsigned length, const struct query *query) {
    if (length < 12 || !(reply[2] & 0x80)) return 0; // QR
    if (echo_only) return 1;
    return !(reply[2] & 0x02)                        // TC
        && (reply[3] & 0x0f) == query->rcode && (reply[6] << 8 | reply[7]) == query->answers
        && length >= 12u + query->question && !memcmp(reply + 12, query->wire + 12, query->question);
}

// -- sending and receiving

static void open_channel(struct channel *channel, int port) {
    int size = 4 << 20;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    channel->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    setsockopt(channel->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(channel->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (connect(channel->fd, (struct sockaddr *)&address, sizeof address)) fail("blast: connect");
}

static void release(struct channel *channel, struct slot *slot, uint64_t *count) {
    slot->sent_at = 0;
    channel->in_flight--;
    (*count)++;
}

// Sends the next `count` queries of the list.
static void send_queries(struct channel *channel, unsigned count, uint64_t due) {
    for (unsigned i = 0; i < count; i++) {
        uint16_t id = channel->next_id++;
        struct slot *slot = &channel->slots[id % SLOTS];
        const struct query *query = &queries[next_query];
        if (slot->sent_at) release(channel, slot, &lost); // the open loop has come round to one that still waits
        *slot = (struct slot){due, next_query, id};
        if (++next_query == query_count) next_query = 0;
        memcpy(out[i], query->wire, query->length);
        out[i][0] = id >> 8;
        out[i][1] = id;
        out_parts[i].iov_len = query->length;
    }
    channel->in_flight += count;
    for (unsigned done = 0; done < count;) { // what cannot be sent at all will be found lost
        int now_sent = sendmmsg(channel->fd, out_messages + done, count - done, 0);
        if (now_sent <= 0) break;
        done += now_sent;
    }
    sent += count;
}

// Takes what has come back; says how much.
static int receive(struct channel *channel) {
    int count = recvmmsg(channel->fd, in_messages, BATCH, MSG_DONTWAIT, NULL);
    uint64_t time = now();
    for (int i = 0; i < count; i++) {
        uint16_t id = in[i][0] << 8 | in[i][1];
        struct slot *slot = &channel->slots[id % SLOTS];
        if (!slot->sent_at || slot->id != id) {
            stray++;
        } else if (is_right(in[i], in_messages[i].msg_len, &queries[slot->query])) {
            note_latency(time > slot->sent_at ? time - slot->sent_at : 0);
            release(channel, slot, &ok);
        } else {
            release(channel, slot, &bad);
        }
    }
    return count > 0 ? count : 0;
}

// Gives up what has waited for a second.
static void expire(struct channel *channel, uint64_t time) {
    for (struct slot *slot = channel->slots; channel->in_flight && slot < channel->slots + SLOTS; slot++)
        if (slot->sent_at && slot->sent_at + SECOND < time) release(channel, slot, &lost);
}

// One run: until `end` it sends, then it waits for what is out.
static void run(int channel_count, double rate, uint64_t end) {
    struct pollfd polled[SOCKETS];
    for (int i = 0; i < channel_count; i++) polled[i] = (struct pollfd){channels[i].fd, POLLIN, 0};
    uint64_t due = now(), scanned = due;
    unsigned seed = 12345;
    for (;;) {
        uint64_t time = now();
        unsigned progress = 0, in_flight = 0;
        for (int i = 0; i < channel_count; i++) {
            struct channel *channel = &channels[i];
            progress += receive(channel);
            if (rate > 0) {
                for (; time < end && due <= time; progress++) {
                    send_queries(channel, 1, due);
                    due += 1 - log((rand_r(&seed) + 1.0) / (RAND_MAX + 2.0)) / rate * SECOND;
                }
            } else if (time < end && channel->in_flight < WINDOW) {
                send_queries(channel, WINDOW - channel->in_flight, now());
            }
            if (time > scanned + SCAN) expire(channel, time);
            in_flight += channel->in_flight;
        }
        if (time > scanned + SCAN) scanned = time;
        if (time >= end && !in_flight) return;
        if (progress) continue;
        // a sleep ends late, so the open loop spins before a query is due
        int64_t idle = rate > 0 && time < end ? (int64_t)(due - time) - 200000 : 1000000;
        if (idle > 0) ppoll(polled, channel_count, &(struct timespec){0, idle < 1000000 ? idle : 1000000}, NULL);
    }
}

int main(int count, char **words) {
    const char *path = NULL;
    int port = 0, option;
    double seconds = 1, rate = 0;
    while ((option = getopt(count, words, "p:d:l:r:n")) != -1) {
        if (option == 'p') port = atoi(optarg);
        else if (option == 'd') path = optarg;
        else if (option == 'l') seconds = atof(optarg);
        else if (option == 'r') rate = atof(optarg);
        else if (option == 'n') echo_only = 1;
        else return 2;
    }
    if (port < 1 || !path || seconds <= 0 || seconds > MAX_SECONDS || rate < 0) {
        fputs("usage: blast -p PORT -d FILE [-l SECONDS, at most 10] [-r RATE] [-n]\n", stderr);
        return 2;
    }
    read_queries(path);
    for (int i = 0; i < BATCH; i++) {
        in_parts[i] = (struct iovec){in[i], sizeof in[i]};
        out_parts[i] = (struct iovec){out[i], 0};
        in_messages[i].msg_hdr = (struct msghdr){.msg_iov = &in_parts[i], .msg_iovlen = 1};
        out_messages[i].msg_hdr = (struct msghdr){.msg_iov = &out_parts[i], .msg_iovlen = 1};
    }
    int channel_count = rate > 0 ? 1 : SOCKETS;
    for (int i = 0; i < channel_count; i++) open_channel(&channels[i], port);
    uint64_t start = now();
    run(channel_count, rate, start + seconds * SECOND);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"sent\":%lu,\"ok\":%lu,\"bad\":%lu,\"lost\":%lu,\"stray\":%lu,\"qps\":%.0f,\"client_cpu_s\":%.4f,"
           "\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
           sent, ok, bad, lost, stray, ok * 1e9 / (now() - start),
           used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
           percentile(.5), percentile(.99));
}

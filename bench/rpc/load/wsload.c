/* Calls one tRPC query over WebSockets as fast as it is answered; the twin of wrk for wsLink.
 *
 *   wsload PORT PATH CONNECTIONS IN_FLIGHT SECONDS
 *
 * Each connection keeps IN_FLIGHT calls of `greet` unanswered. Every answer is looked at: it must be the greeting.
 * Prints one line: JSON {"requests": n, "us": n, "bytes": n, "errors": n, "p50_us": n, "p99_us": n}.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FLIGHT = 64, BUFFER = 1 << 16, STEPS = 64, DECADES = 40 };

struct conn {
    int fd;
    bool open;
    size_t used;
    uint32_t next;                   /* id of the next call */
    uint64_t sent[MAX_FLIGHT];       /* when a call was sent, by id modulo */
    uint8_t in[BUFFER];
};

static uint64_t answers, errors, bytes, hist[DECADES * STEPS];
static uint32_t in_flight;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void die(const char *what) { perror(what); exit(1); }

/* A histogram of powers of two, each in STEPS parts: exact to 1.6 %. */
static void note(uint64_t ns) {
    int top = 63 - __builtin_clzll(ns | STEPS);
    hist[(top - 6) * STEPS + ((ns >> (top - 6)) & (STEPS - 1))]++;
}

static double quantile(double q) {
    uint64_t wanted = q * answers, seen = 0;
    for (int i = 0; i < DECADES * STEPS; i++)
        if ((seen += hist[i]) > wanted) return (double)((STEPS + i % STEPS) * (1ull << (i / STEPS))) / 1e3;
    return 0;
}

static void send_all(int fd, const void *data, size_t n) { /* what is sent is small: the socket takes it */
    if (send(fd, data, n, MSG_NOSIGNAL) != (ssize_t)n) die("send");
}

static size_t put_call(struct conn *c, uint8_t *to) {
    char text[120];
    int n = snprintf(text, sizeof text, "{\"id\":%u,\"method\":\"query\",\"params\":{\"path\":\"greet\",\"input\":{\"name\":\"world\"}}}", c->next);
    const uint8_t mask[4] = {1, 2, 3, 4};
    to[0] = 0x81;
    to[1] = 0x80 | n;
    memcpy(to + 2, mask, 4);
    for (int i = 0; i < n; i++) to[6 + i] = text[i] ^ mask[i & 3];
    c->sent[c->next++ % in_flight] = now();
    return 6 + n;
}

static void take_answer(const char *text, size_t n, struct conn *c, uint64_t t) {
    unsigned id;
    if (!memmem(text, n, "hello world", 11) || sscanf(text, "{\"id\":%u", &id) != 1) {
        if (!errors++) fprintf(stderr, "unexpected: %.*s\n", (int)n, text);
        return;
    }
    note(t - c->sent[id % in_flight]);
    answers++;
}

static void on_readable(struct conn *c) {
    ssize_t r = recv(c->fd, c->in + c->used, BUFFER - 1 - c->used, 0);
    if (r < 0 && errno == EAGAIN) return;
    if (r <= 0) { fprintf(stderr, "the server closed a connection\n"); exit(1); }
    bytes += r;
    c->used += r;
    c->in[c->used] = 0;
    size_t at = 0, calls = 0;
    if (!c->open) {
        char *end = strstr((char *)c->in, "\r\n\r\n");
        if (!end) return;
        if (!strstr((char *)c->in, " 101 ")) { fprintf(stderr, "refused: %.80s\n", c->in); exit(1); }
        c->open = true;
        at = end + 4 - (char *)c->in;
        calls = in_flight;
    }
    uint64_t t = now();
    while (c->used - at >= 2) {
        size_t head = 2, n = c->in[at + 1] & 127;
        if (n == 126) {
            if (c->used - at < 4) break;
            n = c->in[at + 2] << 8 | c->in[at + 3];
            head = 4;
        }
        if (c->used - at < head + n) break;
        if ((c->in[at] & 15) == 1) { take_answer((char *)c->in + at + head, n, c, t); calls++; }
        at += head + n;
    }
    memmove(c->in, c->in + at, c->used -= at);
    uint8_t out[MAX_FLIGHT * 128];
    size_t size = 0;
    for (; calls; calls--) size += put_call(c, out + size);
    if (size) send_all(c->fd, out, size);
}

static void connect_to(struct conn *c, int port, const char *path, int ep) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to)) die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    char head[512];
    int n = snprintf(head, sizeof head,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", path, port);
    send_all(c->fd, head, n);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e)) die("epoll_ctl");
}

int main(int argc, char **argv) {
    if (argc != 6) { fprintf(stderr, "wsload PORT PATH CONNECTIONS IN_FLIGHT SECONDS\n"); return 2; }
    int n = atoi(argv[3]), ep = epoll_create1(0);
    in_flight = atoi(argv[4]);
    if (n < 1 || in_flight < 1 || in_flight > MAX_FLIGHT) { fprintf(stderr, "too many, or none\n"); return 2; }
    struct conn *conns = calloc(n, sizeof *conns);
    for (int i = 0; i < n; i++) connect_to(&conns[i], atoi(argv[1]), argv[2], ep);
    uint64_t start = now(), end = start + atof(argv[5]) * 1e9, t;
    struct epoll_event events[256];
    while ((t = now()) < end) {
        int k = epoll_wait(ep, events, 256, 100);
        for (int i = 0; i < k; i++) on_readable(events[i].data.ptr);
    }
    printf("JSON {\"requests\":%lu,\"us\":%lu,\"bytes\":%lu,\"errors\":%lu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
           answers, (t - start) / 1000, bytes, errors, quantile(.5), quantile(.99));
}

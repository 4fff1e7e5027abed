/**
 * proxy FROM TO   a TCP proxy between two ports of 127.0.0.1, whose connections can be cut and
 * slowed.
 *
 * Commands on stdin, a line each; it ends with stdin.
 *
 *     cut        ends all connections, at once and with a reset
 *     slow MS    from now on it waits so long before each thing it does: all are late; 0: as ever
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINKS_MAX = 1024, SLOW_MAX_MS = 10000, BUFFER = 65536, FDS_MAX = 2 + 2 * LINKS_MAX };

/* What was read from one end and is not yet written to the other. */
struct half {
    int fd;
    size_t at;
    size_t len;
    char bytes[BUFFER];
};

struct link {
    struct half half[2]; /* client, server */
};

static int listen_fd;
static uint16_t target;
static int slow_ms;
static struct link *links[LINKS_MAX];
static int n_links;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in address(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void listen_at(uint16_t port)
{
    const int on = 1;
    struct sockaddr_in at = address(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 128) != 0)
        die("listen");
    listen_fd = fd;
}

/* With a reset: nothing of what waits is delivered. */
static void reset(int fd)
{
    const struct linger now = {1, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)); /* else an orderly end */
    (void)close(fd);
}

static void drop_link(int i)
{
    reset(links[i]->half[0].fd);
    reset(links[i]->half[1].fd);
    free(links[i]);
    links[i] = links[--n_links];
}

static void take_link(void)
{
    const int on = 1;
    struct sockaddr_in to = address(target);
    int client = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0)
        return; /* it is gone already */
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct link *l = n_links < LINKS_MAX ? malloc(sizeof(*l)) : NULL;
    /* to this machine: answered at once, or refused */
    if (server < 0 || !l || connect(server, (struct sockaddr *)&to, sizeof(to)) != 0 ||
        fcntl(server, F_SETFL, O_NONBLOCK) != 0) {
        reset(client);
        if (server >= 0)
            (void)close(server);
        free(l);
        return;
    }
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* slower without */
    (void)setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    l->half[0].fd = client;
    l->half[1].fd = server;
    l->half[0].at = l->half[0].len = l->half[1].at = l->half[1].len = 0;
    links[n_links++] = l;
}

/* True: the link lives on. */
static bool send_on(struct half *from, const struct half *to)
{
    ssize_t n = send(to->fd, from->bytes + from->at, from->len - from->at, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    from->at += (size_t)n;
    if (from->at == from->len)
        from->at = from->len = 0;
    return true;
}

static bool move(struct half *from, const struct half *to)
{
    if (from->len > 0)
        return send_on(from, to);
    ssize_t n = recv(from->fd, from->bytes, BUFFER, 0);
    if (n == 0)
        return false; /* neither Kafka's clients nor PostgreSQL's end one direction alone */
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    from->len = (size_t)n;
    return send_on(from, to);
}

/* The number that the text is, up to most; -1: it is none. */
static int parse_number(const char *text, int most)
{
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    bool whole = end != text && (*end == '\0' || *end == '\n');
    return whole && errno == 0 && v >= 0 && v <= most ? (int)v : -1;
}

static void obey(const char *line)
{
    int ms = strncmp(line, "slow ", 5) == 0 ? parse_number(line + 5, SLOW_MAX_MS) : -1;
    if (strcmp(line, "cut\n") == 0) {
        while (n_links > 0)
            drop_link(n_links - 1);
    } else if (ms >= 0) {
        slow_ms = ms;
    } else {
        (void)fprintf(stderr, "proxy: no command: %s", line);
        exit(2);
    }
}

/* Waits for what can be done, and says what: first the commands, then who comes, then the links. */
static void wait_for_work(struct pollfd *fds)
{
    nfds_t n = 0;
    fds[n++] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    fds[n++] = (struct pollfd){listen_fd, POLLIN, 0};
    for (int i = 0; i < n_links; i++)
        for (int k = 0; k < 2; k++) {
            bool full = links[i]->half[k].len > 0;
            bool waits = links[i]->half[1 - k].len > 0;
            short events = (short)((full ? 0 : POLLIN) | (waits ? POLLOUT : 0));
            fds[n++] = (struct pollfd){links[i]->half[k].fd, events, 0};
        }
    if (poll(fds, n, -1) < 0 && errno != EINTR)
        die("poll");
}

static void serve_links(const struct pollfd *fds, int n)
{
    for (int i = n - 1; i >= 0; i--) { /* backwards: a dropped one is replaced by the last */
        struct link *l = links[i];
        short client = fds[2 * i].revents;
        short server = fds[2 * i + 1].revents;
        if (!client && !server)
            continue;
        if (slow_ms > 0) {
            const struct timespec t = {slow_ms / 1000, slow_ms % 1000 * 1000000L};
            (void)nanosleep(&t, NULL);
        }
        bool lives =
            (!(client & ~POLLOUT) && !(server & POLLOUT)) || move(&l->half[0], &l->half[1]);
        lives = lives &&
                ((!(server & ~POLLOUT) && !(client & POLLOUT)) || move(&l->half[1], &l->half[0]));
        if (!lives)
            drop_link(i);
    }
}

static void serve(void)
{
    static struct pollfd fds[FDS_MAX];
    char line[100];
    for (;;) {
        int n = n_links;
        wait_for_work(fds);
        serve_links(fds + 2, n);
        if (fds[1].revents)
            take_link();
        if (!fds[0].revents)
            continue;
        if (!fgets(line, sizeof(line), stdin))
            return;
        obey(line);
    }
}

int main(int argc, char **argv)
{
    int from = argc == 3 ? parse_number(argv[1], UINT16_MAX) : -1;
    int to = argc == 3 ? parse_number(argv[2], UINT16_MAX) : -1;
    if (from < 0 || to < 0) {
        (void)fprintf(stderr, "usage: proxy FROM TO (ports of 127.0.0.1)\n");
        return 2;
    }
    target = (uint16_t)to;
    listen_at((uint16_t)from);
    (void)setvbuf(stdin, NULL, _IONBF, 0); /* so that poll() tells of every line; cannot fail */
    serve();
    return 0;
}

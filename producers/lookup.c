#include "lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct lookup {
    atomic_int users; /* the thread and the caller; the last one frees it */
    atomic_int done;  /* publishes what is below */
    uint32_t turn;
    int code; /* of getaddrinfo() */
    char address[INET6_ADDRSTRLEN];
    char host[];
};

void lookup_drop(struct lookup *l)
{
    if (l && atomic_fetch_sub(&l->users, 1) == 1)
        free(l);
}

static int take(struct lookup *l, const struct addrinfo *list)
{
    uint32_t n = 0;
    for (const struct addrinfo *a = list; a; a = a->ai_next)
        n++;
    const struct addrinfo *a = list;
    for (uint32_t i = n ? l->turn % n : 0; a && i > 0; i--)
        a = a->ai_next;
    return a ? getnameinfo(a->ai_addr, a->ai_addrlen, l->address, sizeof(l->address), NULL, 0,
                           NI_NUMERICHOST)
             : EAI_NONAME;
}

static void *run(void *ctx)
{
    struct lookup *l = ctx;
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list = NULL;
    l->code = getaddrinfo(l->host, NULL, &hints, &list);
    if (l->code == 0) {
        l->code = take(l, list);
        freeaddrinfo(list);
    }
    atomic_store(&l->done, 1);
    lookup_drop(l);
    return NULL;
}

struct lookup *lookup_start(const char *host, uint32_t turn, struct err *e)
{
    size_t len = strlen(host);
    struct lookup *l = calloc(1, sizeof(*l) + len + 1);
    pthread_attr_t attr;
    pthread_t thread;
    if (!l || pthread_attr_init(&attr) != 0) {
        free(l);
        (void)err_set(e, ERR_NOMEM, "lookup: out of memory");
        return NULL;
    }
    memcpy(l->host, host, len);
    l->turn = turn;
    atomic_store(&l->users, 2);
    int code = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (code == 0)
        code = pthread_create(&thread, &attr, run, l);
    (void)pthread_attr_destroy(&attr);
    if (code == 0)
        return l;
    free(l);
    (void)err_set(e, ERR_NOMEM, "lookup: no thread: %s", strerror(code));
    return NULL;
}

int lookup_poll(struct lookup *l, char ret[INET6_ADDRSTRLEN], struct err *e)
{
    if (!atomic_load(&l->done))
        return 0;
    if (l->code != 0)
        return err_retry(e, ERR_IO, "%.100s: %s", l->host, gai_strerror(l->code));
    memcpy(ret, l->address, sizeof(l->address));
    return 1;
}

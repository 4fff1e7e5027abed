/**
 * bench-consume BROKERS TOPIC poll|batch: reads a topic to its end, counting, and nothing else.
 *
 * Prints {"records":…,"wall_us":…,"cpu_us":…,"peak_kib":…}: from the first record to the last, CPU
 * and memory of the whole process. poll: rd_kafka_consumer_poll() with queues that never stall
 * librdkafka 2.0.2; batch: rd_kafka_consume_batch_queue() with default queues and a waker, as our
 * processors read.
 */
#include "clock.h"
#include "kafka/waker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { BATCH = 1000, PARTITIONS_MAX = 1000 };

struct count {
    int64_t records;
    int64_t first_us;
    int64_t last_us;
    int open; /* partitions not at their end */
};

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench-consume: %s: %s\n", what, why);
    exit(1);
}

static void take(struct count *c, const rd_kafka_message_t *m)
{
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        c->open--;
    else if (m->err)
        die("consume", rd_kafka_message_errstr(m));
    else
        c->records++;
}

static rd_kafka_t *open_consumer(const char *brokers, bool poll, struct waker **ret_waker,
                                 const char *const *topics)
{
    const char *const pairs[][2] = {{"bootstrap.servers", brokers},
                                    {"group.id", "bench-consume"},
                                    {"isolation.level", "read_committed"},
                                    {"enable.auto.commit", "false"},
                                    {"enable.partition.eof", "true"},
                                    /* what the end of a partition is waited for */
                                    {"fetch.wait.max.ms", "10"},
                                    {"auto.offset.reset", "error"},
                                    /* poll only: the queues that never fill */
                                    {"queued.min.messages", "1000000"},
                                    {"queued.max.messages.kbytes", "1048576"}};
    char why[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]) - (poll ? 0 : 2); i++)
        if (rd_kafka_conf_set(conf, pairs[i][0], pairs[i][1], why, sizeof(why)))
            die(pairs[i][0], why);
    bool wake = !waker_is_needless(conf) && !poll;
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (!rk)
        die("client", why);
    (void)rd_kafka_poll_set_consumer(rk); /* fails for producers only */
    struct err e = {0};
    if (wake && !(*ret_waker = waker_start(rk, topics, &e)))
        die("waker", e.text);
    return rk;
}

/* Every partition from its beginning; how many. */
static int assign(rd_kafka_t *rk, const char *topic, struct waker *waker)
{
    const struct rd_kafka_metadata *md;
    rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, t, &md, KAFKA_CALL_TIMEOUT_MS);
    if (code)
        die(topic, rd_kafka_err2str(code));
    int n = md->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(md);
    rd_kafka_topic_destroy(t);
    if (n < 1 || n > PARTITIONS_MAX)
        die(topic, "no such topic");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    code = rd_kafka_assign(rk, list);
    if (code)
        die("assign", rd_kafka_err2str(code));
    waker_assigned(waker, list);
    rd_kafka_topic_partition_list_destroy(list);
    return n;
}

static void by_poll(rd_kafka_t *rk, struct count *c)
{
    while (c->open > 0) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 1000);
        if (!m)
            continue;
        if (c->first_us == 0)
            c->first_us = clock_mono_us();
        take(c, m);
        rd_kafka_message_destroy(m);
    }
}

static void by_batch(rd_kafka_t *rk, struct waker *waker, struct count *c)
{
    static rd_kafka_message_t *batch[BATCH];
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    while (c->open > 0) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, 1000, batch, BATCH);
        if (n > 0 && c->first_us == 0)
            c->first_us = clock_mono_us();
        if (n == BATCH)
            waker_behind(waker);
        for (ssize_t i = 0; i < n; i++) {
            take(c, batch[i]);
            rd_kafka_message_destroy(batch[i]);
        }
    }
    rd_kafka_queue_destroy(queue);
}

static int64_t cpu_us(const struct rusage *u)
{
    return (u->ru_utime.tv_sec + u->ru_stime.tv_sec) * INT64_C(1000000) + u->ru_utime.tv_usec +
           u->ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
    bool poll = argc == 4 && strcmp(argv[3], "poll") == 0;
    if (!poll && (argc != 4 || strcmp(argv[3], "batch") != 0))
        die("usage", "bench-consume BROKERS TOPIC poll|batch");
    const char *const topics[] = {argv[2], NULL};
    struct waker *waker = NULL;
    rd_kafka_t *rk = open_consumer(argv[1], poll, &waker, topics);
    struct count c = {.open = assign(rk, argv[2], waker)};
    if (poll)
        by_poll(rk, &c);
    else
        by_batch(rk, waker, &c);
    c.last_us = clock_mono_us();
    struct rusage used;
    (void)getrusage(RUSAGE_SELF, &used); /* cannot fail for ourselves */
    (void)printf("{\"records\":%" PRId64 ",\"wall_us\":%" PRId64 ",\"cpu_us\":%" PRId64
                 ",\"peak_kib\":%ld}\n",
                 c.records, c.last_us - c.first_us, cpu_us(&used), used.ru_maxrss);
    waker_stop(waker);
    (void)rd_kafka_consumer_close(rk); /* nothing is left to lose */
    rd_kafka_destroy(rk);
    return 0;
}

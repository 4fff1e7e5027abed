/* What the group has read up to: told to Kafka, and to people. */
#include "ask.h"
#include "clock.h"
#include "group_internal.h"
#include "timefmt.h"

enum { END_TIMEOUT_MS = 500, SHOW_PAUSE_S = 30, COMMIT_STEP_MS = 100 };

/* --- committing ------------------------------------------------------------------------------ */

static rd_kafka_topic_partition_list_t *offset_list(const struct group *g,
                                                    const struct group_offset *offsets, size_t n)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(l, g->topics[offsets[i].topic], offsets[i].partition)
            ->offset = offsets[i].next_offset;
    return l;
}

static int fail_commit(const struct group *g, rd_kafka_resp_err_t code, struct err *e)
{
    const struct kafka_request request = {"commit of offsets", group_only_topic(g), "Read"};
    return kafka_fail_of(g->rk, code, &request, NULL, e);
}

/* The answer to a commit, as an event in a queue of its own. */
static int await_commit(struct group *g, rd_kafka_queue_t *answers, struct err *e)
{
    int64_t end_us = clock_mono_us() + KAFKA_CALL_TIMEOUT_MS * US_PER_MS;
    rd_kafka_event_t *event = NULL;
    while (!event && clock_mono_us() < end_us) {
        event = rd_kafka_queue_poll(answers, COMMIT_STEP_MS);
        (void)kafka_stopping(g->settings); /* beats; a stop lets the last commit through */
    }
    rd_kafka_resp_err_t code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (event)
        rd_kafka_event_destroy(event);
    return code ? fail_commit(g, code, e) : 0;
}

int group_commit(struct group *g, const struct group_offset *offsets, size_t n, struct err *e)
{
    if (n == 0)
        return 0;
    rd_kafka_queue_t *answers = rd_kafka_queue_new(g->rk);
    rd_kafka_topic_partition_list_t *l = offset_list(g, offsets, n);
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(g->rk, l, answers, NULL, NULL);
    int r = code ? fail_commit(g, code, e) : await_commit(g, answers, e);
    rd_kafka_topic_partition_list_destroy(l);
    rd_kafka_queue_destroy(answers);
    return r;
}

/* --- what people's tools and metrics show ---------------------------------------------------- */

bool group_show_offsets(struct group *g, const struct group_offset *offsets, size_t n)
{
    /* A commit that waits for a coordinator to come back may go out under a membership that has
     * ended by then: for a static member that is fatal, "fenced by another". Not worth it. */
    if (clock_mono_us() < g->trouble_us + SHOW_PAUSE_S * US_PER_S)
        return false;
    rd_kafka_topic_partition_list_t *l = offset_list(g, offsets, n);
    bool told = n == 0 || !rd_kafka_commit(g->rk, l, 1 /* async */);
    rd_kafka_topic_partition_list_destroy(l);
    return told;
}

int64_t group_end_offset(struct group *g, int topic, int32_t partition)
{
    int64_t low;
    int64_t high;
    struct err passing = {0};
    int r = g->held
                ? ask_offset(g->rk, g->topics[topic], partition, ASK_END, END_TIMEOUT_MS, &high,
                             &passing)
                : rd_kafka_get_watermark_offsets(g->rk, g->topics[topic], partition, &low, &high);
    return r || high < 0 ? -1 : high;
}

int64_t group_position(struct group *g, int topic, int32_t partition)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(l, g->topics[topic], partition);
    int64_t at = rd_kafka_position(g->rk, l) ? -1 : l->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(l);
    return at >= 0 ? at : -1;
}

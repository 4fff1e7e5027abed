/**
 * A consumer that shares the partitions of one or several topics with others of its group.
 *
 *     static const char *const topics[] = {"trades", NULL};
 *     static int on_assign(void *ctx, struct group_offset *parts, size_t n, struct err *e);
 *     struct group *g = group_open(&settings, &(struct group_about){.group = "cw-candles",
 *         .topics = topics, .instance = "0", .on_assign = on_assign, .on_revoke = on_revoke,
 *         .ctx = &shell}, &e);
 *     ssize_t n = group_poll(g, 100, batch, BATCH, &e);
 *     ...                                               // use batch[0 .. n-1]
 *     group_release(g, batch, n);
 *
 * The owner decides where reading starts: on_assign gets the partitions with what the group has
 * committed and writes into each where to begin. Nothing is ever committed by itself, and no offset
 * is ever reset: one that the log does not have is an error of group_poll().
 * Eager, range assignment, and a poll during which the assignment changed returns nothing: in
 * librdkafka 2.0.2 a batch may hold messages from before and after the change.
 * Threads: one; the callbacks run inside group_poll() and group_close().
 */
#ifndef CANDLEWICK_KAFKA_GROUP_H
#define CANDLEWICK_KAFKA_GROUP_H

#include "kafka/kafka.h"

#include <sys/types.h>

enum { GROUP_NOTE_MAX = 96, GROUP_BATCH_MAX = 1000, GROUP_TOPICS_MAX = 16 };

#define GROUP_NO_OFFSET INT64_C(-1)

/* Where one partition stands: the next offset to read, and a note committed with it. */
struct group_offset {
    int topic; /* its place in group_about.topics */
    int32_t partition;
    int64_t next_offset;       /* GROUP_NO_OFFSET: nothing committed */
    char note[GROUP_NOTE_MAX]; /* printable ASCII (2.0.2 corrupts anything with a zero byte) */
};

struct group;

struct group_about {
    const char *group;         /* without the prefix */
    const char *const *topics; /* without the prefix, ended by NULL; 1 to GROUP_TOPICS_MAX */
    const char *instance;      /* static membership under <group>.<instance>; NULL or "": dynamic */
    /* parts: what is committed; set next_offset to where to read from, >= 0, and return 0; or
     * return 1 to hold them: nothing is read before group_resume(). A failure ends the poll with
     * its error. Called with n == 0 when the group has nothing for us. */
    int (*on_assign)(void *ctx, struct group_offset *parts, size_t n, struct err *e);
    void (*on_revoke)(void *ctx);
    void *ctx;
    /* false where offsets live elsewhere: on_assign then gets GROUP_NO_OFFSET at once */
    bool offsets_in_kafka;
};

/* about's group, instance and ctx must outlive the group. NULL: ERR_CONF, ERR_NOMEM, ERR_IO. */
struct group *group_open(const struct kafka_settings *s, const struct group_about *about,
                         struct err *e);

/* Leaves the group (on_revoke is called where something was assigned), destroys. NULL is fine. */
void group_close(struct group *g);

/* Waits up to timeout_ms for messages, at most max (<= GROUP_BATCH_MAX), in order per partition.
 * Returns how many, 0 for none, -1: ERR_FENCED, ERR_IO, ERR_STATE (an offset the log no longer
 * has), or what on_assign said. After -1: group_close(). */
ssize_t group_poll(struct group *g, int timeout_ms, struct kafka_message *ret, size_t max,
                   struct err *e);
void group_release(struct group *g, struct kafka_message *batch, ssize_t n);

/* Stops reading, and drops what was fetched, while membership and partitions stay: for as long as
 * the owner cannot take messages. Keep polling. ERR_IO. */
int group_hold(struct group *g, struct err *e) MUST_CHECK;

/* Reads on, each assigned partition at the offset given for it; also right out of group_hold().
 * ERR_STATE: an assigned partition is missing from offsets; ERR_IO. */
int group_resume(struct group *g, const struct group_offset *offsets, size_t n,
                 struct err *e) MUST_CHECK;

/* Commits offsets by themselves, for a consumer whose outputs are at least once: what lies below
 * them is done with. Waits at most KAFKA_CALL_TIMEOUT_MS. After -1 (ERR_IO, ERR_FENCED):
 * group_close(); the offsets may be committed or not. */
int group_commit(struct group *g, const struct group_offset *offsets, size_t n,
                 struct err *e) MUST_CHECK;

/* Tells the group's offsets to the broker where they live elsewhere, for lag tools only: not waited
 * for, and a failure goes unnoticed. False, for a while after a broker failed: not even tried. */
bool group_show_offsets(struct group *g, const struct group_offset *offsets, size_t n);

/* End of the partition (the last stable offset), -1 if unknown: as the last fetch told it; while
 * the group is held nothing is fetched, so a broker is asked, which takes up to half a second. */
int64_t group_end_offset(struct group *g, int topic, int32_t partition);

/* The next offset to be returned: unlike "last message + 1" it counts the markers of transactions
 * that were passed. Known once a message of the assignment was returned, else -1. */
int64_t group_position(struct group *g, int topic, int32_t partition);

const char *group_topic(const struct group *g, int topic); /* with its prefix */

#endif

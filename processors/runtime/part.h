/**
 * One assigned partition: the fold's state, where it stands, and its images.
 *
 *     part_restore(&p, &rt, reader, &start, &e);   // from the last image, or from nothing
 *     if (part_is_live(&p)) …                      // else what comes out is committed already
 *     part_image(&p, &rt, txn, now_us, &e);        // into the open transaction, when due
 *
 * The note that is committed with every input offset says where on the state topic the newest
 * image begins, so that a restart reads that image and nothing before it; and when the last image
 * was kept for replays, and with which configuration: "image=81 kept=1795268122000
 * config=89abcdef01234567".
 * Threads: one.
 */
#ifndef CANDLEWICK_PART_H
#define CANDLEWICK_PART_H

#include "fold.h"
#include "kafka/group.h"
#include "kafka/reader.h"
#include "kafka/txn.h"
#include "poison.h"
#include "runtime.h"

struct part {
    int32_t partition;
    void *state;
    struct poison poison;
    int64_t next_offset; /* first input offset not applied */
    int64_t
        committed_offset;  /* outputs of inputs below it are in the topics; GROUP_NO_OFFSET: none */
    int64_t sent_offset;   /* as committed with the last transaction */
    int64_t state_end;     /* lower bound of the state partition's end */
    int64_t image_at;      /* where the newest image begins on it; -1: there is none yet */
    int64_t image_time_us; /* when it was written, clock_mono_us() */
    int64_t image_records; /* inputs applied since */
    int64_t pending_image_at; /* of the image in the open transaction; -1: none */
    int64_t pending_state_end;
    int64_t kept_ms; /* Kafka's time of the input in front of which the last image was kept */
    char kept_config[CONFIGURATION_DIGEST + 1]; /* what it was folded with; empty: none was kept */
};

/* committed: as the group has it. On success p is ready and *ret_start is where to read from: what
 * lies before p->next_offset was applied, and is to be looked at for poison alone.
 * ERR_STATE: image and committed offset contradict each other. */
int part_restore(struct part *p, const struct runtime *rt, struct reader *r,
                 const struct group_offset *committed, int64_t *ret_start,
                 struct err *e) MUST_CHECK;
void part_finish(struct part *p, const struct runtime *rt);

/* Whether outputs of the next input are new. */
bool part_is_live(const struct part *p);

/* Whether something is to commit: inputs beyond what is committed. */
bool part_has_news(const struct part *p);

/* Writes an image if one is due (or the state has none yet). Call inside a transaction. */
int part_image(struct part *p, const struct runtime *rt, struct txn *txn, int64_t now_us,
               struct err *e) MUST_CHECK;

/* Keeps an image of the state as it is in front of `next`, if one is due: none was kept with this
 * configuration yet, or the last one is old. Call before the first live input, and each one after.
 * Begins a transaction where it must. */
int part_keep(struct part *p, const struct runtime *rt, struct txn *txn,
              const struct kafka_message *next, struct err *e) MUST_CHECK;

/* The offset to commit, with its note. */
void part_offset(const struct part *p, struct group_offset *ret);

/* The transaction is through. */
void part_committed(struct part *p);

#endif

#include "image_store.h"

#include "failpoint.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

/* --- writing --------------------------------------------------------------------------------- */

static int write_chunk(const struct image *im, const char *topic, struct strbuf *value,
                       struct txn *txn, struct err *e)
{
    struct record r = {.type = RECORD_IMAGE, .image = *im};
    strbuf_reset(value);
    if (record_encode(&r, value, e) != 0)
        return -1;
    char key[16];
    int n = snprintf(key, sizeof(key), "%d", im->chunk);
    const struct txn_record out = {.topic = topic,
                                   .partition = im->input_partition,
                                   .key = slice_make(key, (size_t)n),
                                   .value = strbuf_slice(value)};
    return txn_produce(txn, &out, e);
}

int image_store_write(const struct image_about *a, const char *topic, struct slice state,
                      struct txn *txn, int32_t *ret_chunks, struct err *e)
{
    if (state.len > IMAGE_MAX_BYTES)
        return err_set(e, ERR_LIMIT, "image of partition %d: %zu bytes are more than %d",
                       a->partition, state.len, IMAGE_MAX_BYTES);
    int32_t chunks = state.len ? (int32_t)((state.len - 1) / IMAGE_CHUNK_BYTES + 1) : 1;
    struct image im = {
        .processor = slice_of(a->processor),
        .version = a->version,
        .input_topic = slice_of(a->input_topic),
        .input_partition = a->partition,
        .input_partitions = a->partitions,
        .next_offset = a->next_offset,
        .chunks = chunks,
        .state_len = (int64_t)state.len,
        .state_crc = (int64_t)crc64_avro(CRC64_EMPTY, state.data, state.len),
        .config = slice_of(a->configuration->digest),
        .configuration = strbuf_slice(&a->configuration->text),
    };
    struct strbuf value = STRBUF_INIT(2 * IMAGE_CHUNK_BYTES);
    int r = 0;
    for (im.chunk = 0; r == 0 && im.chunk < chunks; im.chunk++) {
        size_t at = (size_t)im.chunk * IMAGE_CHUNK_BYTES;
        size_t len = state.len - at < IMAGE_CHUNK_BYTES ? state.len - at : IMAGE_CHUNK_BYTES;
        im.data = slice_make(state.data ? state.data + at : NULL, len);
        r = write_chunk(&im, topic, &value, txn, e);
        FAILPOINT(IMAGE_CHUNK);
        im.configuration = slice_of("");
    }
    strbuf_finish(&value);
    if (r == 0)
        *ret_chunks = chunks;
    return r;
}

/* --- reading --------------------------------------------------------------------------------- */

/* The image being gathered, and the last that was complete and is wanted. */
struct gather {
    const struct image_about *about;
    struct strbuf parts; /* chunks 0 .. n-1 of the one that is coming in */
    int32_t n;
    int64_t next_offset;
    int64_t at_most; /* next_offset of one that is wanted */
    struct strbuf *complete;
    int64_t complete_offset;
    bool found;
};

static int check_origin(const struct image_about *a, const struct image *im, struct err *e)
{
    if (!slice_is(im->processor, a->processor) || !slice_is(im->input_topic, a->input_topic) ||
        im->input_partition != a->partition)
        return err_set(e, ERR_STATE,
                       "%s partition %d holds an image of %.*s over %.*s partition %d",
                       a->state_topic, a->partition, SLICE_ARG(im->processor),
                       SLICE_ARG(im->input_topic), im->input_partition);
    if (im->input_partitions != a->partitions)
        return err_set(e, ERR_CONF,
                       "%s now has %d partitions, the state of partition %d was folded when it had "
                       "%d: fold anew under a new prefix (docs/UPGRADE.md)",
                       a->input_topic, a->partitions, a->partition, im->input_partitions);
    return 0;
}

static int check_version(const struct image_about *a, const struct image *im, struct err *e)
{
    if (im->version == a->version)
        return 0;
    return err_set(e, ERR_CONF,
                   "%s partition %d: image version %d, this program reads %d: go on with the "
                   "program that wrote it, or fold anew under a new prefix (docs/UPGRADE.md)",
                   a->state_topic, a->partition, im->version, a->version);
}

static int check_whole(const struct gather *g, const struct image *im, struct err *e)
{
    uint64_t crc = crc64_avro(CRC64_EMPTY, g->parts.data, g->parts.len);
    if ((int64_t)g->parts.len != im->state_len || (int64_t)crc != im->state_crc)
        return err_set(e, ERR_STATE, "%s partition %d: the image at input offset %lld is damaged",
                       g->about->state_topic, g->about->partition, (long long)im->next_offset);
    return 0;
}

static int add_chunk(struct gather *g, const struct image *im, struct err *e)
{
    if (im->chunk == 0) {
        strbuf_reset(&g->parts);
        g->n = 0;
        g->next_offset = im->next_offset;
    }
    if (im->chunk != g->n || im->next_offset != g->next_offset)
        return 0; /* the tail of an image whose front was compacted away: superseded */
    if (strbuf_add(&g->parts, im->data.data, im->data.len) != 0)
        return strbuf_full(&g->parts, "image", e);
    if (++g->n < im->chunks)
        return 0;
    if (check_whole(g, im, e) != 0)
        return -1;
    if (g->next_offset > g->at_most)
        return 0;
    struct strbuf swap = *g->complete;
    *g->complete = g->parts;
    g->parts = swap;
    g->complete_offset = g->next_offset;
    g->found = true;
    return 0;
}

static int decode_chunk(const struct image_about *a, const struct kafka_message *m,
                        struct record *ret, struct err *e)
{
    bool decoded = framing_decode(a->framing, m->value, ret, e) == 0;
    if (!decoded && (e->retriable || e->code == ERR_STOPPED))
        return -1;
    if (!decoded || ret->type != RECORD_IMAGE)
        return err_set(e, ERR_STATE, "%s partition %d offset %lld is not an image", a->state_topic,
                       m->partition, (long long)m->offset);
    return check_origin(a, &ret->image, e);
}

static int on_chunk(void *ctx, const struct kafka_message *m, struct err *e)
{
    struct gather *g = ctx;
    struct record r;
    if (m->tombstone)
        return 0;
    if (decode_chunk(g->about, m, &r, e) != 0 || check_version(g->about, &r.image, e) != 0)
        return -1;
    return add_chunk(g, &r.image, e);
}

int image_store_read(struct reader *r, struct image_about *a, int64_t from, struct strbuf *state,
                     struct err *e)
{
    struct gather g = {
        .about = a, .parts = STRBUF_INIT(IMAGE_MAX_BYTES), .at_most = INT64_MAX, .complete = state};
    int ret = reader_run(r, a->state_topic, a->partition, from, on_chunk, &g, e);
    strbuf_finish(&g.parts);
    if (ret != 0)
        return -1;
    if (g.found)
        a->next_offset = g.complete_offset;
    return g.found ? 1 : 0;
}

/* --- the past -------------------------------------------------------------------------------- */

struct looking {
    struct gather gather;
    struct image_past *past;
    int64_t low;
    int64_t end;
};

static bool is_other(const struct image_about *a, const struct image *im)
{
    return !slice_is(im->config, a->configuration->digest);
}

static void tell_difference(struct looking *l, const struct image *im)
{
    configuration_difference(im->configuration, strbuf_slice(&l->gather.about->configuration->text),
                             l->past->difference, sizeof(l->past->difference));
}

/* An image's first chunk says all about it but the state. */
static void look_at(struct looking *l, const struct image *im)
{
    struct image_past *past = l->past;
    bool other = is_other(l->gather.about, im);
    if (im->next_offset >= l->low && (past->oldest < 0 || im->next_offset < past->oldest))
        past->oldest = im->next_offset;
    if (im->next_offset <= l->gather.at_most) {
        past->other = other;
        if (other)
            tell_difference(l, im);
    } else if (other && !past->other && im->next_offset < l->end &&
               (past->change_at < 0 || im->next_offset < past->change_at)) {
        past->change_at = im->next_offset;
        tell_difference(l, im);
    }
}

static int on_kept_chunk(void *ctx, const struct kafka_message *m, struct err *e)
{
    struct looking *l = ctx;
    struct record r;
    if (m->tombstone)
        return 0;
    if (decode_chunk(l->gather.about, m, &r, e) != 0)
        return -1;
    if (r.image.version != l->gather.about->version)
        return 0;
    if (r.image.chunk == 0)
        look_at(l, &r.image);
    return add_chunk(&l->gather, &r.image, e);
}

int image_store_past(struct reader *r, const struct image_about *a, int64_t low, int64_t first,
                     int64_t end, struct image_past *ret, struct err *e)
{
    *ret = (struct image_past){
        .state = STRBUF_INIT(IMAGE_MAX_BYTES), .next_offset = -1, .oldest = -1, .change_at = -1};
    struct looking l = {.gather = {.about = a,
                                   .parts = STRBUF_INIT(IMAGE_MAX_BYTES),
                                   .at_most = first,
                                   .complete = &ret->state},
                        .past = ret,
                        .low = low,
                        .end = end};
    int64_t begin;
    int64_t high;
    int done = reader_watermarks(r, a->state_topic, a->partition, &begin, &high, e);
    if (done == 0)
        done = reader_run(r, a->state_topic, a->partition, begin, on_kept_chunk, &l, e);
    strbuf_finish(&l.gather.parts);
    if (l.gather.found)
        ret->next_offset = l.gather.complete_offset;
    return done;
}

void image_past_finish(struct image_past *past)
{
    strbuf_finish(&past->state);
}

#include "image_store.h"

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
    };
    struct strbuf value = STRBUF_INIT(2 * IMAGE_CHUNK_BYTES);
    int r = 0;
    for (im.chunk = 0; r == 0 && im.chunk < chunks; im.chunk++) {
        size_t at = (size_t)im.chunk * IMAGE_CHUNK_BYTES;
        size_t len = state.len - at < IMAGE_CHUNK_BYTES ? state.len - at : IMAGE_CHUNK_BYTES;
        im.data = slice_make(state.data ? state.data + at : NULL, len);
        r = write_chunk(&im, topic, &value, txn, e);
    }
    strbuf_finish(&value);
    if (r == 0)
        *ret_chunks = chunks;
    return r;
}

/* --- reading --------------------------------------------------------------------------------- */

/* The image being gathered, and the last that was complete. */
struct gather {
    const struct image_about *about;
    struct strbuf parts; /* chunks 0 .. n-1 of the one that is coming in */
    int32_t n;
    int64_t next_offset;
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
        return err_set(e, ERR_STATE,
                       "%s now has %d partitions, the state of partition %d was folded when it had "
                       "%d: replay into a new prefix",
                       a->input_topic, a->partitions, a->partition, im->input_partitions);
    if (im->version != a->version)
        return err_set(e, ERR_STATE, "%s partition %d: image version %d, this program reads %d",
                       a->state_topic, a->partition, im->version, a->version);
    return 0;
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
    struct strbuf swap = *g->complete;
    *g->complete = g->parts;
    g->parts = swap;
    g->complete_offset = g->next_offset;
    g->found = true;
    return 0;
}

static int on_chunk(void *ctx, const struct kafka_message *m, struct err *e)
{
    struct gather *g = ctx;
    struct record r;
    if (m->tombstone)
        return 0;
    bool decoded = framing_decode(g->about->framing, m->value, &r, e) == 0;
    if (!decoded && (e->retriable || e->code == ERR_STOPPED))
        return -1;
    if (!decoded || r.type != RECORD_IMAGE)
        return err_set(e, ERR_STATE, "%s partition %d offset %lld is not an image",
                       g->about->state_topic, m->partition, (long long)m->offset);
    if (check_origin(g->about, &r.image, e) != 0)
        return -1;
    return add_chunk(g, &r.image, e);
}

int image_store_read(struct reader *r, struct image_about *a, int64_t from, struct strbuf *state,
                     struct err *e)
{
    struct gather g = {.about = a, .parts = STRBUF_INIT(IMAGE_MAX_BYTES), .complete = state};
    int ret = reader_run(r, a->state_topic, a->partition, from, on_chunk, &g, e);
    strbuf_finish(&g.parts);
    if (ret != 0)
        return -1;
    if (g.found)
        a->next_offset = g.complete_offset;
    return g.found ? 1 : 0;
}

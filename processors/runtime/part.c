#include "part.h"

#include "clock.h"
#include "failpoint.h"
#include "image_store.h"
#include "log.h"
#include "timefmt.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static struct image_about about_of(const struct part *p, const struct runtime *rt)
{
    return (struct image_about){
        .framing = rt->framing,
        .processor = rt->ops->name,
        .version = rt->ops->image_version,
        .state_topic = rt->state_logical,
        .input_topic = rt->ops->input,
        .partition = p->partition,
        .partitions = rt->partitions,
        .next_offset = p->next_offset,
        .configuration = &rt->configuration,
    };
}

/* --- restoring ------------------------------------------------------------------------------- */

/* A number of digits behind the name; *at moves behind it. */
static int parse_field(const char **at, const char *name, int64_t *ret)
{
    size_t len = strlen(name);
    if (strncmp(*at, name, len) != 0 || !isdigit((unsigned char)(*at)[len]))
        return -1;
    char *end;
    errno = 0;
    *ret = strtoll(*at + len, &end, 10);
    *at = end;
    return errno == 0 ? 0 : -1;
}

/* What was kept is not in a note of releases that kept nothing. */
static int parse_note(struct part *p, const char *note)
{
    static const char config[] = " config=";
    if (parse_field(&note, "image=", &p->image_at) != 0)
        return -1;
    if (*note == '\0')
        return 0;
    if (parse_field(&note, " kept=", &p->kept_ms) != 0 ||
        strncmp(note, config, sizeof(config) - 1) != 0)
        return -1;
    struct slice digest = slice_of(note + sizeof(config) - 1);
    if (!configuration_is_digest(digest))
        return -1;
    memcpy(p->kept_config, digest.data, digest.len); /* the rest of it is zero */
    return 0;
}

/* Whether the state topic holds an image; what a transaction that never ended well has left there
 * is none. -1: as image_store_read(). */
static int has_image(const struct part *p, const struct runtime *rt, struct reader *r,
                     int64_t state_low, struct err *e)
{
    struct image_about a = about_of(p, rt);
    struct strbuf bytes = STRBUF_INIT(IMAGE_MAX_BYTES);
    int found = image_store_read(r, &a, state_low, &bytes, e);
    strbuf_finish(&bytes);
    return found;
}

static int restore_fresh(struct part *p, const struct runtime *rt, struct reader *r,
                         int64_t state_low, struct err *e)
{
    int found = has_image(p, rt, r, state_low, e);
    if (found > 0)
        return err_set(e, ERR_STATE,
                       "%s partition %d holds an image, but group %s%s has no committed offset for "
                       "%s: were its offsets deleted?",
                       rt->state_logical, p->partition, rt->kafka.prefix, rt->id, rt->ops->input);
    int64_t low;
    int64_t high;
    if (found < 0 || reader_watermarks(r, rt->ops->input, p->partition, &low, &high, e) != 0)
        return -1;
    p->next_offset = low;
    return 0;
}

static int restore_image(struct part *p, const struct runtime *rt, struct reader *r,
                         const struct group_offset *committed, struct err *e)
{
    if (parse_note(p, committed->note) != 0)
        return err_set(e, ERR_STATE,
                       "group %s%s: the committed offset %" PRId64 " of %s partition %d names no "
                       "image: were its offsets reset by hand?",
                       rt->kafka.prefix, rt->id, committed->next_offset, rt->ops->input,
                       p->partition);
    struct image_about a = about_of(p, rt);
    struct strbuf bytes = STRBUF_INIT(IMAGE_MAX_BYTES);
    int found = image_store_read(r, &a, p->image_at, &bytes, e);
    if (found == 0)
        (void)err_set(e, ERR_STATE, "%s partition %d: no image at offset %" PRId64 " or later",
                      rt->state_logical, p->partition, p->image_at);
    if (found == 1 && a.next_offset > committed->next_offset)
        found = err_set(e, ERR_STATE,
                        "%s partition %d: the image is at input offset %" PRId64
                        ", ahead of the committed %" PRId64,
                        rt->state_logical, p->partition, a.next_offset, committed->next_offset);
    int ret = found == 1 ? rt->ops->restore(p->state, strbuf_slice(&bytes), e) : -1;
    strbuf_finish(&bytes);
    if (ret == 0)
        p->next_offset = a.next_offset;
    FAILPOINT(RESTORE_IMAGE);
    return ret;
}

/* Also where the image is newer, what was committed last is seen again. */
static int look_back(const struct part *p, const struct runtime *rt, struct reader *r,
                     int64_t *ret_start, struct err *e)
{
    int64_t low;
    int64_t high;
    if (reader_watermarks(r, rt->ops->input, p->partition, &low, &high, e) != 0)
        return -1;
    int64_t live = p->committed_offset == GROUP_NO_OFFSET ? p->next_offset : p->committed_offset;
    int64_t start = poison_look_back(live, low);
    *ret_start = start < p->next_offset ? start : p->next_offset;
    return 0;
}

int part_restore(struct part *p, const struct runtime *rt, struct reader *r,
                 const struct group_offset *committed, int64_t *ret_start, struct err *e)
{
    int64_t start_us = clock_mono_us();
    *p = (struct part){.partition = committed->partition,
                       .committed_offset = committed->next_offset,
                       .sent_offset = committed->next_offset,
                       .image_at = -1,
                       .pending_image_at = -1};
    p->state = rt->ops->create(rt->fold_options, p->partition, e);
    if (!p->state)
        return -1;
    int64_t low;
    int64_t high;
    int ret = reader_watermarks(r, rt->state_logical, p->partition, &low, &high, e);
    if (ret == 0)
        ret = committed->next_offset == GROUP_NO_OFFSET ? restore_fresh(p, rt, r, low, e)
                                                        : restore_image(p, rt, r, committed, e);
    if (ret == 0)
        ret = look_back(p, rt, r, ret_start, e);
    if (ret != 0) {
        part_finish(p, rt);
        return -1;
    }
    p->state_end = high;
    p->image_time_us = clock_mono_us();
    int64_t took_us = clock_mono_us() - start_us;
    metric_set(rt->metrics.restore_us, took_us);
    log_info(rt->id, "state restored", LOG_INT("partition", p->partition),
             LOG_INT("from_offset", p->next_offset), LOG_INT("committed", p->committed_offset),
             LOG_INT("took_ms", took_us / US_PER_MS));
    return 0;
}

void part_finish(struct part *p, const struct runtime *rt)
{
    rt->ops->destroy(p->state);
    *p = (struct part){.partition = p->partition};
}

/* --- running --------------------------------------------------------------------------------- */

bool part_is_live(const struct part *p)
{
    return p->next_offset >= p->committed_offset;
}

bool part_has_news(const struct part *p)
{
    return p->state && p->next_offset > p->sent_offset;
}

static bool image_is_due(const struct part *p, const struct runtime *rt, int64_t now_us)
{
    if (p->image_at < 0)
        return true; /* a committed offset must never stand without an image */
    int64_t age_ms = (now_us - p->image_time_us) / US_PER_MS;
    return age_ms >= rt->options.image_min_ms &&
           (age_ms >= rt->options.image_max_ms || p->image_records >= rt->options.image_records);
}

int part_image(struct part *p, const struct runtime *rt, struct txn *txn, int64_t now_us,
               struct err *e)
{
    if (!image_is_due(p, rt, now_us))
        return 0;
    struct strbuf bytes = STRBUF_INIT(IMAGE_MAX_BYTES);
    const struct image_about a = about_of(p, rt);
    int32_t chunks = 0;
    int r = rt->ops->image(p->state, &bytes, e);
    if (r == 0)
        r = image_store_write(&a, rt->state_topic, strbuf_slice(&bytes), txn, &chunks, e);
    if (r == 0) {
        metric_inc(rt->metrics.images, 1);
        metric_set(rt->metrics.image_bytes, (int64_t)bytes.len);
        p->pending_image_at = p->state_end;
        p->pending_state_end = p->state_end + chunks + 1; /* and the commit marker */
        p->image_time_us = now_us;
        p->image_records = 0;
    }
    strbuf_finish(&bytes);
    return r;
}

static bool keep_is_due(const struct part *p, const struct runtime *rt, int64_t time_ms)
{
    return strcmp(p->kept_config, rt->configuration.digest) != 0 ||
           time_ms - p->kept_ms >= rt->options.keep_every_s * US_PER_S / US_PER_MS;
}

int part_keep(struct part *p, const struct runtime *rt, struct txn *txn,
              const struct kafka_message *next, struct err *e)
{
    if (!keep_is_due(p, rt, next->timestamp_ms))
        return 0;
    if (!txn_is_open(txn) && txn_begin(txn, e) != 0)
        return -1;
    struct strbuf bytes = STRBUF_INIT(IMAGE_MAX_BYTES);
    const struct image_about a = about_of(p, rt);
    int32_t chunks;
    int r = rt->ops->image(p->state, &bytes, e);
    if (r == 0)
        r = image_store_write(&a, rt->images_topic, strbuf_slice(&bytes), txn, &chunks, e);
    strbuf_finish(&bytes);
    if (r != 0)
        return -1;
    metric_inc(rt->metrics.kept, 1);
    p->kept_ms = next->timestamp_ms > 0 ? next->timestamp_ms : 0;
    memcpy(p->kept_config, rt->configuration.digest, sizeof(p->kept_config));
    return 0;
}

void part_offset(const struct part *p, struct group_offset *ret)
{
    int64_t at = p->pending_image_at >= 0 ? p->pending_image_at : p->image_at;
    ret->partition = p->partition;
    ret->next_offset = p->next_offset;
    int n = snprintf(ret->note, sizeof(ret->note), "image=%" PRId64, at);
    if (*p->kept_config) /* of a partition without a record nothing was kept */
        (void)snprintf(ret->note + n, sizeof(ret->note) - (size_t)n, " kept=%" PRId64 " config=%s",
                       p->kept_ms, p->kept_config);
}

void part_committed(struct part *p)
{
    p->sent_offset = p->next_offset;
    if (p->pending_image_at < 0)
        return;
    p->image_at = p->pending_image_at;
    p->state_end = p->pending_state_end;
    p->pending_image_at = -1;
}

#include "lane.h"

#include "image_store.h"
#include "log.h"
#include "timefmt.h"

#include <inttypes.h>

static int ask_log(const struct runtime *rt, struct reader *r, const struct range *range,
                   int32_t partition, struct range_log *ret, struct err *e)
{
    int done = reader_watermarks(r, rt->ops->input, partition, &ret->low, &ret->high, e);
    if (done == 0 && range->from_us != RANGE_NO_TIME)
        done = reader_at_time(r, rt->ops->input, partition, range->from_us, &ret->at_from, e);
    if (done == 0 && range->to_us != RANGE_NO_TIME)
        done = reader_at_time(r, rt->ops->input, partition, range->to_us, &ret->at_to, e);
    return done;
}

static int look_back(const struct lane *l, const struct runtime *rt, struct reader *r, int64_t low,
                     struct image_past *ret, struct err *e)
{
    const struct image_about a = {
        .framing = rt->framing,
        .processor = rt->ops->name,
        .version = rt->ops->image_version,
        .state_topic = rt->images_logical,
        .input_topic = rt->ops->input,
        .partition = l->partition,
        .partitions = rt->partitions,
        .configuration = &rt->configuration,
    };
    return image_store_past(r, &a, low, l->from, l->end, ret, e);
}

/* Whether there is something to begin with. */
static bool can_begin(const struct image_past *past, int64_t low)
{
    return past->next_offset >= 0 ? past->next_offset >= low : low == 0;
}

static int cannot_begin(const struct lane *l, const struct runtime *rt,
                        const struct image_past *past, int64_t low, struct err *e)
{
    char at[60] = "no image is kept at all";
    if (past->oldest >= 0)
        (void)snprintf(at, sizeof(at), "%" PRId64 " is the first offset it can begin with",
                       past->oldest);
    return err_set(e, ERR_STATE,
                   "%s partition %d: a replay from offset %" PRId64
                   " needs what retention has removed: the log begins at %" PRId64
                   ", and of the images kept in %s none lies between; %s",
                   rt->ops->input, l->partition, l->from, low, rt->images_logical, at);
}

static int take_image(struct lane *l, const struct runtime *rt, const struct image_past *past,
                      struct err *e)
{
    bool recompute = rt->options.replay.recompute;
    if (past->other && !recompute)
        return err_set(e, ERR_STATE,
                       "%s partition %d: offset %" PRId64
                       " was folded with another configuration (%s): run with that one, or "
                       "--recompute with this one",
                       rt->ops->input, l->partition, l->from, past->difference);
    if (past->change_at >= 0 && !recompute) {
        l->end = past->change_at;
        l->cut = true;
        memcpy(l->difference, past->difference, sizeof(l->difference));
    }
    l->state = rt->ops->create(rt->fold_options, l->partition, e);
    if (!l->state)
        return -1;
    l->begin = past->next_offset >= 0 ? past->next_offset : 0;
    if (past->next_offset >= 0 && rt->ops->restore(l->state, strbuf_slice(&past->state), e) != 0) {
        lane_finish(l, rt);
        return -1;
    }
    l->next_offset = l->begin;
    return 0;
}

/* From the beginning: what the log and the images have of it. */
static int first_possible(struct lane *l, const struct runtime *rt, struct reader *r, int64_t low,
                          struct image_past *past, struct err *e)
{
    l->from = low;
    if (look_back(l, rt, r, low, past, e) != 0)
        return -1;
    if (can_begin(past, low) || past->oldest < 0)
        return 0;
    l->from = past->oldest;
    image_past_finish(past);
    return look_back(l, rt, r, low, past, e);
}

int lane_begin(struct lane *l, const struct runtime *rt, struct reader *r,
               const struct range *range, int32_t partition, struct err *e)
{
    *l = (struct lane){.partition = partition};
    struct range_log log = {0};
    if (ask_log(rt, r, range, partition, &log, e) != 0)
        return -1;
    if (range_plan(range, &log, &l->from, &l->end, e) != 0)
        return err_prefix(e, "%s partition %d", rt->ops->input, partition);
    l->end = l->end < log.high ? l->end : log.high;
    struct image_past past = {0};
    int ret = l->from == RANGE_START_EARLIEST ? first_possible(l, rt, r, log.low, &past, e)
                                              : look_back(l, rt, r, log.low, &past, e);
    if (ret == 0)
        ret = can_begin(&past, log.low) ? take_image(l, rt, &past, e)
                                        : cannot_begin(l, rt, &past, log.low, e);
    image_past_finish(&past);
    if (ret == 0)
        log_info(rt->id, "partition to replay", LOG_INT("partition", partition),
                 LOG_INT("image_at", l->begin), LOG_INT("from", l->from), LOG_INT("end", l->end));
    return ret;
}

void lane_finish(struct lane *l, const struct runtime *rt)
{
    rt->ops->destroy(l->state);
    l->state = NULL;
}

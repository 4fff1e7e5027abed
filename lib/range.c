#include "range.h"

#include "slice.h"
#include "timefmt.h"

static int parse_time(const char *option, const char *text, int64_t *ret_us, struct err *e)
{
    *ret_us = RANGE_NO_TIME;
    if (*text == '\0' || time_parse(slice_of(text), ret_us, e) == 0)
        return 0;
    e->code = ERR_CONF;
    return err_prefix(e, "--%s", option);
}

static int check_offsets(const struct range *r, int64_t partition, struct err *e)
{
    if ((r->from_offset >= 0 || r->to_offset >= 0) && partition < 0)
        return err_set(e, ERR_CONF, "--from-offset and --to-offset need one partition");
    if (r->to_offset >= 0 && r->from_offset > r->to_offset)
        return err_set(e, ERR_CONF, "--to-offset %lld lies before --from-offset %lld",
                       (long long)r->to_offset, (long long)r->from_offset);
    return 0;
}

static int check_times(const struct range *r, int64_t now_us, struct err *e)
{
    if (r->to_us > now_us)
        return err_set(e, ERR_CONF,
                       "--to-time has not come yet; without it, what comes is printed");
    if (r->to_us != RANGE_NO_TIME && r->from_us >= r->to_us)
        return err_set(e, ERR_CONF, "--to-time must lie behind --from-time");
    return 0;
}

int range_init(struct range *r, const struct range_wishes *w, int64_t now_us, struct err *e)
{
    *r = (struct range){.from_beginning = w->from_beginning,
                        .exit_at_end = w->exit_at_end,
                        .from_offset = w->from_offset,
                        .to_offset = w->to_offset};
    if (parse_time("from-time", w->from_time, &r->from_us, e) != 0 ||
        parse_time("to-time", w->to_time, &r->to_us, e) != 0)
        return -1;
    if (r->from_beginning + (r->from_offset >= 0) + (r->from_us != RANGE_NO_TIME) > 1)
        return err_set(e, ERR_CONF,
                       "one of --from-beginning, --from-offset and --from-time, not several");
    if (r->to_offset >= 0 && r->to_us != RANGE_NO_TIME)
        return err_set(e, ERR_CONF, "one of --to-offset and --to-time, not both");
    if (r->to_us != RANGE_NO_TIME && !r->from_beginning && r->from_offset < 0 &&
        r->from_us == RANGE_NO_TIME)
        return err_set(e, ERR_CONF,
                       "--to-time needs a beginning: --from-time, --from-offset or "
                       "--from-beginning");
    return check_offsets(r, w->partition, e) != 0 ? -1 : check_times(r, now_us, e);
}

static int64_t start_of(const struct range *r, const struct range_log *log)
{
    if (r->from_beginning)
        return RANGE_START_EARLIEST;
    if (r->from_us != RANGE_NO_TIME)
        return log->at_from;
    return r->from_offset >= 0 ? r->from_offset : RANGE_START_LATEST;
}

static int64_t end_of(const struct range *r, const struct range_log *log)
{
    int64_t end = r->exit_at_end ? log->high : RANGE_FOR_EVER;
    int64_t asked = r->to_us != RANGE_NO_TIME ? log->at_to
                    : r->to_offset >= 0       ? r->to_offset + 1
                                              : RANGE_FOR_EVER;
    return asked < end ? asked : end;
}

int range_plan(const struct range *r, const struct range_log *log, int64_t *ret_start,
               int64_t *ret_end, struct err *e)
{
    int64_t start = start_of(r, log);
    if (start >= 0 && (start < log->low || start > log->high))
        return err_set(e, ERR_STATE, "it has offsets %lld to %lld, no %lld", (long long)log->low,
                       (long long)log->high - 1, (long long)start);
    *ret_start = start;
    *ret_end = end_of(r, log);
    return 0;
}

bool range_holds(const struct range *r, int64_t time_us)
{
    return (r->from_us == RANGE_NO_TIME || time_us >= r->from_us) &&
           (r->to_us == RANGE_NO_TIME || time_us < r->to_us);
}

#include "inputs.h"

bool inputs_number(struct slice text, int64_t *ret)
{
    int64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || n > (INT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *ret = n;
    return text.len > 0;
}

/* What stands before the mark; *rest is what stands behind it. False: there is no mark. */
static bool cut_at(struct slice text, char mark, struct slice *ret, struct slice *rest)
{
    const char *at = text.len ? memchr(text.data, mark, text.len) : NULL;
    if (!at)
        return false;
    size_t n = (size_t)(at - text.data);
    *ret = slice_make(text.data, n);
    *rest = slice_make(at + 1, text.len - n - 1);
    return true;
}

static int parse_one(struct slice item, struct inputs_range *ret, struct err *e)
{
    struct slice partition;
    struct slice from;
    struct slice rest;
    int64_t number = 0;
    ret->to = INT64_MAX;
    if (!cut_at(item, ':', &partition, &rest) || !cut_at(rest, '-', &from, &rest) ||
        !inputs_number(partition, &number) || number > INT32_MAX ||
        !inputs_number(from, &ret->from) || (rest.len > 0 && !inputs_number(rest, &ret->to)))
        return err_set(e, ERR_CONF,
                       "--inputs: \"%.*s\" is not PARTITION:FROM-TO or PARTITION:FROM-",
                       (int)(item.len < 60 ? item.len : 60), item.data);
    if (ret->to < ret->from)
        return err_set(e, ERR_CONF, "--inputs: %.*s ends before it begins",
                       (int)(item.len < 60 ? item.len : 60), item.data);
    ret->partition = (int32_t)number;
    return 0;
}

static const struct inputs_range *find(const struct inputs *in, int32_t partition)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->ranges[i].partition == partition)
            return &in->ranges[i];
    return NULL;
}

int inputs_parse(const char *text, struct inputs *ret, struct err *e)
{
    struct slice rest = slice_of(text);
    ret->n = 0;
    while (rest.len > 0) {
        struct slice item = rest;
        struct inputs_range range;
        bool more = cut_at(rest, ',', &item, &rest);
        if (parse_one(item, &range, e) != 0)
            return -1;
        if (find(ret, range.partition))
            return err_set(e, ERR_CONF, "--inputs: partition %d is there twice", range.partition);
        if (ret->n == INPUTS_MAX)
            return err_set(e, ERR_CONF, "--inputs: more than %d partitions", INPUTS_MAX);
        ret->ranges[ret->n++] = range;
        if (!more)
            return 0;
        if (rest.len == 0)
            return err_set(e, ERR_CONF, "--inputs: nothing stands behind the last comma");
    }
    return 0;
}

const struct inputs_range *inputs_of(const struct inputs *in, int32_t partition)
{
    static const struct inputs_range everything = {.to = INT64_MAX};
    return in->n == 0 ? &everything : find(in, partition);
}

#include "fill.h"

#include <stdbool.h>

/* The first window at or behind a time that lies in (w->from_us, w->to_us]. */
static int64_t window_from(const struct windows *w, int64_t time_us)
{
    int64_t behind = (time_us - w->from_us) % w->length_us;
    return behind ? time_us + w->length_us - behind : time_us;
}

struct windows windows_between(const struct windows *all, int64_t start_us, int64_t end_us)
{
    struct windows w = *all;
    if (w.to_us > w.from_us) /* whole windows only */
        w.to_us -= (w.to_us - w.from_us) % w.length_us;
    if (start_us >= w.to_us || end_us <= w.from_us || w.from_us >= w.to_us) {
        w.to_us = w.from_us;
        return w;
    }
    if (end_us < w.to_us)
        w.to_us = window_from(&w, end_us);
    if (start_us > w.from_us)
        w.from_us = window_from(&w, start_us);
    return w;
}

int fill_forward(const struct windows *w, const int64_t *open_us, int n, int limit,
                 struct fill_slot *ret)
{
    int i = 0;
    int len = 0;
    int64_t next_us = w->from_us;
    while (len < limit && (i < n || next_us < w->to_us)) {
        bool is_record = i < n && (next_us >= w->to_us || open_us[i] <= next_us);
        int64_t at_us = is_record ? open_us[i] : next_us;
        ret[len++] = (struct fill_slot){at_us, is_record ? i++ : -1};
        if (at_us == next_us)
            next_us += w->length_us;
    }
    return len;
}

static void reverse(struct fill_slot *slots, int n)
{
    for (int i = 0, k = n - 1; i < k; i++, k--) {
        struct fill_slot held = slots[i];
        slots[i] = slots[k];
        slots[k] = held;
    }
}

int fill_backward(const struct windows *w, const int64_t *open_us, int n, int limit,
                  struct fill_slot *ret)
{
    int i = n - 1;
    int len = 0;
    int64_t next_us = w->to_us - w->length_us;
    while (len < limit && (i >= 0 || next_us >= w->from_us)) {
        bool is_record = i >= 0 && (next_us < w->from_us || open_us[i] >= next_us);
        int64_t at_us = is_record ? open_us[i] : next_us;
        ret[len++] = (struct fill_slot){at_us, is_record ? i-- : -1};
        if (at_us == next_us)
            next_us -= w->length_us;
    }
    reverse(ret, len);
    return len;
}

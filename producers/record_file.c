#include "record_file.h"

#include "json.h"
#include "log.h"
#include "timefmt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_BYTES = 8 * EXCHANGE_FRAME_MAX };

struct recorder {
    FILE *file; /* NULL once it failed */
    char *path;
    struct metric *failures;
    struct strbuf line;
};

struct recorder *recorder_open(const char *path, struct metric *failures, struct err *e)
{
    struct recorder *r = calloc(1, sizeof(*r));
    if (r)
        r->path = strdup(path);
    if (!r || !r->path) {
        free(r);
        (void)err_set(e, ERR_NOMEM, "recorder: out of memory");
        return NULL;
    }
    strbuf_init(&r->line, LINE_MAX_BYTES);
    r->failures = failures;
    r->file = fopen(path, "a");
    if (r->file)
        return r;
    (void)err_set(e, ERR_IO, "record: %.150s: %s", path, strerror(errno));
    recorder_close(r);
    return NULL;
}

static void fail(struct recorder *r, const char *what)
{
    log_error("recorder", "recording ends here; the feed goes on", LOG_STR("file", r->path),
              LOG_STR("error", what));
    metric_inc(r->failures, 1);
    (void)fclose(r->file); /* it has failed already */
    r->file = NULL;
}

void recorder_frame(struct recorder *r, const struct frame *f)
{
    if (!r || !r->file)
        return;
    strbuf_reset(&r->line);
    if (strbuf_addf(&r->line, "{\"ts\":%" PRId64 ".%06" PRId64 ",\"frame\":",
                    f->receive_us / US_PER_S, f->receive_us % US_PER_S) != 0 ||
        json_add_string(&r->line, f->text) != 0 || strbuf_adds(&r->line, "}\n") != 0) {
        fail(r, "no memory for a line");
        return;
    }
    if (fwrite(r->line.data, 1, r->line.len, r->file) != r->line.len)
        fail(r, strerror(errno));
}

void recorder_flush(struct recorder *r)
{
    if (r && r->file && fflush(r->file) != 0)
        fail(r, strerror(errno));
}

void recorder_close(struct recorder *r)
{
    if (!r)
        return;
    recorder_flush(r);
    if (r->file && fclose(r->file) != 0)
        log_error("recorder", "the last frames may not be in the file", LOG_STR("file", r->path),
                  LOG_STR("error", strerror(errno)));
    strbuf_finish(&r->line);
    free(r->path);
    free(r);
}

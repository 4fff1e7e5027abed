/**
 * cw-api: candles, trades, quotes, arbitrage, symbols and what is known to be missing, over REST.
 */
#include "datafile.h"
#include "log.h"
#include "pool.h"
#include "program.h"
#include "rest/dispatch.h"
#include "rest/server.h"
#include "watch.h"

struct settings {
    char *listen;
    char *database_url;
    int64_t connections;
    char *cors_origin;
    char *assets;
};

static const struct conf_opt options[] = {
    {"listen", CONF_STR, offsetof(struct settings, listen), .def = "127.0.0.1:8080",
     .help = "host:port to serve on"},
    {"database.url", CONF_STR, offsetof(struct settings, database_url),
     .def = "postgresql:///candlewick", .secret = true,
     .help = "the database: postgresql://user:password@host:port/name"},
    {"connections", CONF_INT, offsetof(struct settings, connections), .def = "4", .min = 1,
     .max = POOL_MAX, .help = "most database connections at once"},
    {"cors.origin", CONF_STR, offsetof(struct settings, cors_origin),
     .help = "sites whose pages may read answers: *, or origins, comma-separated"},
    {"assets", CONF_STR, offsetof(struct settings, assets),
     .help = "JSON file of assets and their names; empty: the one that comes with the program"},
    {NULL}};

static const struct program_about about = {
    .conf = {.name = "cw-api",
             .summary =
                 "Serves candles, trades, quotes, arbitrage and gaps from PostgreSQL over REST.",
             .args = "",
             .details = "GET / lists the endpoints, /openapi.json describes them. Every error is "
                        "application/problem+json.\n"},
    .health_listen = "127.0.0.1:9104",
    .metrics = {&pool_metric_table, &dispatch_metric_table}};

enum { DRAIN_MS = 3000, ASSETS_FILE_MAX = 1 << 20 };

/* NULL with *e. */
static struct assets *read_assets(const char *path, struct err *e)
{
    char found[PATH_MAX];
    if (*path == '\0') {
        if (datafile_find("assets.json", "deploy/assets.json", found, e) != 0)
            return NULL;
        path = found;
    }
    struct strbuf text = STRBUF_INIT(ASSETS_FILE_MAX);
    struct assets *assets = NULL;
    if (datafile_read(path, &text, e) == 0) {
        assets = assets_parse(strbuf_slice(&text), e);
        if (!assets)
            (void)err_prefix(e, "%.100s", path);
    }
    strbuf_finish(&text);
    return assets;
}

static void serve_until_stopped(struct program *p, const struct settings *s, struct rest *rest)
{
    health_ready(p->health, "rest");
    log_info("rest", "listening", LOG_STR("on", s->listen));
    while (program_pause(p, 1000)) {
    }
    log_info("rest", "stopping");
    rest_drain(rest, DRAIN_MS);
}

static int serve(struct program *p, const struct settings *s, const struct assets *assets,
                 struct err *e)
{
    int r = -1;
    health_wait(p->health, "rest", "not listening yet");
    struct pool *pool = pool_create(s->database_url, (int)s->connections, p->metrics, e);
    if (!pool)
        return -1;
    struct watch *watch = watch_start(pool, p->health, e);
    if (!watch)
        goto out_pool;
    struct rest_conf conf = {s->listen, s->cors_origin, pool, assets, p->metrics};
    struct rest *rest = rest_start(&conf, e);
    if (rest) {
        serve_until_stopped(p, s, rest);
        r = 0;
    }
    pool_stop(pool); /* whoever still waits for the database is told so */
    rest_stop(rest);
    watch_stop(watch);
out_pool:
    pool_destroy(pool);
    return r;
}

static int run(struct program *p, const struct settings *s, struct err *e)
{
    struct assets *assets = read_assets(s->assets, e);
    int r = assets ? serve(p, s, assets, e) : -1;
    assets_destroy(assets);
    return r;
}

int main(int argc, char **argv)
{
    struct settings s;
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &s, argc, argv);
    if (r == PROGRAM_RUN)
        r = program_end(&p, run(&p, &s, &e), &e);
    program_finish(&p);
    return r;
}

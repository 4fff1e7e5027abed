/* A trade to bytes and back: our generated codec beside avro-c's generic values. */
#include "bench.h"
#include "record.h"

#include <avro.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODY_MAX = 1024 };

struct codec {
    struct trade trade;
    struct strbuf body;
    avro_value_iface_t *iface;
    avro_value_t value;
    char bytes[BODY_MAX];
};

static void die(const char *what)
{
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static void encode(void *ctx)
{
    struct codec *c = ctx;
    strbuf_reset(&c->body);
    if (trade_encode(&c->trade, &c->body, NULL) != 0)
        die("encode");
}

static void decode(void *ctx)
{
    struct codec *c = ctx;
    struct trade t;
    if (trade_decode(strbuf_slice(&c->body), &t, NULL, NULL) != 0)
        die("decode");
}

static void avro_decode(void *ctx)
{
    struct codec *c = ctx;
    avro_reader_t reader = avro_reader_memory(c->body.data, (int64_t)c->body.len);
    if (!reader || avro_value_read(reader, &c->value) != 0)
        die("avro-c decode");
    avro_reader_free(reader);
}

static void avro_encode(void *ctx)
{
    struct codec *c = ctx;
    avro_writer_t writer = avro_writer_memory(c->bytes, sizeof(c->bytes));
    if (!writer || avro_value_write(writer, &c->value) != 0)
        die("avro-c encode");
    avro_writer_free(writer);
}

static void prepare(struct codec *c)
{
    avro_schema_t schema = NULL;
    const char *text = record_schema(RECORD_TRADE)->text;
    c->trade = (struct trade){.exchange = slice_of("binance"),
                              .symbol = slice_of("BTC-USDT"),
                              .trade_id = slice_of("4156456888"),
                              .has_sequence = true,
                              .sequence = INT64_C(4156456888),
                              .side = SIDE_BUY,
                              .exchange_time_us = INT64_C(1763683200123000),
                              .receive_time_us = INT64_C(1763683200154321),
                              .origin = TRADE_ORIGIN_LIVE};
    if (decimal_parse(slice_of("95804.15"), &c->trade.price, NULL) != 0 ||
        decimal_parse(slice_of("0.00216"), &c->trade.amount, NULL) != 0 ||
        avro_schema_from_json_length(text, strlen(text), &schema) != 0)
        die("set-up");
    c->iface = avro_generic_class_from_schema(schema);
    if (!c->iface || avro_generic_value_new(c->iface, &c->value) != 0)
        die("set-up of avro-c");
    avro_schema_decref(schema);
}

int main(void)
{
    struct codec c = {.body = STRBUF_INIT(BODY_MAX)};
    prepare(&c);
    const struct bench_figure ours_encode = bench_run("codec.trade.encode", encode, &c);
    const struct bench_figure ours_decode = bench_run("codec.trade.decode", decode, &c);
    const struct bench_figure theirs_decode = bench_run("avro-c decode", avro_decode, &c);
    const struct bench_figure theirs_encode = bench_run("avro-c encode", avro_encode, &c);
    bench_print(&ours_encode, &theirs_encode);
    bench_print(&ours_decode, &theirs_decode);
    avro_value_decref(&c.value);
    avro_value_iface_decref(c.iface);
    strbuf_finish(&c.body);
    return 0;
}

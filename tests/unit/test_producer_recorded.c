/* Recorded frames: the lines of a file, their reading and writing. */
#include "lines.h"
#include "record_file.h"
#include "recorded.h"

#include "log.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* --- lines ----------------------------------------------------------------------------------- */

static void make_file(char path[32], const char *bytes, size_t len)
{
    (void)snprintf(path, 32, "/tmp/cw-replay-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

static void short_lines(void **state)
{
    (void)state;
    static const char text[] = "one\n\nthree\r\nfour";
    static const char *const wanted[] = {"one", "", "three\r", "four"};
    char path[32];
    struct lines l;
    struct slice line;
    struct err e = {0};
    make_file(path, text, sizeof(text) - 1);
    assert_int_equal(lines_open(&l, path, &e), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(lines_next(&l, &line, &e), 1);
        assert_true(slice_is(line, wanted[i]));
        assert_int_equal(l.number, i + 1);
    }
    assert_int_equal(lines_next(&l, &line, &e), 0);
    lines_close(&l);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(lines_open(&l, path, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, path));
}

/* Lines of all lengths around the size of a read, and one that is too long in the middle. */
static void long_lines(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(64 << 20);
    static const size_t lengths[] = {
        65535, 65536, 65537, 1, LINES_MAX_BYTES, 3, LINES_MAX_BYTES + 1, 70000, 2};
    enum { N = sizeof(lengths) / sizeof(lengths[0]) };
    char path[32];
    struct lines l;
    struct slice line;
    struct err e = {0};
    for (int i = 0; i < N; i++) {
        assert_int_equal(strbuf_reserve(&b, lengths[i] + 1), 0);
        memset(b.data + b.len, 'a' + i, lengths[i]);
        b.len += lengths[i];
        assert_int_equal(strbuf_addc(&b, '\n'), 0);
    }
    make_file(path, b.data, b.len);
    strbuf_finish(&b);
    assert_int_equal(lines_open(&l, path, &e), 0);
    for (int i = 0; i < N; i++) {
        int r = lines_next(&l, &line, &e);
        assert_int_equal(l.number, i + 1);
        assert_int_equal(r, lengths[i] > LINES_MAX_BYTES ? -1 : 1);
        if (r == 1) {
            assert_int_equal(line.len, lengths[i]);
            assert_true(line.data[0] == 'a' + i && line.data[line.len - 1] == 'a' + i);
        } else {
            assert_int_equal(e.code, ERR_PROTO);
        }
    }
    assert_int_equal(lines_next(&l, &line, &e), 0);
    lines_close(&l);
    assert_int_equal(unlink(path), 0);
}

/* --- recorded lines -------------------------------------------------------------------------- */

static const struct {
    const char *line;
    const char *is; /* time, s when sent, frame; or the error */
} recorded[] = {
    {"{\"ts\":1617647603.4249449,\"frame\":\"{\\\"a\\\":\\\"\\u00e9\\\"}\"}",
     "1617647603424944 {\"a\":\"\xc3\xa9\"}"},
    {"{\"frame\":\"\",\"ts\":0}", "0 "},
    {"{\"ts\":7.5,\"dir\":\"recv\",\"kind\":[1],\"frame\":\"x\"}", "7500000 x"},
    {"{\"ts\":7.5,\"dir\":\"send\",\"frame\":\"x\"}", "7500000 s x"},
    {"", "no JSON object"},
    {"x", "no JSON object"},
    {"{\"ts\":1", "cut or malformed at byte 7"},
    {"{\"ts\":1}", "no frame"},
    {"{\"frame\":\"x\"}", "no ts"},
    {"{\"ts\":\"1\",\"frame\":\"x\"}", "ts is not of its type"},
    {"{\"ts\":1,\"frame\":{}}", "frame is not of its type"},
    {"{\"ts\":-1,\"frame\":\"x\"}", "ts is no time: -1"},
    {"{\"ts\":1e30,\"frame\":\"x\"}", "ts is no time: 1e30"},
    {"{\"ts\":1,\"frame\":\"\\q\"}", "frame: no JSON escape at byte 2"},
};

static void recorded_lines(void **state)
{
    (void)state;
    struct strbuf text = STRBUF_INIT(1000);
    for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
        struct recorded rec;
        struct err e = {0};
        char is[300];
        if (recorded_parse(slice_of(recorded[i].line), &text, &rec, &e) == 0) {
            (void)snprintf(is, sizeof(is), "%" PRId64 " %s%.*s", rec.frame.receive_us,
                           rec.sent ? "s " : "", SLICE_ARG(rec.frame.text));
        } else {
            assert_int_equal(e.code, ERR_PROTO);
            (void)snprintf(is, sizeof(is), "%s", e.text);
        }
        assert_string_equal(is, recorded[i].is);
    }
    strbuf_finish(&text);
}

/* What is recorded is read back as it was. */
static void there_and_back(void **state)
{
    (void)state;
    static const char *const frames[] = {"{\"e\":\"trade\"}", "", "\"\\\n\t\x01 \xe2\x82\xac",
                                         "plain"};
    struct metric failures = {0};
    struct err e = {0};
    struct lines l;
    struct slice line;
    struct strbuf text = STRBUF_INIT(1000);
    char path[32];
    make_file(path, "", 0);
    struct recorder *r = recorder_open(path, &failures, &e);
    assert_non_null(r);
    for (int i = 0; i < 4; i++)
        recorder_frame(r, &(struct frame){slice_of(frames[i]), 1617647603000001 + i});
    recorder_close(r);
    assert_int_equal(metric_get(&failures), 0);
    assert_int_equal(lines_open(&l, path, &e), 0);
    for (int i = 0; i < 4; i++) {
        struct recorded rec;
        assert_int_equal(lines_next(&l, &line, &e), 1);
        assert_int_equal(recorded_parse(line, &text, &rec, &e), 0);
        assert_int_equal(rec.frame.receive_us, 1617647603000001 + i);
        assert_true(slice_is(rec.frame.text, frames[i]));
    }
    assert_int_equal(lines_next(&l, &line, &e), 0);
    lines_close(&l);
    strbuf_finish(&text);
    assert_int_equal(unlink(path), 0);
}

/* A disk that is full ends the recording, and nothing else. */
static void disk_full(void **state)
{
    (void)state;
    struct metric failures = {0};
    struct err e = {0};
    if (access("/dev/full", W_OK) != 0)
        skip();
    struct recorder *r = recorder_open("/dev/full", &failures, &e);
    assert_non_null(r);
    recorder_frame(r, &(struct frame){slice_of("x"), 1});
    recorder_flush(r);
    assert_int_equal(metric_get(&failures), 1);
    recorder_frame(r, &(struct frame){slice_of("y"), 2});
    recorder_flush(r);
    assert_int_equal(metric_get(&failures), 1);
    recorder_close(r);
    assert_null(recorder_open("/no/such/folder/file", &failures, &e));
    assert_int_equal(e.code, ERR_IO);
    recorder_frame(NULL, NULL); /* nothing is recorded */
    recorder_flush(NULL);
    recorder_close(NULL);
}

int main(void)
{
    log_init(LOG_LEVEL_ERROR, LOG_FORMAT_JSON);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_lines),    cmocka_unit_test(long_lines),
        cmocka_unit_test(recorded_lines), cmocka_unit_test(there_and_back),
        cmocka_unit_test(disk_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "configuration_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void configuration_case_defaults(const struct fold_ops *ops, void *options)
{
    memset(options, 0, ops->options_size);
    for (const struct conf_opt *o = ops->options; o->key; o++) {
        char *at = (char *)options + o->offset;
        if (o->type == CONF_INT)
            *(int64_t *)at = strtoll(o->def, NULL, 10);
        else
            *(const char **)at = o->def ? o->def : "";
    }
}

void configuration_case_make(const struct fold_ops *ops, void *options, struct configuration *ret)
{
    struct err e = {0};
    if (ops->prepare(options, &e) != 0 || configuration_make(ret, ops, options, &e) != 0)
        fail_msg("%s", e.text);
    assert_true(configuration_is_digest(slice_of(ret->digest)));
}

void configuration_case_expect(const struct fold_ops *ops, void *options,
                               const struct configuration *before, bool same, const char *what)
{
    struct configuration now;
    configuration_case_make(ops, options, &now);
    bool text = slice_eq(strbuf_slice(&now.text), strbuf_slice(&before->text));
    if (text != same || (strcmp(now.digest, before->digest) == 0) != same)
        fail_msg("%s: %s", what, same ? "changes the digest" : "does not change the digest");
    configuration_finish(&now);
}

/* Another value that is as good. */
static const char *other_text(const char *key)
{
    static const char *const others[][2] = {{"intervals", "1s,1m"},
                                            {"open.bps", "6"},
                                            {"close.bps", "1.5"},
                                            {"suspect.bps", "499"},
                                            {"min.notional", "USD=10,USDT=11,*=0"}};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(others[i][0], key) == 0)
            return others[i][1];
    fail_msg("%s: what else could it be?", key);
    return NULL;
}

void configuration_case_change_each(const struct fold_ops *ops, void *options, const char *but)
{
    struct configuration base;
    configuration_case_make(ops, options, &base);
    configuration_case_expect(ops, options, &base, true, "nothing");
    for (const struct conf_opt *o = ops->options; o->key; o++) {
        char *at = (char *)options + o->offset;
        if (but && strcmp(o->key, but) == 0)
            continue;
        if (o->type == CONF_INT) {
            *(int64_t *)at += 1;
            configuration_case_expect(ops, options, &base, false, o->key);
            *(int64_t *)at -= 1;
            continue;
        }
        const char *was = *(const char **)at;
        *(const char **)at = other_text(o->key);
        configuration_case_expect(ops, options, &base, false, o->key);
        *(const char **)at = was;
    }
    configuration_case_expect(ops, options, &base, true, "all as it was");
    configuration_finish(&base);
}

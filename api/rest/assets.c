#include "field.h"
#include "list.h"
#include "query_instruments.h"

#include "json.h"

static int add_aliases(struct strbuf *body, const struct asset *a)
{
    if (field_json(body, "aliases", slice_of("[")) != 0)
        return -1;
    for (size_t i = 0; a && i < a->n_aliases; i++)
        if ((i > 0 && strbuf_addc(body, ',') != 0) ||
            json_add_string(body, slice_of(a->aliases[i])) != 0)
            return -1;
    return strbuf_addc(body, ']');
}

/* a: what is known of it, or NULL. */
static int add_asset(struct strbuf *body, const struct asset_row *row, const struct asset *a,
                     struct err *e)
{
    bool ok = strbuf_addc(body, '{') == 0 && field_text(body, "asset", true, row->asset) == 0 &&
              field_text(body, "name", a, slice_of(a ? a->name : "")) == 0 &&
              add_aliases(body, a) == 0 && field_int(body, "symbols", true, row->symbols) == 0 &&
              strbuf_addc(body, '}') == 0;
    return ok ? 0 : strbuf_full(body, "assets", e);
}

static int render(const struct request *req, struct strbuf *body, const struct rows *rows,
                  struct err *e)
{
    const struct list_field none[] = {{NULL}};
    struct asset_row row;
    struct place last;
    int n = rows_count(rows);
    if (list_begin(body, none, "assets", e) != 0)
        return -1;
    for (int i = 0; i < n; i++)
        if (rows_asset(rows, i, &row, e) != 0 || list_row(body, i, e) != 0 ||
            add_asset(body, &row, assets_get(req->assets, row.asset), e) != 0)
            return -1;
    bool more = n > 0 && rows_more(rows);
    if (more && asset_place(&row, &last, e) != 0)
        return -1;
    return list_end(body, more ? &last : NULL, "assets", e);
}

int answer_assets(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    struct page page;
    params_page(req->target, PAGE_LIMIT_MAX, &page, p);
    if (p->kind != PROBLEM_NONE || list_check_cursor(&page, "assets", p) != 0)
        return -1;
    struct rows *rows = query_assets(req->pool, assets_array(req->assets), &page, e);
    int r = rows ? render(req, body, rows, e) : -1;
    rows_close(rows);
    return r;
}

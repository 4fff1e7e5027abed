#include "openapi_gen.h"
#include "route.h"

int answer_openapi(const struct request *req, struct strbuf *body, struct problem *p, struct err *e)
{
    (void)req;
    if (p->kind != PROBLEM_NONE)
        return -1;
    if (strbuf_add(body, openapi_text, sizeof(openapi_text)) != 0)
        return strbuf_full(body, "openapi", e);
    return 0;
}

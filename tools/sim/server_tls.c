#include "server_internal.h"

#include "timefmt.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WRONG_NAME "wrong.invalid"

enum { VALID_S = 30 * 86400 };

/* What a client gets in place of the right one. */
struct tls {
    X509 *cert;
    EVP_PKEY *key;
};

/* --- the wrong certificate ------------------------------------------------------------------- */

static bool name_it(X509 *cert)
{
    X509V3_CTX ctx;
    X509_NAME *name = X509_get_subject_name(cert);
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, "DNS:" WRONG_NAME);
    bool good = names && X509_add_ext(cert, names, -1) == 1 &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                           (const unsigned char *)WRONG_NAME, -1, -1, 0) == 1 &&
                X509_set_issuer_name(cert, name) == 1;
    X509_EXTENSION_free(names);
    return good;
}

/* Of another name, signed by itself. */
static bool make_wrong(struct tls *t)
{
    t->key = EVP_EC_gen("P-256");
    t->cert = X509_new();
    return t->key && t->cert && X509_set_version(t->cert, 2) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(t->cert), 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(t->cert), -VALID_S) &&
           X509_gmtime_adj(X509_getm_notAfter(t->cert), VALID_S) && name_it(t->cert) &&
           X509_set_pubkey(t->cert, t->key) == 1 && X509_sign(t->cert, t->key, EVP_sha256()) > 0;
}

static FILE *open_pem(const char *path, const char *option, struct err *e)
{
    FILE *fp = fopen(path, "r");
    if (!fp)
        (void)err_set(e, ERR_IO, "%s %s: %s", option, path, strerror(errno));
    return fp;
}

static int read_wrong(const struct server_config *config, struct tls *t, struct err *e)
{
    FILE *fp = open_pem(config->tls_wrong_cert, "tls.wrong.cert", e);
    if (!fp)
        return -1;
    t->cert = PEM_read_X509(fp, NULL, NULL, NULL);
    (void)fclose(fp); /* it was only read */
    fp = open_pem(config->tls_wrong_key, "tls.wrong.key", e);
    if (!fp)
        return -1;
    t->key = PEM_read_PrivateKey(fp, NULL, NULL, NULL);
    (void)fclose(fp); /* likewise */
    if (!t->cert || !t->key || X509_check_private_key(t->cert, t->key) != 1)
        return err_set(e, ERR_IO,
                       "tls.wrong.cert %s, tls.wrong.key %s: not a certificate and its key",
                       config->tls_wrong_cert, config->tls_wrong_key);
    return 0;
}

static int open_wrong(struct server *s, struct err *e)
{
    const struct server_config *config = &s->config;
    s->tls = calloc(1, sizeof(*s->tls));
    if (!s->tls)
        return err_set(e, ERR_NOMEM, "tls: out of memory");
    if (*config->tls_wrong_cert)
        return read_wrong(config, s->tls, e);
    if (!make_wrong(s->tls))
        return err_set(e, ERR_NOMEM, "tls: cannot make a certificate");
    return 0;
}

void tls_destroy(struct tls *t)
{
    if (!t)
        return;
    X509_free(t->cert);
    EVP_PKEY_free(t->key);
    free(t);
}

/* --- handshakes ------------------------------------------------------------------------------ */

/* For each new connection: 1 goes on, 0 ends it. */
static int choose(SSL *ssl, void *server)
{
    struct server *s = server;
    uint64_t id = 0;
    if (!faults_strike(s->parts.faults, FAULT_CERTIFICATE, slice_make(NULL, 0), &id))
        return 1;
    faults_count(s->parts.faults, id, 1);
    SSL_certs_clear(ssl); /* else a client could still choose the right one, of another kind */
    return SSL_use_certificate(ssl, s->tls->cert) == 1 && SSL_use_PrivateKey(ssl, s->tls->key) == 1;
}

int tls_loaded(struct server *s, void *ssl_ctx)
{
    SSL_CTX *ctx = ssl_ctx;
    if (!s->tls)
        return 0;
    SSL_CTX_set_cert_cb(ctx, choose, s);
    /* Who comes back with a session of before would not be shown a certificate. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* returns the mode before */
    return SSL_CTX_set_num_tickets(ctx, 0) == 1 ? 0 : -1;
}

/* --- configuration --------------------------------------------------------------------------- */

static int check_file(const char *path, const char *option, struct err *e)
{
    if (access(path, R_OK) != 0)
        return err_set(e, ERR_IO, "%s %s: %s", option, path, strerror(errno));
    return 0;
}

int tls_use(struct server *s, struct lws_context_creation_info *info, struct err *e)
{
    const struct server_config *config = &s->config;
    if (!*config->tls_cert && !*config->tls_key)
        return 0;
    if (!*config->tls_cert || !*config->tls_key)
        return err_set(e, ERR_CONF, "tls.cert and tls.key belong together");
    if (!*config->tls_wrong_cert != !*config->tls_wrong_key)
        return err_set(e, ERR_CONF, "tls.wrong.cert and tls.wrong.key belong together");
    if (check_file(config->tls_cert, "tls.cert", e) != 0 ||
        check_file(config->tls_key, "tls.key", e) != 0)
        return -1;
    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info->ssl_cert_filepath = config->tls_cert;
    info->ssl_private_key_filepath = config->tls_key;
    return open_wrong(s, e);
}

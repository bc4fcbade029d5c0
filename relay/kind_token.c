/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens: the relay asks their issuers, which pedigreed names with each token, and says who they
 *are.
 *
 *	{"token":"…","issuers":[{"issuer":"https://…","audience":"…"}]}
 *	{"issuer":"https://…","audience":"…","name":"<hex>","issued":1,"expires":2,"claims":{…}}
 */
#include "oidc/token.h"
#include "relay/kinds.h"
#include "trust/issuer.h"
#include "util/codec.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/size.h"

struct token_part {
	struct pdg_http_options http;
	struct pdg_issuers *issuers;
};

static int open_part(const struct pdg_relay_common *common, const json_t *setup, void **out,
		     struct pdg_error *err)
{
	struct token_part *s = pdg_calloc(1, sizeof(*s));
	int rc;

	(void)setup;
	if (!s)
		return pdg_nomem(err);
	s->http.proxy = common->proxy;
	s->http.given_up = common->given_up;
	rc = pdg_issuers_new(&s->http, &pdg_clock_system, &s->issuers, err);
	if (rc < 0)
		free(s);
	else
		*out = s;
	return rc;
}

static int read_pins(const json_t *body, struct pdg_pinned **out, size_t *out_n,
		     struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_pinned *v = NULL;
	const json_t *list = NULL;
	size_t i;
	int rc = pdg_json_arr(body, "issuers", &list, err);

	if (rc < 0)
		return rc;
	v = pdg_calloc(pdg_json_len(list) + 1, sizeof(*v));
	if (!v)
		return pdg_nomem(err);
	for (i = 0; rc == 0 && i < pdg_json_len(list); i++) {
		rc = pdg_json_str(pdg_json_at(list, i), "issuer", &v[i].issuer, err);
		if (rc == 0)
			rc = pdg_json_str(pdg_json_at(list, i), "audience", &v[i].audience, err);
		if (rc == 0 && pdg_issuer_fault(v[i].issuer))
			rc = pdg_fail(err, PDG_E_USAGE, "an issuer that may not be asked");
	}
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(v);
	*out_n = pdg_json_len(list);
	return 0;
}

static int write_answer(const struct pdg_token *t, struct pdg_buf *out, struct pdg_error *err)
{
	char name[2 * sizeof(t->name) + 1];
	struct pdg_jw w;

	pdg_hex(pdg_bytes(t->name, sizeof(t->name)), name);
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "issuer", t->claims.issuer);
	pdg_jw_kstr(&w, "audience", t->claims.audience);
	pdg_jw_kstr(&w, "name", name);
	pdg_jw_ku64(&w, "issued", (uint64_t)t->claims.issued);
	pdg_jw_ku64(&w, "expires", (uint64_t)t->claims.expires);
	pdg_jw_key(&w, "claims");
	pdg_jw_raw(&w, pdg_buf_bytes(&t->text)); /* one strict JSON object, as it was signed */
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

static int run_token(void *part, const json_t *body, struct pdg_buf *out, struct pdg_error *err)
{
	struct token_part *s = part;
	PDG_AUTO(mem) struct pdg_pinned *pins = NULL;
	PDG_AUTO(token) struct pdg_token t = {0};
	const char *text = NULL;
	size_t n = 0;
	int rc = pdg_json_str(body, "token", &text, err);

	if (rc == 0)
		rc = read_pins(body, &pins, &n, err);
	if (rc == 0)
		rc = pdg_token_verify(s->issuers, pdg_bytes_str(text), pins, n,
				      pdg_now(&pdg_clock_system), &t, err);
	return rc < 0 ? rc : write_answer(&t, out, err);
}

static const struct pdg_relay_call_kind calls[] = {
	{"token", run_token, NULL},
	{0},
};

const struct pdg_relay_part pdg_relay_token = {"token", open_part, calls};

/* SPDX-License-Identifier: Apache-2.0 */
/* A world for judgements by certificate; see x509_data.h. */
#include "unit/commit/x509_data.h"

#include "util/limits.h"
#include "util/str.h"

void x509_world_init(struct x509_world *w)
{
	*w = (struct x509_world){
		.ask =
			{
				[ROOT] = {.name = "Root",
					  .from = MADE - YEAR,
					  .until = MADE + YEAR,
					  .constraints = "critical,CA:TRUE",
					  .usage = "critical,keyCertSign,cRLSign"},
				[MIDDLE] = {.name = "Intermediate",
					    .from = MADE - YEAR,
					    .until = MADE + YEAR,
					    .constraints = "critical,CA:TRUE,pathlen:0",
					    .usage = "critical,keyCertSign",
					    .extended = "codeSigning"},
				[LEAF] = {.from = MADE,
					  .until = MADE + LIFE,
					  .usage = "critical,digitalSignature",
					  .extended = "codeSigning",
					  .san = "critical,email:" ALICE,
					  .issuer_v1 = ISSUER,
					  .issuer_v2 = ISSUER},
				[TSA_ROOT] = {.name = "Time root",
					      .from = MADE - YEAR,
					      .until = MADE + YEAR,
					      .constraints = "critical,CA:TRUE",
					      .usage = "critical,keyCertSign"},
				[TSA] = {.name = "Time",
					 .from = MADE - YEAR,
					 .until = MADE + YEAR,
					 .constraints = "critical,CA:FALSE",
					 .usage = "critical,digitalSignature",
					 .extended = "critical,timeStamping"},
			},
		.dir = pdg_test_dir(),
		.identities = {(char *)(uintptr_t)ALICE},
		.issuers = {(char *)(uintptr_t)ISSUER},
		.repo = {.uri = (char *)(uintptr_t) "https://git.example.com/app",
			 .require_committer_match = true},
	};
	w->repo.x509_identities = (struct pdg_strings){w->identities, 1};
	w->repo.x509_issuers = (struct pdg_strings){w->issuers, 1};
}

static void write_trust(struct x509_world *w)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PKI_DER_MAX);
	struct root_ask root = {
		.log = w->log,
		.ca = {&w->cert[MIDDLE], &w->cert[ROOT]},
		.tsa = {&w->cert[TSA], &w->cert[TSA_ROOT]},
		.ca_from = w->ca_from,
		.ca_until = w->ca_until,
	};

	if (w->own_roots) {
		pki_pem(&w->cert[ROOT], &text);
		pki_pem(&w->cert[MIDDLE], &text);
		w->roots[0] = pdg_test_file(w->dir, "roots.pem", pdg_buf_bytes(&text));
		w->repo.x509_roots = (struct pdg_strings){w->roots, 1};
		return;
	}
	if (w->tsa_root_alone) {
		root.tsa[0] = &w->cert[TSA_ROOT];
		root.tsa[1] = NULL;
	}
	root_make(&root, &text);
	w->repo.trusted_root = pdg_test_file(w->dir, "root.json", pdg_buf_bytes(&text));
}

void x509_world_make(struct x509_world *w)
{
	static const enum who issuers[] = {[MIDDLE] = ROOT, [LEAF] = MIDDLE, [TSA] = TSA_ROOT};
	size_t i;

	for (i = 0; i < WHO; i++) {
		if (i != ROOT && i != TSA_ROOT)
			w->ask[i].issuer = &w->cert[issuers[i]];
		w->cert[i] = pki_make(&w->ask[i]);
	}
	w->log = pki_key("P-256");
	write_trust(w);
	x509_world_load(w);
}

void x509_world_load(struct x509_world *w)
{
	struct pdg_error err = {0};

	pdg_signers_free(w->signers);
	w->signers = NULL;
	if (!CHECK_OK(pdg_signers_load(&w->repo, w->dir, &w->signers, &err), &err))
		exit(1);
}

void x509_world_done(struct x509_world *w)
{
	size_t i;

	pdg_signers_free(w->signers);
	for (i = 0; i < WHO; i++)
		pki_done(&w->cert[i]);
	EVP_PKEY_free(w->log);
	free(w->repo.trusted_root);
	free(w->roots[0]);
	pdg_test_dir_remove(w->dir);
}

static void put_entry(const struct x509_world *w, const struct x509_commit *c,
		      const struct cms_made *made, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf entry = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf value = PDG_BUF_INIT(PKI_DER_MAX);
	struct entry_ask ask = c->log;

	if (!ask.log)
		ask.log = w->log;
	pki_der(c->cms.signer ? c->cms.signer : &w->cert[LEAF], &der);
	ask.cert = pdg_buf_bytes(&der);
	if (!ask.signed_bytes.p)
		ask.signed_bytes = pdg_buf_bytes(&made->signed_attrs);
	if (!ask.value.p)
		ask.value = pdg_buf_bytes(&made->value);
	ask.time = c->entry;
	entry_make(&ask, &entry);
	put_tlv(&value, 4, pdg_buf_bytes(&entry));
	cms_attribute("1.3.6.1.4.1.57264.3.1", pdg_buf_bytes(&value), out);
}

static void put_token(const struct x509_world *w, const struct x509_commit *c,
		      const struct cms_made *made, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_bytes over = pdg_buf_bytes(&made->value);

	if (c->token_over)
		over = pdg_bytes_str(c->token_over);
	token_make(c->tsa ? c->tsa : &w->cert[TSA], &w->cert[TSA_ROOT], over, c->token, &token);
	cms_attribute("1.2.840.113549.1.9.16.2.14", pdg_buf_bytes(&token), out);
}

/* Both attributes; the order of a SET OF in DER is that of their encodings. */
static void put_proofs(const struct x509_world *w, const struct x509_commit *c,
		       const struct cms_made *made, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf entry = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(PKI_DER_MAX);

	if (c->entry)
		put_entry(w, c, made, &entry);
	if (c->token)
		put_token(w, c, made, &token);
	if (entry.n && token.n && memcmp(entry.p, token.p, 8) > 0) {
		pdg_buf_put(out, pdg_buf_bytes(&token));
		pdg_buf_put(out, pdg_buf_bytes(&entry));
	} else {
		pdg_buf_put(out, pdg_buf_bytes(&entry));
		pdg_buf_put(out, pdg_buf_bytes(&token));
	}
	if (c->token_twice)
		pdg_buf_put(out, pdg_buf_bytes(&token));
}

void x509_commit_make(const struct x509_world *w, const struct x509_commit *c, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf attrs = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(2 * PKI_DER_MAX);
	struct pdg_bytes payload = pdg_bytes_str(c->payload ? c->payload : PAYLOAD);
	struct cms_ask ask = c->cms;
	struct cms_made made;

	if (!ask.signer)
		ask.signer = &w->cert[LEAF];
	if (!ask.certs[0])
		ask.certs[0] = ask.signer;
	cms_made_init(&made);
	cms_make(&ask, payload, &made);
	put_proofs(w, c, &made, &attrs);
	if (attrs.n) {
		ask.unsigned_attrs = pdg_buf_bytes(&attrs);
		cms_remake(&ask, &made);
	}
	cms_armor(pdg_buf_bytes(&made.der), 64, &armor);
	cms_commit(payload, pdg_buf_bytes(&armor), out);
	cms_made_done(&made);
}

void x509_judge(const struct x509_world *w, const struct x509_commit *c, int64_t at,
		struct pdg_verdict *v)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_error err = {0};

	x509_commit_make(w, c, &raw);
	CHECK_OK(pdg_judge_commit(w->signers, pdg_buf_bytes(&raw), false, at, v, &err), &err);
}

void x509_check(const struct x509_world *w, const struct x509_commit *c, int64_t at,
		enum pdg_result want, const char *rule)
{
	PDG_AUTO(verdict) struct pdg_verdict v;

	pdg_verdict_init(&v);
	x509_judge(w, c, at, &v);
	CHECK_STR(pdg_result_name(v.result), pdg_result_name(want));
	CHECK_STR(v.why.rule, rule ? rule : "");
	CHECK_INT(v.why.code < 0, rule != NULL);
}

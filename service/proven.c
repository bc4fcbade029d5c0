/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection proved, taken over into the job: the request is gone before it is judged. */
#include "service/proven.h"

#include <string.h>

#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

void pdg_proven_done(struct pdg_proven *p)
{
	pdg_strings_done(&p->names);
	free(p->who);
	pdg_json_free(p->root);
	pdg_ci_done(&p->ci);
	*p = (struct pdg_proven){0};
}

int pdg_proven_certificate(struct pdg_proven *p, const struct pdg_caller *caller,
			   struct pdg_error *err)
{
	const struct pdg_strings *names = caller->certificate;

	p->way = PDG_WAY_CERTIFICATE;
	p->who = pdg_str_printf("certificate %s", names->n ? names->v[0] : "");
	return p->who ? pdg_strings_copy(names, &p->names, err) : pdg_nomem(err);
}

static int read_answer(struct pdg_proven *p, struct pdg_bytes answer, struct pdg_error *err)
{
	const char *name = NULL;
	const char *subject = NULL;
	uint64_t issued = 0;
	uint64_t expires = 0;
	int rc = pdg_json_load(answer, PDG_LIMIT_KIB(64), &p->root, err);

	if (rc == 0)
		rc = pdg_json_str(p->root, "issuer", &p->issuer, err);
	if (rc == 0)
		rc = pdg_json_str(p->root, "audience", &p->audience, err);
	if (rc == 0)
		rc = pdg_json_str(p->root, "name", &name, err);
	if (rc == 0)
		rc = pdg_json_u64(p->root, "issued", &issued, err);
	if (rc == 0)
		rc = pdg_json_u64(p->root, "expires", &expires, err);
	if (rc == 0)
		rc = pdg_json_obj(p->root, "claims", &p->claims, err);
	if (rc == 0)
		rc = pdg_json_str(p->claims, "sub", &subject, err);
	if (rc < 0)
		return rc;
	if (!pdg_unhex(pdg_bytes_str(name), p->name, sizeof(p->name)))
		return pdg_fail(err, PDG_E_INTERNAL, "the name is no digest");
	p->issued = (int64_t)issued;
	p->expires = (int64_t)expires;
	p->who = pdg_str_printf("oidc %s %s", p->issuer, subject);
	return p->who ? 0 : pdg_nomem(err);
}

int pdg_proven_token(struct pdg_proven *p, struct pdg_bytes answer, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc = read_answer(p, answer, &why);

	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		return pdg_fail(err, PDG_E_INTERNAL, "pedigree-relay on a token: %s", why.text);
	p->way = PDG_WAY_TOKEN;
	rc = pdg_ci_read(p->issuer, p->claims, &p->ci, &p->why_not);
	p->is_ci = rc == 0;
	if (rc == PDG_E_REJECTED && pdg_str_eq(p->why_not.rule, "IDN-9"))
		return 0;
	if (rc < 0 && err)
		*err = p->why_not;
	return rc;
}

/* Of @p's certificate, the name that @proof lists. */
static const char *listed_name(const struct pdg_proven *p, const struct pdg_policy_proof *proof)
{
	return pdg_policy_proof_certificate(proof, (const char *const *)p->names.v, p->names.n);
}

bool pdg_proven_is(const struct pdg_proven *p, const struct pdg_policy_proof *proof)
{
	if (p->way == PDG_WAY_TOKEN)
		return pdg_policy_proof_token(proof, p->issuer, p->audience, p->claims);
	return p->way == PDG_WAY_CERTIFICATE && listed_name(p, proof);
}

char *pdg_proven_as(const struct pdg_proven *p, const struct pdg_policy_proof *proof)
{
	const char *name = p->way == PDG_WAY_CERTIFICATE ? listed_name(p, proof) : NULL;

	return name ? pdg_str_printf("certificate %s", name) : pdg_str_dup(p->who);
}

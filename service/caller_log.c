/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two lines for whoever runs the service: an issuer that cannot be asked, and a token that fits no
 * [builder]. Strangers can cause both, so each is written once a second at most.
 */
#include "service/caller_log.h"

#include <stdatomic.h>
#include <string.h>

#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"
#include "util/time.h"

#define EVERY_MS 1000
#define SECTIONS 8 /* are enough to see what is meant */

/* May a line be written now? @last: when one was, by pdg_monotonic_ms(). */
static bool is_due(atomic_int_fast64_t *last)
{
	int64_t now = pdg_monotonic_ms();
	int64_t was = atomic_load(last);

	return (!was || now - was >= EVERY_MS) && atomic_compare_exchange_strong(last, &was, now);
}

void pdg_caller_log_issuer(const struct pdg_error *why)
{
	static atomic_int_fast64_t last;

	/* ISS-6 is of a token's key, which anybody may write. */
	if (!pdg_str_starts(why->rule, "ISS-") || pdg_str_eq(why->rule, "ISS-6") || !is_due(&last))
		return;
	pdg_log(PDG_LOG_WARN, "issuer-unavailable", "rule", why->rule, "error", why->text, NULL);
}

/* The policy's claim @wanted ("NAME=VALUE") against what the token has. */
static void put_claim(struct pdg_buf *out, const char *wanted, const struct pdg_proven *p)
{
	PDG_AUTO(mem)
	char *name = pdg_bytes_dup(pdg_bytes(wanted, strcspn(wanted, "=")));
	const char *has = NULL;

	if (!name)
		return;
	if (pdg_json_opt_str(p->claims, name, &has, NULL) < 0)
		pdg_buf_printf(out, "oidcClaim %.64s: the token has another", name);
	else if (has)
		pdg_buf_printf(out, "oidcClaim %.64s: the token has '%.160s'", name, has);
	else
		pdg_buf_printf(out, "oidcClaim %.64s: the token has none", name);
}

/* What of section @b is not so for @p. */
static void put_reason(struct pdg_buf *out, const struct pdg_policy_builder *b,
		       const struct pdg_proven *p)
{
	const char *claim = pdg_policy_proof_unmet(&b->proof, p->claims);

	pdg_buf_printf(out, "%s[builder \"%.160s\"]: ", out->n ? "; " : "", b->id);
	if (!pdg_str_eq(b->proof.oidc_issuer, p->issuer))
		pdg_buf_puts(out, "oidcIssuer is not the token's");
	else if (!pdg_str_eq(b->proof.oidc_audience, p->audience))
		pdg_buf_printf(out, "oidcAudience: the token has '%.160s'", p->audience);
	else if (claim)
		put_claim(out, claim, p);
	else if (p->is_ci)
		pdg_buf_printf(out, "repository: the token has '%.160s'", p->ci.repository);
	else
		pdg_buf_puts(out, "it means this token, but not for this");
}

void pdg_caller_log_nobody(const struct pdg_policy *policy, const struct pdg_proven *p,
			   const char *builder)
{
	static atomic_int_fast64_t last;
	PDG_AUTO(buf) struct pdg_buf why = PDG_BUF_INIT(PDG_LIMIT_KIB(8));
	size_t i, n = 0;

	if (p->way != PDG_WAY_TOKEN || !is_due(&last))
		return;
	for (i = 0; i < policy->n_builders && n < SECTIONS; i++) {
		const struct pdg_policy_builder *b = &policy->builders[i];

		if (builder ? !pdg_str_eq(builder, b->id)
			    : !pdg_str_eq(b->proof.oidc_issuer, p->issuer))
			continue;
		put_reason(&why, b, p);
		n++;
	}
	if (n == 0)
		pdg_buf_puts(&why, builder ? "the policy has no such [builder]"
					   : "no [builder] has its issuer");
	if (pdg_buf_check(&why, NULL) == 0)
		pdg_log(PDG_LOG_INFO, "caller-not-named", "caller", p->who, "error",
			pdg_buf_cstr(&why), NULL);
}

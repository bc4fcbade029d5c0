/* SPDX-License-Identifier: Apache-2.0 */
/* Push certificates: any bytes are a certificate or an error under PSH-15; payload and signature
 * are all of it, and every command is where it says.
 *
 * Covers: common/commit/pushcert.c
 */
#include "commit/pushcert.h"
#include "fuzz.h"

static void check(const struct pdg_pushcert *c, struct pdg_bytes raw)
{
	size_t i;

	MUST(c->n_commands > 0 && c->format != PDG_SIG_NONE);
	MUST(c->payload.p == raw.p && c->payload.n + c->signature.n == raw.n);
	MUST(c->signature.n > 0 && c->pusher.n > 0);
	MUST(pdg_bytes_starts(c->payload, "certificate version 0.1\npusher "));
	for (i = 0; i < c->n_commands; i++) {
		const struct pdg_pushcert_command *m = &c->commands[i];

		MUST(m->old.n == m->new.n && (m->old.n == 40 || m->old.n == 64));
		MUST(m->ref.n > 0 && m->ref.p > m->new.p && m->new.p > m->old.p);
		MUST(m->ref.p + m->ref.n < c->signature.p);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(pushcert) struct pdg_pushcert *c = NULL;
	struct pdg_error err = {0};

	if (pdg_pushcert_parse(pdg_bytes(data, size), &c, &err) < 0)
		MUST(c == NULL && (err.code == PDG_E_NOMEM || strcmp(err.rule, "PSH-15") == 0));
	else
		check(c, pdg_bytes(data, size));
	return 0;
}

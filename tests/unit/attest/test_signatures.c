/* SPDX-License-Identifier: Apache-2.0 */
/* Which signatures of an envelope are kept, and which of them were there when it was digested. */
#include "attest/dsse.h"

#include "support/check.h"
#include "util/limits.h"
#include "util/str.h"

#define COUNT 4

/* An envelope with signatures "0" to "3", whose keyids are the same. */
static struct pdg_envelope *envelope(size_t n)
{
	static const char text[] = "{\"payload\":\"e30=\",\"payloadType\":\"" PDG_PAYLOAD_TYPE
				   "\",\"signatures\":[{\"keyid\":\"0\",\"sig\":\"MA==\"}]}";
	struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	char name[2] = "0";

	if (!CHECK_OK(pdg_envelope_parse(pdg_bytes_str(text), &e, &err), &err))
		abort();
	while (e->n_sigs < n) {
		name[0]++;
		CHECK_OK(pdg_envelope_add(e, name, pdg_bytes_str(name), &err), &err);
	}
	return e;
}

static void digest(const struct pdg_envelope *e, char out[PDG_REFERENCE_LEN])
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(4096);
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_envelope_write(e, &json, &err), &err) ||
	    !CHECK_OK(pdg_reference(pdg_buf_bytes(&json), out, &err), &err))
		abort();
}

static void some_are_kept(void)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = envelope(COUNT);
	const struct pdg_envelope_keep keep[] = {{3, "third"}, {1, ""}};
	struct pdg_error err = {0};
	size_t i;

	CHECK_OK(pdg_envelope_keep(e, keep, 2, &err), &err);
	if (!CHECK_UINT(e->n_sigs, 2))
		return;
	CHECK_STR(e->sigs[0].keyid, "third");
	CHECK_BYTES_STR(pdg_buf_bytes(&e->sigs[0].sig), "3");
	CHECK_STR(e->sigs[1].keyid, "");
	CHECK_BYTES_STR(pdg_buf_bytes(&e->sigs[1].sig), "1");
	/* There is room for as many as before. */
	for (i = 2; i < PDG_LIMIT_SIGNATURES; i++) {
		uint8_t sig[2] = {1, (uint8_t)i};

		CHECK_OK(pdg_envelope_add(e, "x", pdg_bytes(sig, 2), &err), &err);
	}
	CHECK_RULE(pdg_envelope_add(e, "x", pdg_bytes_str("more"), &err), &err, "ENV-2");
}

static void prefixes_are_told(void)
{
	size_t n;

	for (n = 1; n <= COUNT; n++) {
		PDG_AUTO(envelope) struct pdg_envelope *then = envelope(n);
		PDG_AUTO(envelope) struct pdg_envelope *now = envelope(COUNT);
		char of_then[PDG_REFERENCE_LEN];
		struct pdg_error err = {0};
		size_t found = 99;

		digest(then, of_then);
		CHECK_OK(pdg_envelope_prefix(now, of_then, &found, &err), &err);
		CHECK_UINT(found, n);
		CHECK_UINT(now->n_sigs, COUNT);
		/* It is about the signatures as they were, and not about more of them. */
		now->sigs[n - 1].keyid[0] = 'x';
		CHECK_OK(pdg_envelope_prefix(now, of_then, &found, &err), &err);
		CHECK_UINT(found, 0);
		if (n == 1)
			continue;
		now->sigs[n - 1].keyid[0] = then->sigs[n - 1].keyid[0];
		digest(now, of_then);
		found = 99;
		CHECK_OK(pdg_envelope_prefix(then, of_then, &found, &err), &err);
		CHECK_UINT(found, n == COUNT ? COUNT : 0);
	}
}

PDG_TEST_MAIN("signatures", {"some are kept", some_are_kept},
	      {"prefixes are told", prefixes_are_told})

/* SPDX-License-Identifier: Apache-2.0 */
/* One question to the relay for each countersignature: the digest goes out, a response comes back.
 */
#include "service/stamps.h"

#include "crypto/digest.h"
#include "util/json.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/size.h"

#define TIMEOUT_MS 20000

struct call {
	const struct pdg_stamps *s;
	struct pdg_bytes sig;
	int64_t received;
	void (*done)(void *ctx, int rc, struct pdg_bytes response, const struct pdg_error *err);
	void *ctx;
};

/* What the relay could not get is for now; what it says of the answer is not. */
static int for_now(int rc, struct pdg_error *err)
{
	const struct pdg_error was = *err;

	return rc == PDG_E_IO ? pdg_reject(err, "TSA-12", "no timestamp for now: %s", was.text)
			      : rc;
}

static int judge(const struct call *c, struct pdg_bytes answer, struct pdg_buf *out,
		 struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	int64_t time;
	int rc = pdg_json_load(answer, PDG_LIMIT_RELAY_MESSAGE, &j, err);

	if (rc == 0)
		rc = pdg_json_base64(j, "response", out, err);
	if (rc < 0)
		return rc;
	rc = pdg_root_timestamp(c->s->root, PDG_TIMESTAMP_RESPONSE, pdg_buf_bytes(out), c->sig,
				pdg_now(c->s->clock), &time, err);
	/* Kept for ever, it would be refused for ever. */
	if (rc == 0 && time < c->received - PDG_TIME_TOLERANCE)
		rc = pdg_reject(err, "TSA-10",
				"the authority's time lies before the statement was received: its "
				"clock is behind, or this machine's ahead");
	return rc;
}

static void on_answer(void *ctx, int rc, struct pdg_bytes answer, const struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf response = PDG_BUF_INIT(PDG_LIMIT_TIMESTAMP);
	struct pdg_error why = {0};
	struct call *c = ctx;

	if (rc < 0)
		why = *err;
	rc = rc < 0 ? for_now(rc, &why) : judge(c, answer, &response, &why);
	if (rc < 0)
		pdg_buf_reset(&response);
	c->done(c->ctx, rc, pdg_buf_bytes(&response), &why);
	free(c);
}

int pdg_stamps_begin(const struct pdg_stamps *s, struct pdg_bytes sig, int64_t received,
		     void (*done)(void *ctx, int rc, struct pdg_bytes response,
				  const struct pdg_error *err),
		     void *ctx, struct pdg_error *err)
{
	PDG_AUTO(mem) struct call *c = pdg_calloc(1, sizeof(*c));
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_SMALL);
	struct pdg_relay_request req = {
		.kind = "timestamp", .timeout_ms = TIMEOUT_MS, .done = on_answer};
	uint8_t digest[PDG_SHA256_LEN];
	struct pdg_jw w;
	int rc;

	if (!c)
		return pdg_nomem(err);
	*c = (struct call){.s = s, .sig = sig, .received = received, .done = done, .ctx = ctx};
	rc = pdg_sha256(sig, digest, err);
	if (rc < 0)
		return rc;
	pdg_jw_init(&w, &body);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "sha256");
	pdg_jw_base64(&w, pdg_bytes(digest, sizeof(digest)));
	pdg_jw_end(&w);
	req.body = pdg_buf_bytes(&body);
	req.ctx = c;
	rc = pdg_buf_check(&body, err);
	if (rc == 0)
		rc = pdg_relay_begin(s->relay, &req, err);
	if (rc < 0)
		return rc;
	c = NULL; /* the answer's */
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the core speaks to other machines, by its relays: one for a log elsewhere and a timestamp
 * authority, one for the issuers of tokens (callers.c). Without them there is none. They are
 * started with the threads, when what is kept was found in order, or with a policy that names the
 * first issuer.
 */
#include "service/batch.h"
#include "service/core_impl.h"
#include "service/log_relay.h"
#include "util/jsonw.h"
#include "util/limits.h"

static void write_log(const struct pdg_core *core, struct pdg_jw *w)
{
	const struct pdg_service_config *cfg = core->cfg;

	pdg_jw_kobj(w, "log");
	pdg_jw_kstr(w, "type", pdg_log_kind_name(cfg->log));
	pdg_jw_kstr(w, "url", cfg->log_url);
	if (cfg->log_read_url)
		pdg_jw_kstr(w, "readUrl", cfg->log_read_url);
	pdg_jw_kstr(w, "origin", cfg->log_origin);
	pdg_jw_key(w, "key");
	pdg_jw_base64(w, pdg_key_spki(core->log_key));
	pdg_jw_end(w);
}

static void write_log_parts(const struct pdg_core *core, struct pdg_jw *w)
{
	const struct pdg_service_config *cfg = core->cfg;

	if (cfg->log != PDG_LOG_EMBEDDED)
		write_log(core, w);
	if (cfg->authority) {
		pdg_jw_kobj(w, "timestamp");
		pdg_jw_kstr(w, "url", cfg->authority);
		pdg_jw_end(w);
	}
}

static void write_token_part(const struct pdg_core *core, struct pdg_jw *w)
{
	(void)core;
	pdg_jw_kobj(w, "token");
	pdg_jw_end(w);
}

/* Each is told the same, but for the parts of it that are to work. */
static int start(const struct pdg_core *core,
		 void (*write_parts)(const struct pdg_core *core, struct pdg_jw *w),
		 struct pdg_relay **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf setup = PDG_BUF_INIT(PDG_LIMIT_SMALL);
	const struct pdg_service_config *cfg = core->cfg;
	struct pdg_relay_options opt = {.program = cfg->relay_program};
	struct pdg_jw w;
	int rc;

	pdg_jw_init(&w, &setup);
	pdg_jw_obj(&w);
	if (cfg->proxy)
		pdg_jw_kstr(&w, "proxy", cfg->proxy);
	pdg_jw_kstr(&w, "logLevel", pdg_log_level_name(cfg->log_level));
	write_parts(core, &w);
	pdg_jw_end(&w);
	rc = pdg_buf_check(&setup, err);
	if (rc < 0)
		return rc;
	opt.setup = pdg_buf_bytes(&setup);
	return pdg_relay_start(&opt, out, err);
}

int pdg_core_start_token_relay(void *ctx, struct pdg_relay **out, struct pdg_error *err)
{
	return start(ctx, write_token_part, out, err);
}

int pdg_core_start_relay(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_log_relay_options opt = {
		.root = core->root,
		.payload = core->cfg->log == PDG_LOG_REKOR_V1,
	};
	int rc;

	if (core->cfg->log == PDG_LOG_EMBEDDED && !core->cfg->authority)
		return 0;
	rc = start(core, write_log_parts, &core->relay, err);
	if (rc < 0)
		return rc;
	core->stamps = (struct pdg_stamps){
		.relay = core->relay, .root = core->root, .clock = &core->clock};
	if (core->cfg->log == PDG_LOG_EMBEDDED)
		return 0;
	opt.relay = core->relay;
	rc = pdg_batch_head(core->store, &opt.known, err);
	return rc < 0 ? rc : pdg_log_relay_open(&opt, &core->log, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that SIGHUP does not take in: what is opened at start, and what others already hold.
 * Values are compared and never shown: the store's may hold a password.
 */
#include <stddef.h>

#include "service/reload.h"
#include "util/str.h"

#define TEXT(section, key, field)                                                                  \
	{                                                                                          \
		section "." key, offsetof(struct pdg_service_config, field)                        \
	}

static const struct {
	const char *name;
	size_t at; /* of a char * */
} texts[] = {
	TEXT("service", "socket", socket),
	TEXT("service", "store", store_path),
	TEXT("service", "store", store_url),
	TEXT("service", "journalKey", journal_key),
	TEXT("service", "proxy", proxy),
	TEXT("log", "url", log_url),
	TEXT("log", "readUrl", log_read_url),
	TEXT("log", "directory", log_directory),
	TEXT("log", "origin", log_origin),
	TEXT("log", "key", log_key),
	TEXT("log", "timestampAuthority", authority),
	TEXT("log", "timestampCertificates", authority_chain),
};

static void name(struct pdg_buf *out, const char *key)
{
	if (out->n)
		pdg_buf_puts(out, " ");
	pdg_buf_puts(out, key);
}

static bool same_list(const struct pdg_strings *a, const struct pdg_strings *b)
{
	size_t i;

	for (i = 0; i < a->n && i < b->n && pdg_str_eq(a->v[i], b->v[i]); i++)
		;
	return i == a->n && i == b->n;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? pdg_str_eq(a, b) : a == b;
}

static const char *text_at(const struct pdg_service_config *cfg, size_t at)
{
	return *(char *const *)(const void *)((const char *)cfg + at);
}

/* A server that has no TLS gets none while it runs, and one that has it keeps it, with whatever
 * goes with that. */
static void name_front(const struct pdg_service_config *then, const struct pdg_service_config *now,
		       struct pdg_buf *out)
{
	if (!then->tls_certificate == !now->tls_certificate)
		return;
	name(out, "service.tlsCertificate service.tlsKey");
	if (now->client_ca)
		name(out, "service.clientCa");
	if (now->readers.n)
		name(out, "service.readers");
}

void pdg_reload_rest(const struct pdg_service_config *then, const struct pdg_service_config *now,
		     struct pdg_buf *out)
{
	const char *last = "";
	size_t i;

	if (!same_list(&then->listen, &now->listen))
		name(out, "service.listen");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (same_text(text_at(then, texts[i].at), text_at(now, texts[i].at)) ||
		    pdg_str_eq(last, texts[i].name))
			continue;
		name(out, last = texts[i].name);
	}
	if (then->log != now->log)
		name(out, "log.type");
	if (then->pending_limit != now->pending_limit)
		name(out, "log.pendingLimit");
	name_front(then, now, out);
}

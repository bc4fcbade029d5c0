/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer of issuer_made.h: a handler for the fake HTTP server. */
#include "unit/oidc/issuer_made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/str.h"

#define DOCUMENT "/.well-known/openid-configuration"

static void redirect(const struct issuer_made *i, const char *path, struct fake_reply *reply)
{
	char header[256];

	(void)snprintf(header, sizeof(header), "Location: %s%s\r\n", i->elsewhere, path);
	fake_reply_http(reply, 302, "application/json", header, pdg_bytes_str("{}"));
}

static void json(struct fake_reply *reply, const char *text)
{
	fake_reply_http(reply, 200, "application/json; charset=utf-8", NULL, pdg_bytes_str(text));
}

static void document(struct issuer_made *i, struct fake_reply *reply)
{
	const char *own = issuer_url(i);
	const char *issuer = i->manner == OTHER_ISSUER ? "https://issuer.example" : own;
	char base[160];
	char text[512];

	i->asked_document++;
	(void)snprintf(base, sizeof(base), "%s", own);
	if (i->manner == OTHER_HOST)
		(void)snprintf(base, sizeof(base), "https://keys.example");
	if (i->manner == OTHER_PORT)
		(void)snprintf(base, sizeof(base), "%s", i->elsewhere);
	(void)snprintf(text, sizeof(text), "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/keys\"}", issuer,
		       base);
	json(reply, text);
}

static void keys(struct issuer_made *i, struct fake_reply *reply)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 20);

	i->asked_keys++;
	if (i->manner == NO_KEYS) {
		json(reply, "{\"keys\":[]}");
		return;
	}
	if (i->manner == ENDLESS) {
		pdg_buf_puts(&reply->raw, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
					  "Content-Length: 1000000000\r\n\r\n{\"keys\":[");
		reply->way = FAKE_ENDLESS;
		return;
	}
	made_jwks(i->keys, i->n_keys, &text);
	json(reply, pdg_buf_cstr(&text));
}

static void handle(void *ctx, const struct fake_request *rq, struct fake_reply *reply)
{
	struct issuer_made *i = ctx;
	bool is_document = pdg_str_ends(rq->path, DOCUMENT);

	i->credential = i->credential ||
			pdg_bytes_find(rq->head, pdg_bytes_str("Authorization"), 0) != SIZE_MAX ||
			pdg_bytes_find(rq->head, pdg_bytes_str("Cookie"), 0) != SIZE_MAX;
	if (strncmp(rq->path, "/elsewhere", 10) == 0)
		i->asked_elsewhere++;
	if (i->manner == ERROR_500)
		fake_reply_http(reply, 500, "application/json", NULL, pdg_bytes_str("{}"));
	else if (i->manner == NOT_FOUND)
		fake_reply_http(reply, 404, "application/json", NULL, pdg_bytes_str("{}"));
	else if (i->manner == HTML)
		fake_reply_http(reply, 200, "text/html", NULL, pdg_bytes_str("<html>"));
	else if (i->manner == HTML_AS_JSON)
		json(reply, "<html>");
	else if (i->manner == CUT) {
		pdg_buf_puts(&reply->raw, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
		reply->way = FAKE_CLOSE;
	} else if (i->manner == (is_document ? REDIRECTS : KEYS_REDIRECT))
		redirect(i, rq->path, reply);
	else if (is_document)
		document(i, reply);
	else
		keys(i, reply);
}

void issuer_open(struct issuer_made *i)
{
	*i = (struct issuer_made){.manner = GOOD};
	i->http = fake_http_start(handle, i);
}

void issuer_close(struct issuer_made *i)
{
	fake_http_stop(i->http);
}

const char *issuer_url(const struct issuer_made *i)
{
	return fake_http_url(i->http);
}

void issuer_behave(struct issuer_made *i, enum manner manner)
{
	fake_http_lock(i->http);
	i->manner = manner;
	fake_http_unlock(i->http);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the way to a service, each with its names, so that no program knows only some. */
#include "util/way.h"

#include <stdlib.h>
#include <string.h>

#include "util/str.h"
#include "util/url.h"

const struct pdg_way_name pdg_way_names[PDG_WAY_PARTS] = {
	[PDG_WAY_PROXY] = {"proxy", "--proxy", "pedigree.proxy", false, false},
	[PDG_WAY_CA] = {"ca", "--ca", "pedigree.ca", true, false},
	[PDG_WAY_CLIENT_CERT] = {"client-cert", "--client-cert", "pedigree.clientCertificate", true,
				 true},
	[PDG_WAY_CLIENT_KEY] = {"client-key", "--client-key", "pedigree.clientKey", true, true},
};

void pdg_way_done(struct pdg_way *w)
{
	size_t i;

	for (i = 0; i < PDG_WAY_PARTS; i++)
		free(w->v[i]);
	*w = (struct pdg_way){.v = {NULL}};
}

int pdg_way_set(struct pdg_way *w, enum pdg_way_part part, const char *value, struct pdg_error *err)
{
	char *copy = pdg_str_dup(value);

	if (value && !copy)
		return pdg_nomem(err);
	free(w->v[part]);
	w->v[part] = copy;
	return 0;
}

int pdg_way_of_args(const struct pdg_args *args, struct pdg_way *out, struct pdg_error *err)
{
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < PDG_WAY_PARTS; i++)
		rc = pdg_way_set(out, (enum pdg_way_part)i,
				 pdg_args_get(args, pdg_way_names[i].option), err);
	return rc;
}

void pdg_way_complete(struct pdg_way *w, struct pdg_way *from)
{
	size_t i;

	for (i = 0; i < PDG_WAY_PARTS; i++) {
		if (w->v[i])
			continue;
		w->v[i] = from->v[i];
		from->v[i] = NULL;
	}
}

void pdg_way_withhold(struct pdg_way *w, const char *whose, const char *service)
{
	size_t i;

	if (whose && service && pdg_url_same_server(whose, service))
		return;
	for (i = 0; i < PDG_WAY_PARTS; i++) {
		if (pdg_way_names[i].ours)
			free(PDG_TAKE(w->v[i]));
	}
}

void pdg_way_configured_done(struct pdg_way_configured *c)
{
	free(c->service);
	free(c->withheld);
	pdg_way_done(&c->way);
	*c = (struct pdg_way_configured){.service = NULL};
}

void pdg_way_tell_withheld(const struct pdg_way_configured *c, struct pdg_buf *out)
{
	if (!c->withheld)
		return;
	if (c->withheld_here)
		pdg_buf_puts(
			out,
			"the client certificate that this repository configures was not shown: it "
			"counts only with its key, for the pedigree.service configured there, and "
			"without --service or PEDIGREE_SERVICE; else set all three by git config "
			"--global, or give --client-cert and --client-key");
	else if (c->withheld[0])
		pdg_buf_printf(
			out,
			"the client certificate of git's configuration is for %.80s, and was not "
			"shown: give --client-cert and --client-key, or git config --global "
			"pedigree.service URL",
			c->withheld);
	else
		pdg_buf_puts(out,
			     "the client certificate of git's configuration was not shown, for no "
			     "pedigree.service is configured beside it: give --client-cert and "
			     "--client-key, or git config --global pedigree.service URL");
}

size_t pdg_way_words(const struct pdg_way *w, const char **words)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < PDG_WAY_PARTS; i++) {
		if (!w->v[i])
			continue;
		words[n++] = pdg_way_names[i].dashed;
		words[n++] = w->v[i];
	}
	return n;
}

int pdg_way_check(const struct pdg_way *w, struct pdg_error *err)
{
	bool cert = w->v[PDG_WAY_CLIENT_CERT] != NULL;
	bool key = w->v[PDG_WAY_CLIENT_KEY] != NULL;
	int rc;

	if (cert == key)
		return 0;
	rc = pdg_reject(err, "CLI-2", "a client %s without its %s: it can be shown to nobody",
			cert ? "certificate" : "key", cert ? "key" : "certificate");
	pdg_fix(err,
		"give both, --client-cert FILE and --client-key PEM, or pedigree.clientCertificate and "
		"pedigree.clientKey in git's configuration");
	return rc;
}

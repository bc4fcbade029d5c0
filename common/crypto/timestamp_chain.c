/* SPDX-License-Identifier: Apache-2.0 */
/* A timestamp authority's chain as such servers hand it out: PEM, its own certificate first. */
#include "crypto/key_impl.h"
#include "crypto/timestamp.h"
#include "util/limits.h"
#include "util/size.h"

#define BEGIN "-----BEGIN "
#define END   "-----END "

void pdg_tsa_chain_done(struct pdg_tsa_chain *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		pdg_buf_done(&c->cert[i]);
	free(c->cert);
	*c = (struct pdg_tsa_chain){0};
}

/* Take the next PEM block off *@rest; text before it is for people. False: there is none. */
static bool next_block(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	size_t at = pdg_bytes_find(*rest, pdg_bytes_str(BEGIN), 0);
	size_t end;

	if (at == SIZE_MAX)
		return false;
	*rest = pdg_bytes_from(*rest, at);
	end = pdg_bytes_find(*rest, pdg_bytes_str(END), 0);
	end = end == SIZE_MAX ? rest->n : pdg_bytes_find_byte(*rest, '\n', end);
	*out = pdg_bytes_head(*rest, end);
	*rest = pdg_bytes_from(*rest, end);
	return true;
}

static int add_block(struct pdg_tsa_chain *c, struct pdg_bytes block, struct pdg_error *err)
{
	struct pdg_buf *der = &c->cert[c->n];
	struct pdg_bytes label = {0};
	int rc;

	if (c->n == PDG_LIMIT_CHAIN_CERTS)
		return pdg_reject(err, "TSA-2", "more than %d certificates", PDG_LIMIT_CHAIN_CERTS);
	pdg_buf_init(der, PDG_LIMIT_KEY_PEM);
	c->n++;
	rc = pdg_key_pem_read(block, &label, der, err);
	if (rc == 0 && !pdg_bytes_eq_str(label, "CERTIFICATE"))
		rc = pdg_reject(err, "TSA-1", "it holds a block of another type");
	return rc;
}

int pdg_tsa_chain_read(struct pdg_bytes pem, struct pdg_tsa_chain *out, struct pdg_error *err)
{
	PDG_AUTO(tsa_chain) struct pdg_tsa_chain c = {0};
	struct pdg_bytes block;
	int rc = 0;

	c.cert = pdg_calloc(PDG_LIMIT_CHAIN_CERTS, sizeof(*c.cert));
	if (!c.cert)
		return pdg_nomem(err);
	while (rc == 0 && next_block(&pem, &block))
		rc = pdg_context(err, add_block(&c, block, err), "certificate %zu", c.n);
	if (rc == 0 && c.n == 0)
		rc = pdg_reject(err, "TSA-1", "there is no certificate in it, in PEM");
	if (rc < 0)
		return rc;
	*out = c;
	c = (struct pdg_tsa_chain){0};
	return 0;
}

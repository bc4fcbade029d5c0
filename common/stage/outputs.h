/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a CI says that it built (the body of POST /api/v1/builds; docs/FORMATS.md): the job's own
 * word, of which nothing is followed, opened or fetched.
 */
#ifndef PDG_STAGE_OUTPUTS_H
#define PDG_STAGE_OUTPUTS_H

#include "util/json.h"

/* Strings and nodes are borrowed from root. */
struct pdg_outputs {
	json_t *root;
	const json_t *artifacts;    /* at least one {"name","digest":{"sha256"}} */
	const json_t *dependencies; /* {"uri","digest":{…},"name"?}, or NULL */
	const char *builder; /* which section is meant; these may only agree with the token. NULL:
				not said */
	const char *repository;
	const char *commit;
	const char *ref;
};

/**
 * Read a body. Returns 0, PDG_E_FORMAT (JSN-1, JSN-3, JSN-4, BLD-10), PDG_E_LIMIT (JSN-2; STM-2:
 * too many), PDG_E_NOMEM.
 */
int pdg_outputs_read(struct pdg_bytes body, struct pdg_outputs *out,
		     struct pdg_error *err) PDG_MUST_CHECK;
void pdg_outputs_done(struct pdg_outputs *o);
PDG_AUTO_DEFINE_VALUE(outputs, struct pdg_outputs, pdg_outputs_done)

#endif

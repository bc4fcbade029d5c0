/* SPDX-License-Identifier: Apache-2.0 */
/* One line of an allowed_signers file. Private to this folder. */
#ifndef PDG_CRYPTO_ALLOWED_LINE_H
#define PDG_CRYPTO_ALLOWED_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/auto.h"
#include "util/bytes.h"
#include "util/error.h"

struct pdg_allowed_line {
	char *principals;
	char *namespaces; /* NULL: any */
	bool cert_authority;
	bool has_after;
	bool has_before;
	int64_t valid_after; /* both bounds are inclusive */
	int64_t valid_before;
	uint8_t *blob;
	size_t blob_len;
	bool judged; /* a key type that can verify a signature here */
};

/**
 * Read a line that is neither blank nor a comment, without its line end.
 *
 * @out  zero before; to be given to pdg_allowed_line_done()
 *
 * Returns 0 or PDG_E_FORMAT (SSH-2).
 */
int pdg_allowed_line_parse(struct pdg_bytes text, struct pdg_allowed_line *out,
			   struct pdg_error *err) PDG_MUST_CHECK;
void pdg_allowed_line_done(struct pdg_allowed_line *line);
PDG_AUTO_DEFINE_VALUE(allowed_line, struct pdg_allowed_line, pdg_allowed_line_done)

#endif

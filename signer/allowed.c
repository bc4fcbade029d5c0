/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fence between a serving process that was taken over and the keys: what it can have signed is
 * what it could have signed anyway, statements and checkpoints, and no other service's or
 * program's text.
 */
#include "signer/allowed.h"

#include "util/codec.h"

#define PAE_HEAD   "DSSEv1 28 application/vnd.in-toto+json "
#define ROOT_BYTES 32

static int refuse(enum pdg_purpose purpose, struct pdg_error *err)
{
	return pdg_reject(err, "KEY-6", "the %s key does not sign this", pdg_purpose_name(purpose));
}

/* A decimal number as both forms write it: digits, no zero in front. */
static bool take_number(struct pdg_bytes *rest, uint8_t end, uint64_t *out)
{
	size_t n = pdg_bytes_find_byte(*rest, end, 0);
	struct pdg_bytes digits;

	if (n == SIZE_MAX)
		return false;
	digits = pdg_bytes_head(*rest, n);
	if (n > 1 && digits.p[0] == '0')
		return false;
	*rest = pdg_bytes_from(*rest, n + 1);
	return pdg_bytes_u64(digits, INT64_MAX, out);
}

static bool is_statement_pae(struct pdg_bytes msg)
{
	uint64_t length;

	if (!pdg_bytes_starts(msg, PAE_HEAD))
		return false;
	msg = pdg_bytes_from(msg, sizeof(PAE_HEAD) - 1);
	return take_number(&msg, ' ', &length) && length == msg.n;
}

/* Take @text and a newline off the front. */
static bool take_line(struct pdg_bytes *rest, const char *text)
{
	if (!pdg_bytes_starts(*rest, text))
		return false;
	*rest = pdg_bytes_from(*rest, strlen(text));
	return true;
}

static bool is_checkpoint(struct pdg_bytes msg, const char *origin, const char *suffix)
{
	PDG_AUTO(buf) struct pdg_buf root = PDG_BUF_INIT(ROOT_BYTES);
	uint64_t size;

	if (!take_line(&msg, origin) || !take_line(&msg, suffix) || !take_line(&msg, "\n") ||
	    !take_number(&msg, '\n', &size) || msg.n == 0 || msg.p[msg.n - 1] != '\n')
		return false;
	msg = pdg_bytes_head(msg, msg.n - 1);
	return pdg_unbase64(msg, PDG_BASE64_STD, &root, NULL) == 0 && root.n == ROOT_BYTES;
}

int pdg_signer_allowed(enum pdg_purpose purpose, const char *origin, struct pdg_bytes msg,
		       struct pdg_error *err)
{
	bool good = false;

	switch (purpose) {
	case PDG_PURPOSE_SIGNING:
		good = is_statement_pae(msg);
		break;
	case PDG_PURPOSE_JOURNAL:
		good = is_checkpoint(msg, origin, "/journal");
		break;
	case PDG_PURPOSE_LOG:
		good = is_checkpoint(msg, origin, "");
		break;
	case PDG_PURPOSES:
		break;
	}
	return good ? 0 : refuse(purpose, err);
}

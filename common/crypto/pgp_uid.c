/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asked by pedigree-pgp when it describes a key file; the judge of a commit compares what comes
 * out. A user id is free text (RFC 4880 5.11) that its owner chose.
 */
#include "crypto/pgp_uid.h"

#define ADDRESS_MAX 254 /* RFC 5321 4.5.3.1.3, without its brackets */

static bool is_address(struct pdg_bytes a)
{
	size_t at = pdg_bytes_find_byte(a, '@', 0);

	if (at == SIZE_MAX || at == 0 || at + 1 == a.n || a.n > ADDRESS_MAX || !pdg_bytes_utf8(a))
		return false;
	if (pdg_bytes_find_byte(a, '@', at + 1) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		uint8_t c = a.p[i];

		if (c <= 0x20 || c == 0x7F ||
		    pdg_bytes_find_byte(pdg_bytes_str("<>()[]\\,;:\""), c, 0) != SIZE_MAX)
			return false;
	}
	return true;
}

struct pdg_bytes pdg_pgp_uid_address(struct pdg_bytes uid)
{
	const struct pdg_bytes none = pdg_bytes(uid.p, 0);
	size_t open = pdg_bytes_find_byte(uid, '<', 0);
	struct pdg_bytes address = uid;

	if (open != SIZE_MAX) {
		if (uid.p[uid.n - 1] != '>')
			return none;
		address = pdg_bytes_head(pdg_bytes_from(uid, open + 1), uid.n - open - 2);
	}
	return is_address(address) ? address : none;
}

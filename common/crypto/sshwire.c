/* SPDX-License-Identifier: Apache-2.0 */
/* The readers that sshkey*.c and sshsig.c take keys and signatures apart with. */
#include "crypto/sshwire.h"

bool pdg_sshwire_u8(struct pdg_bytes *rest, uint8_t *out)
{
	if (rest->n < 1)
		return false;
	*out = rest->p[0];
	*rest = pdg_bytes_from(*rest, 1);
	return true;
}

bool pdg_sshwire_u32(struct pdg_bytes *rest, uint32_t *out)
{
	const uint8_t *p = rest->p;

	if (rest->n < 4)
		return false;
	*out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	*rest = pdg_bytes_from(*rest, 4);
	return true;
}

bool pdg_sshwire_u64(struct pdg_bytes *rest, uint64_t *out)
{
	struct pdg_bytes at = *rest;
	uint32_t high;
	uint32_t low;

	if (!pdg_sshwire_u32(&at, &high) || !pdg_sshwire_u32(&at, &low))
		return false;
	*out = (uint64_t)high << 32 | low;
	*rest = at;
	return true;
}

bool pdg_sshwire_string(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	struct pdg_bytes at = *rest;
	uint32_t n;

	if (!pdg_sshwire_u32(&at, &n) || n > at.n)
		return false;
	*out = pdg_bytes_head(at, n);
	*rest = pdg_bytes_from(at, n);
	return true;
}

bool pdg_sshwire_mpint(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	struct pdg_bytes at = *rest;
	struct pdg_bytes v;

	if (!pdg_sshwire_string(&at, &v) || v.n == 0 || (v.p[0] & 0x80))
		return false;
	if (v.p[0] == 0) {
		if (v.n == 1 || !(v.p[1] & 0x80))
			return false;
		v = pdg_bytes_from(v, 1);
	}
	*out = v;
	*rest = at;
	return true;
}

/* A length that does not fit makes the buffer fail, as one beyond its limit does. */
void pdg_sshwire_put_string(struct pdg_buf *out, struct pdg_bytes s)
{
	if (s.n > UINT32_MAX) {
		(void)pdg_buf_room(out, SIZE_MAX);
		return;
	}
	pdg_buf_u32be(out, (uint32_t)s.n);
	pdg_buf_put(out, s);
}

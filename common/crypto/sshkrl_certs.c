/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A KRL's sections on certificates (PROTOCOL.krl 2). Serial numbers, however they are written,
 * become ranges that are sorted once, so that a question costs a search.
 */
#include "crypto/sshkrl_impl.h"

#include "crypto/sshwire.h"
#include "util/size.h"

#define BITMAP_MAX 2048 /* bytes; OpenSSH reads no larger number */

enum {
	CERT_SERIALS = 0x20,
	CERT_RANGE = 0x21,
	CERT_BITMAP = 0x22,
	CERT_KEY_IDS = 0x23,
	CERT_EXTENSION = 0x39,
};

struct pdg_krl_range {
	uint64_t first;
	uint64_t last;
};

void pdg_krl_issuer_done(struct pdg_krl_issuer *in)
{
	free(in->ranges);
	free(in->ids);
}

static int add_range(struct pdg_krl_issuer *to, size_t *entries, uint64_t first, uint64_t last,
		     struct pdg_error *err)
{
	int rc;

	/* 0 is what a CA writes that numbers nothing: OpenSSH revokes no such serial either. */
	if (first == 0 || first > last)
		return pdg_krl_malformed(err, "revokes serial number 0, or a range that is none");
	rc = pdg_krl_grow(entries, &to->ranges, to->n_ranges, &to->cap_ranges, sizeof(*to->ranges),
			  err);
	if (rc == 0)
		to->ranges[to->n_ranges++] = (struct pdg_krl_range){first, last};
	return rc;
}

static int take_serials(struct pdg_krl_issuer *to, size_t *entries, struct pdg_bytes *rest,
			struct pdg_error *err)
{
	uint64_t serial;
	int rc = 0;

	while (rc == 0 && pdg_sshwire_u64(rest, &serial))
		rc = add_range(to, entries, serial, serial, err);
	return rc;
}

static int take_range(struct pdg_krl_issuer *to, size_t *entries, struct pdg_bytes *rest,
		      struct pdg_error *err)
{
	uint64_t first;
	uint64_t last;

	if (!pdg_sshwire_u64(rest, &first) || !pdg_sshwire_u64(rest, &last))
		return pdg_krl_malformed(err, "has a range that is cut short");
	return add_range(to, entries, first, last, err);
}

static bool bit(struct pdg_bytes number, size_t i)
{
	return i / 8 < number.n && (number.p[number.n - 1 - i / 8] >> i % 8 & 1);
}

/* Bit i of the number is serial number offset + i: each run of them becomes a range. */
static int take_bitmap(struct pdg_krl_issuer *to, size_t *entries, struct pdg_bytes *rest,
		       struct pdg_error *err)
{
	struct pdg_bytes map;
	uint64_t offset;
	size_t bits;

	if (!pdg_sshwire_u64(rest, &offset) || !pdg_sshwire_mpint(rest, &map) || map.n > BITMAP_MAX)
		return pdg_krl_malformed(err, "has a bitmap that is none");
	for (bits = map.n * 8; !bit(map, bits - 1);)
		bits--;
	if (offset > UINT64_MAX - (bits - 1))
		return pdg_krl_malformed(err, "has a bitmap beyond the last serial number");
	for (size_t i = 0; i < bits; i++) {
		size_t first = i;
		int rc;

		if (!bit(map, i))
			continue;
		while (bit(map, i + 1))
			i++;
		rc = add_range(to, entries, offset + first, offset + i, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int take_key_ids(struct pdg_krl_issuer *to, size_t *entries, struct pdg_bytes *rest,
			struct pdg_error *err)
{
	struct pdg_bytes id;

	while (rest->n > 0) {
		int rc;

		if (!pdg_sshwire_string(rest, &id) || pdg_bytes_find_byte(id, 0, 0) != SIZE_MAX)
			return pdg_krl_malformed(err, "has a key id that is none");
		rc = pdg_krl_grow(entries, &to->ids, to->n_ids, &to->cap_ids, sizeof(*to->ids),
				  err);
		if (rc < 0)
			return rc;
		to->ids[to->n_ids++] = id;
	}
	return 0;
}

static int take_section(struct pdg_krl_issuer *to, size_t *entries, uint8_t type,
			struct pdg_bytes rest, struct pdg_error *err)
{
	int rc;

	if (rest.n == 0)
		return pdg_krl_malformed(err, "has an empty section");
	switch (type) {
	case CERT_SERIALS:
		rc = take_serials(to, entries, &rest, err);
		break;
	case CERT_RANGE:
		rc = take_range(to, entries, &rest, err);
		break;
	case CERT_BITMAP:
		rc = take_bitmap(to, entries, &rest, err);
		break;
	case CERT_KEY_IDS:
		rc = take_key_ids(to, entries, &rest, err);
		break;
	case CERT_EXTENSION:
		rc = pdg_krl_extension(&rest, err);
		break;
	default:
		return pdg_krl_malformed(err, "has a section for certificates of an unknown type");
	}
	if (rc == 0 && rest.n != 0)
		return pdg_krl_malformed(err, "has bytes behind a section's contents");
	return rc;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct pdg_krl_range *left = a;
	const struct pdg_krl_range *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

/* Where they overlap or touch, ranges become one. */
static void sort_ranges(struct pdg_krl_issuer *in)
{
	size_t n = 0;

	if (in->n_ranges == 0)
		return;
	qsort(in->ranges, in->n_ranges, sizeof(*in->ranges), compare_ranges);
	for (size_t i = 1; i < in->n_ranges; i++) {
		struct pdg_krl_range *last = &in->ranges[n];

		if (last->last == UINT64_MAX || in->ranges[i].first <= last->last + 1) {
			if (in->ranges[i].last > last->last)
				last->last = in->ranges[i].last;
		} else {
			in->ranges[++n] = in->ranges[i];
		}
	}
	in->n_ranges = n + 1;
}

static int compare_ids(const void *a, const void *b)
{
	const struct pdg_bytes *left = a;
	const struct pdg_bytes *right = b;
	size_t n = left->n < right->n ? left->n : right->n;
	int order = n > 0 ? memcmp(left->p, right->p, n) : 0;

	if (order != 0)
		return order;
	return left->n < right->n ? -1 : left->n > right->n;
}

int pdg_krl_issuer_read(struct pdg_krl_issuer *to, struct pdg_bytes in, size_t *entries,
			struct pdg_error *err)
{
	struct pdg_bytes ca;
	struct pdg_bytes reserved;
	struct pdg_bytes body;
	uint8_t type;
	int rc;

	if (!pdg_sshwire_string(&in, &ca) || !pdg_sshwire_string(&in, &reserved) ||
	    reserved.n != 0 || (ca.n > 0 && !pdg_krl_is_key(ca)) || in.n == 0)
		return pdg_krl_malformed(err, "has a section for certificates that is none");
	to->any = ca.n == 0;
	rc = pdg_sha256(ca, to->ca, err);
	while (rc == 0 && in.n > 0) {
		if (!pdg_sshwire_u8(&in, &type) || !pdg_sshwire_string(&in, &body))
			return pdg_krl_malformed(
				err, "has a section for certificates that is cut short");
		rc = take_section(to, entries, type, body, err);
	}
	if (rc < 0)
		return rc;
	sort_ranges(to);
	if (to->n_ids > 0)
		qsort(to->ids, to->n_ids, sizeof(*to->ids), compare_ids);
	return 0;
}

static int compare_serial(const void *serial, const void *range)
{
	const uint64_t *s = serial;
	const struct pdg_krl_range *r = range;

	return *s < r->first ? -1 : *s > r->last;
}

const char *pdg_krl_issuer_find(const struct pdg_krl_issuer *in, const struct pdg_sshcert *cert)
{
	if (in->n_ids > 0 &&
	    bsearch(&cert->key_id, in->ids, in->n_ids, sizeof(*in->ids), compare_ids))
		return "the certificate, by its key id";
	if (in->n_ranges > 0 &&
	    bsearch(&cert->serial, in->ranges, in->n_ranges, sizeof(*in->ranges), compare_serial))
		return "the certificate, by its serial number";
	return NULL;
}

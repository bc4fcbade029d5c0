/* SPDX-License-Identifier: Apache-2.0 */
/* Containers: lengths at their borders, in both formats, and numbers. */
#include "crypto/pgp_packet.h"

#include "support/check.h"

#define BYTES(s)                                                                                   \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

static const struct {
	const char *what;
	const char *head;
	size_t head_n;
	size_t body_n; /* bytes that are there */
	bool good;
	size_t n; /* bytes that belong to the packet */
	unsigned tag;
	bool shortest;
} packets[] = {
	{"old, one byte", "\x88\x05", 2, 5, true, 5, 2, true},
	{"old, one byte, empty", "\x88\x00", 2, 0, true, 0, 2, true},
	{"old, two bytes", "\x89\x01\x00", 3, 256, true, 256, 2, true},
	{"old, two bytes for few", "\x89\x00\xFF", 3, 255, true, 255, 2, false},
	{"old, four bytes", "\x8A\x00\x01\x00\x00", 5, 65536, true, 65536, 2, true},
	{"old, four bytes for few", "\x8A\x00\x00\xFF\xFF", 5, 65535, true, 65535, 2, false},
	{"old, rest of the file", "\x8B", 1, 5, false, 0, 0, false},
	{"new, one byte", "\xC2\xBF", 2, 191, true, 191, 2, true},
	{"new, two bytes", "\xC2\xC0\x00", 3, 192, true, 192, 2, true},
	{"new, two bytes, most", "\xC2\xDF\xFF", 3, 8383, true, 8383, 2, true},
	{"new, partial", "\xC2\xE0\x01", 3, 1, false, 0, 0, false},
	{"new, partial, last", "\xC2\xFE\x01", 3, 70000, false, 0, 0, false},
	{"new, five bytes", "\xC2\xFF\x00\x00\x20\xC0", 6, 8384, true, 8384, 2, true},
	{"new, five bytes for few", "\xC2\xFF\x00\x00\x20\xBF", 6, 8383, true, 8383, 2, false},
	{"new, huge", "\xC2\xFF\xFF\xFF\xFF\xFF", 6, 5, false, 0, 0, false},
	{"something behind", "\x88\x05", 2, 9, true, 5, 2, true},
	{"body cut short", "\x88\x05", 2, 4, false, 0, 0, false},
	{"length cut short", "\x89\x01", 2, 0, false, 0, 0, false},
	{"new length cut short", "\xC2\xC0", 2, 0, false, 0, 0, false},
	{"five bytes cut short", "\xC2\xFF\x00\x00", 4, 0, false, 0, 0, false},
	{"no length", "\x88", 1, 0, false, 0, 0, false},
	{"tag of four bits", "\xBC\x00", 2, 0, true, 0, 15, true},
	{"tag of six bits", "\xFF\x00", 2, 0, true, 0, 63, true},
	{"tag 0, old", "\x80\x00", 2, 0, false, 0, 0, false},
	{"tag 0, new", "\xC0\x00", 2, 0, false, 0, 0, false},
	{"no packet", "-----", 5, 0, false, 0, 0, false},
};

static void packet_lengths(void)
{
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		size_t n = packets[i].head_n + packets[i].body_n;
		uint8_t *in = calloc(n, 1); /* of its exact size: a sanitizer sees a byte too far */
		struct pdg_bytes rest = pdg_bytes(in, n);
		struct pdg_pgp_packet p;
		const char *why = NULL;

		pdg_test_case("%s", packets[i].what);
		memcpy(in, packets[i].head, packets[i].head_n);
		CHECK(pdg_pgp_packet_next(&rest, &p, &why) == packets[i].good);
		if (packets[i].good) {
			CHECK_UINT(p.tag, packets[i].tag);
			CHECK_UINT(p.body.n, packets[i].n);
			CHECK(p.body.p == in + packets[i].head_n);
			CHECK(p.shortest == packets[i].shortest);
			CHECK_UINT(rest.n, packets[i].body_n - packets[i].n);
		} else {
			CHECK(why != NULL);
			CHECK_UINT(rest.n, n);
		}
		free(in);
	}
}

static void subpackets(void)
{
	static const struct {
		struct pdg_bytes in;
		bool good;
		unsigned type;
		bool critical;
		bool shortest;
		size_t body;
		size_t rest;
	} rows[] = {
		{BYTES("\x05\x02\x01\x02\x03\x04"), true, 2, false, true, 4, 0},
		{BYTES("\x05\x82\x01\x02\x03\x04"), true, 2, true, true, 4, 0},
		{BYTES("\x01\x64"), true, 100, false, true, 0, 0},
		{BYTES("\x01\x64\x01\x64"), true, 100, false, true, 0, 2},
		{BYTES("\xFF\x00\x00\x00\x01\x64"), true, 100, false, false, 0, 0},
		{BYTES("\x00"), false, 0, false, false, 0, 0},
		{BYTES("\x06\x02\x01\x02\x03\x04"), false, 0, false, false, 0, 0},
		{BYTES("\xC0"), false, 0, false, false, 0, 0},
		{BYTES("\xE0\x00\x02"), false, 0, false, false, 0, 0},
		{BYTES("\xFF\x00\x00\x00"), false, 0, false, false, 0, 0},
		{BYTES("\xFF\xFF\xFF\xFF\xFF\x02"), false, 0, false, false, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_bytes rest = rows[i].in;
		struct pdg_pgp_subpacket s;
		const char *why = NULL;

		pdg_test_case("subpacket %zu", i);
		CHECK(pdg_pgp_subpacket_next(&rest, &s, &why) == rows[i].good);
		if (!rows[i].good) {
			CHECK(why != NULL);
			continue;
		}
		CHECK_UINT(s.type, rows[i].type);
		CHECK(s.critical == rows[i].critical);
		CHECK(s.shortest == rows[i].shortest);
		CHECK_UINT(s.body.n, rows[i].body);
		CHECK_UINT(rest.n, rows[i].rest);
	}
}

/* Two-byte lengths of subpackets go up to a first byte of 254; packets have partial ones there. */
static void long_subpacket(void)
{
	static uint8_t in[3 + 16319] = {0xFE, 0xFF};
	struct pdg_bytes rest = pdg_bytes(in, 2 + 16319);
	struct pdg_pgp_subpacket s;
	const char *why;

	in[2] = 20;
	CHECK(pdg_pgp_subpacket_next(&rest, &s, &why));
	CHECK_UINT(s.type, 20);
	CHECK_UINT(s.body.n, 16318);
	CHECK_UINT(rest.n, 0);
}

static void numbers(void)
{
	static const struct {
		struct pdg_bytes in;
		bool good;
		bool shortest;
		size_t n;
	} rows[] = {
		{BYTES("\x00\x00"), true, true, 0},
		{BYTES("\x00\x01\x01"), true, true, 1},
		{BYTES("\x00\x08\x80"), true, true, 1},
		{BYTES("\x00\x08\x7F"), true, false, 1},
		{BYTES("\x00\x09\x01\xFF"), true, true, 2},
		{BYTES("\x00\x10\x00\xFF"), true, false, 2},
		{BYTES("\x00\x01\x00"), true, false, 1}, /* zero, said to have a bit */
		{BYTES("\x00\x01\x03"), false, false, 0},
		{BYTES("\x00\x07\x80"), false, false, 0},
		{BYTES("\x00\x09\x03\xFF"), false, false, 0},
		{BYTES("\x00\x11\x01\xFF"), false, false, 0},
		{BYTES("\x00"), false, false, 0},
		{BYTES("\xFF\xFF\x01"), false, false, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_bytes rest = rows[i].in;
		struct pdg_pgp_mpi m;
		const char *why = NULL;

		pdg_test_case("number %zu", i);
		CHECK(pdg_pgp_mpi_next(&rest, &m, &why) == rows[i].good);
		if (!rows[i].good) {
			CHECK(why != NULL);
			continue;
		}
		CHECK(m.shortest == rows[i].shortest);
		CHECK_UINT(m.v.n, rows[i].n);
		CHECK_UINT(rest.n, 0);
	}
}

PDG_TEST_MAIN("crypto.pgp_packet", {"lengths of packets", packet_lengths},
	      {"subpackets", subpackets}, {"the longest two-byte subpacket", long_subpacket},
	      {"numbers", numbers})

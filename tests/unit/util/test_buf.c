/* SPDX-License-Identifier: Apache-2.0 */
/* The growing buffer: contents, the limit to the byte, sticky failure, NULL and nothing. */
#include <string.h>

#include "support/check.h"

static void writes_add_up(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1000);
	struct pdg_error err = {0};

	pdg_buf_puts(&b, "ab");
	pdg_buf_putc(&b, 'c');
	pdg_buf_printf(&b, "%d-%s", 42, "x");
	pdg_buf_put(&b, pdg_bytes("\0z", 2));
	CHECK_BYTES(pdg_buf_bytes(&b), pdg_bytes("abc42-x\0z", 9));
	CHECK_OK(pdg_buf_check(&b, &err), &err);
}

static void big_endian(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(6);

	pdg_buf_u16be(&b, 0x0102);
	pdg_buf_u32be(&b, 0x03040506);
	CHECK_BYTES(pdg_buf_bytes(&b), pdg_bytes("\1\2\3\4\5\6", 6));
}

static void empty_buffers(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(0);
	struct pdg_error err = {0};

	CHECK_STR(pdg_buf_cstr(&b), "");
	pdg_buf_put(&b, pdg_bytes(NULL, 0));
	pdg_buf_puts(&b, NULL);
	pdg_buf_puts(&b, "");
	pdg_buf_printf(&b, "%s", "");
	CHECK_OK(pdg_buf_check(&b, &err), &err);
	CHECK(pdg_buf_room(&b, 0) != NULL);
	CHECK_STR(pdg_buf_cstr(&b), "");
	pdg_buf_putc(&b, 'a');
	CHECK_CODE(pdg_buf_check(&b, &err), &err, PDG_E_LIMIT);
	pdg_buf_done(NULL);
}

/* The limit is exact, whatever kind of write reaches it. */
static void limit_is_exact(void)
{
	size_t limit;

	for (limit = 1; limit < 300; limit++) {
		PDG_AUTO(buf) struct pdg_buf b = {0};
		struct pdg_error err = {0};
		size_t i;

		pdg_test_case("limit %zu", limit);
		pdg_buf_init(&b, limit);
		for (i = 0; i < limit; i++)
			pdg_buf_putc(&b, (uint8_t)i);
		CHECK_OK(pdg_buf_check(&b, &err), &err);
		CHECK_UINT(b.n, limit);
		CHECK(b.cap <= limit + 1 || b.cap <= 128);
		CHECK(pdg_buf_cstr(&b)[limit] == '\0');
		if (limit % 3 == 0)
			pdg_buf_putc(&b, 'x');
		else if (limit % 3 == 1)
			pdg_buf_printf(&b, "%c", 'x');
		else
			CHECK(pdg_buf_room(&b, 1) == NULL);
		CHECK_CODE(pdg_buf_check(&b, &err), &err, PDG_E_LIMIT);
	}
	pdg_test_case(NULL);
}

static void failure_sticks_and_empties(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(3);
	struct pdg_error err = {0};

	pdg_buf_puts(&b, "abc");
	pdg_buf_puts(&b, "d");
	pdg_buf_puts(&b, "e");
	CHECK_UINT(pdg_buf_bytes(&b).n, 0);
	CHECK_STR(pdg_buf_cstr(&b), "");
	CHECK(pdg_buf_room(&b, 1) == NULL);
	CHECK_CODE(pdg_buf_check(&b, &err), &err, PDG_E_LIMIT);
	CHECK_INT(pdg_buf_check(&b, NULL), PDG_E_LIMIT);

	pdg_buf_reset(&b);
	pdg_buf_puts(&b, "xyz");
	CHECK_OK(pdg_buf_check(&b, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "xyz");
	pdg_buf_done(&b);
	pdg_buf_puts(&b, "xyz");
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "xyz");
	pdg_buf_puts(&b, "z");
	CHECK_INT(pdg_buf_check(&b, NULL), PDG_E_LIMIT);
}

static void sizes_do_not_wrap(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(SIZE_MAX);

	pdg_buf_puts(&b, "abc");
	CHECK(pdg_buf_room(&b, SIZE_MAX) == NULL);
	CHECK_INT(b.failed, PDG_E_LIMIT);
	pdg_buf_reset(&b);
	CHECK(pdg_buf_room(&b, SIZE_MAX) == NULL);
	CHECK_INT(b.failed, PDG_E_LIMIT);
}

static void grows_to_any_size(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(100000);
	size_t wrong = 0;
	size_t i;

	for (i = 0; i < 25000; i++)
		pdg_buf_u32be(&b, (uint32_t)i);
	CHECK_UINT(b.n, 100000);
	for (i = 0; i < 25000 && b.n == 100000; i++)
		wrong += b.p[4 * i + 2] != (uint8_t)(i >> 8) || b.p[4 * i + 3] != (uint8_t)i;
	CHECK_UINT(wrong, 0);
	pdg_buf_reset(&b);
	pdg_buf_puts(&b, "again");
	CHECK_STR(pdg_buf_cstr(&b), "again");
}

/* The NUL of pdg_buf_cstr() and of printf's last byte is not part of the contents. */
static void nul_is_not_counted(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(300);

	pdg_buf_puts(&b, "ab");
	CHECK_UINT(strlen(pdg_buf_cstr(&b)), 2);
	pdg_buf_printf(&b, "%0250d", 7);
	CHECK_UINT(b.n, 252);
	CHECK_UINT(strlen(pdg_buf_cstr(&b)), 252);
}

static void moved_and_swapped(void)
{
	PDG_AUTO(buf) struct pdg_buf a = PDG_BUF_INIT(8);
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(300);
	struct pdg_buf c;

	pdg_buf_puts(&a, "one");
	pdg_buf_puts(&b, "another one");
	pdg_buf_swap(&a, &b);
	CHECK_STR(pdg_buf_cstr(&a), "another one");
	CHECK_STR(pdg_buf_cstr(&b), "one");
	CHECK_UINT(b.max, 8);
	pdg_buf_move(&c, &b);
	CHECK_STR(pdg_buf_cstr(&c), "one");
	CHECK_UINT(c.max, 8);
	CHECK_UINT(b.n, 0);
	/* What is left may be used again, with its limit. */
	pdg_buf_puts(&b, "12345678");
	CHECK_INT(b.failed, 0);
	pdg_buf_putc(&b, '9');
	CHECK_INT(b.failed, PDG_E_LIMIT);
	pdg_buf_done(&c);
}

PDG_TEST_MAIN("buf", {"writes add up", writes_add_up}, {"big endian", big_endian},
	      {"empty buffers", empty_buffers}, {"limit is exact", limit_is_exact},
	      {"failure sticks and empties", failure_sticks_and_empties},
	      {"sizes do not wrap", sizes_do_not_wrap}, {"grows to any size", grows_to_any_size},
	      {"NUL is not counted", nul_is_not_counted}, {"moved and swapped", moved_and_swapped})

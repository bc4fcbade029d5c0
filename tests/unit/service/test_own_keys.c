/* SPDX-License-Identifier: Apache-2.0 */
/* The list of the signing keys that a service has had, and its text in the store. */
#include "service/own_keys.h"

#include "support/check.h"
#include "util/limits.h"

static struct pdg_key *make(void)
{
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &key, &err), &err))
		abort();
	return key;
}

static void one_after_the_other(void)
{
	PDG_AUTO(own_keys) struct pdg_key_list list = {0};
	PDG_AUTO(own_keys) struct pdg_key_list again = {0};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(key) struct pdg_key *a = make();
	PDG_AUTO(key) struct pdg_key *b = make();
	struct pdg_error err = {0};

	CHECK_OK(pdg_own_keys_turn(&list, a, 50, 100, &err), &err);
	CHECK_OK(pdg_own_keys_turn(&list, a, 0, 150, &err), &err); /* nothing new */
	CHECK_OK(pdg_own_keys_turn(&list, b, 0, 200, &err), &err);
	CHECK_UINT(list.n, 2);
	CHECK_INT(list.v[0].when.after, 50);
	CHECK_INT(list.v[0].when.before, 200);
	CHECK_INT(list.v[1].when.after, 200);
	CHECK_INT(list.v[1].when.before, 0);
	CHECK_OK(pdg_own_keys_turn(&list, a, 0, 300, &err), &err); /* the first again */
	CHECK_UINT(list.n, 2);
	CHECK(pdg_key_same(list.v[1].key, a));
	CHECK_INT(list.v[1].when.after, 50);
	CHECK_INT(list.v[1].when.before, 0);
	CHECK_INT(list.v[0].when.before, 300);

	CHECK_OK(pdg_own_keys_write(&list, &text, &err), &err);
	CHECK_OK(pdg_own_keys_read(pdg_buf_cstr(&text), &again, &err), &err);
	CHECK_UINT(again.n, 2);
	CHECK(pdg_key_same(again.v[0].key, b) && pdg_key_same(again.v[1].key, a));
	CHECK_INT(again.v[0].when.before, 300);
}

static void the_oldest_are_forgotten(void)
{
	PDG_AUTO(own_keys) struct pdg_key_list list = {0};
	struct pdg_error err = {0};
	int64_t i;

	for (i = 1; i <= PDG_LIMIT_OWN_KEYS + 3; i++) {
		PDG_AUTO(key) struct pdg_key *key = make();

		CHECK_OK(pdg_own_keys_turn(&list, key, 0, i, &err), &err);
	}
	CHECK_UINT(list.n, PDG_LIMIT_OWN_KEYS);
	CHECK_INT(list.v[0].when.after, 4);
}

static void what_is_no_list_is_refused(void)
{
	static const char *const texts[] = {
		"x", "1 2", "1 2 ", "1 2 AAAA\n", "-1 0 AAAA\n", "1  AAAA\n", "\n", "1 2 !\n",
	};
	PDG_AUTO(own_keys) struct pdg_key_list list = {0};
	struct pdg_error err = {0};
	size_t i;

	CHECK_OK(pdg_own_keys_read(NULL, &list, &err), &err);
	CHECK_OK(pdg_own_keys_read("", &list, &err), &err);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		pdg_test_case("'%s'", texts[i]);
		CHECK_RULE(pdg_own_keys_read(texts[i], &list, &err), &err, "STO-3");
		CHECK_UINT(list.n, 0);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("own_keys", {"one after the other", one_after_the_other},
	      {"the oldest are forgotten", the_oldest_are_forgotten},
	      {"what is no list is refused", what_is_no_list_is_refused})

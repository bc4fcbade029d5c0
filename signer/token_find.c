/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a URI to one slot and one key. A URI that fits several is refused: which of them came first
 * would be the module's choice.
 */
#include "signer/token_impl.h"
#include "util/limits.h"
#include "util/size.h"

#define SLOTS_MAX	1024
#define ATTRIBUTES_MAX	16
#define ATTRIBUTE_BYTES PDG_LIMIT_KIB(64)

/* Try the slots of the module; each that fits is counted. */
static int look_in(struct pdg_token *t, CK_FUNCTION_LIST *module, size_t *found,
		   struct pdg_error *err)
{
	PDG_AUTO(mem) CK_SLOT_ID *slots = NULL;
	CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(t->uri);
	CK_ULONG n = 0, i;
	CK_INFO info;

	if (module->C_GetInfo(&info) != CKR_OK || !p11_kit_uri_match_module_info(t->uri, &info) ||
	    module->C_GetSlotList(CK_TRUE, NULL, &n) != CKR_OK || n == 0 || n > SLOTS_MAX)
		return 0;
	slots = pdg_calloc(n, sizeof(*slots));
	if (!slots)
		return pdg_nomem(err);
	if (module->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		return 0;
	for (i = 0; i < n; i++) {
		CK_SLOT_INFO slot;
		CK_TOKEN_INFO token;

		if ((wanted != (CK_SLOT_ID)-1 && slots[i] != wanted) ||
		    module->C_GetSlotInfo(slots[i], &slot) != CKR_OK ||
		    !p11_kit_uri_match_slot_info(t->uri, &slot) ||
		    module->C_GetTokenInfo(slots[i], &token) != CKR_OK ||
		    !(token.flags & CKF_TOKEN_INITIALIZED) ||
		    !p11_kit_uri_match_token_info(t->uri, &token))
			continue;
		t->module = module;
		t->slot = slots[i];
		(*found)++;
	}
	return 0;
}

int pdg_token_find_slot(struct pdg_token *t, struct pdg_error *err)
{
	size_t found = 0;
	int rc = look_in(t, t->loaded, &found, err);

	if (rc < 0 || found == 1)
		return rc;
	if (found == 0)
		return pdg_token_away(t, err, "no token is there that this URI names");
	return pdg_token_refuse(
		t, err, "%zu tokens are there that this URI names: say more of the one", found);
}

int pdg_token_find(const struct pdg_token *t, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
		   const CK_ATTRIBUTE *v, size_t n, CK_OBJECT_HANDLE *out, size_t max,
		   size_t *out_n, struct pdg_error *err)
{
	CK_ATTRIBUTE all[ATTRIBUTES_MAX + 1] = {
		{.type = CKA_CLASS, .pValue = &class, .ulValueLen = sizeof(class)}};
	CK_ULONG count = 1, got = 0;
	size_t i;
	CK_RV rv;

	for (i = 0; i < n; i++) {
		if (v[i].type == CKA_CLASS)
			continue;
		if (count > ATTRIBUTES_MAX)
			return pdg_token_refuse(t, err, "the URI says too much");
		all[count++] = v[i];
	}
	rv = t->module->C_FindObjectsInit(session, all, count);
	if (rv != CKR_OK)
		return pdg_token_refuse(t, err, "cannot be searched: %s", p11_kit_strerror(rv));
	rv = t->module->C_FindObjects(session, out, max, &got);
	(void)t->module->C_FindObjectsFinal(session);
	if (rv != CKR_OK || got > max)
		return pdg_token_refuse(t, err, "cannot be searched: %s", p11_kit_strerror(rv));
	*out_n = got;
	return 0;
}

int pdg_token_value(const struct pdg_token *t, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
		    CK_ATTRIBUTE_TYPE type, struct pdg_buf *out, struct pdg_error *err)
{
	CK_ATTRIBUTE a = {.type = type};
	size_t asked;
	uint8_t *p;

	/* Whatever the reason is: there is no such value to be had. */
	if (t->module->C_GetAttributeValue(session, object, &a, 1) != CKR_OK ||
	    a.ulValueLen == CK_UNAVAILABLE_INFORMATION || a.ulValueLen == 0)
		return 0;
	asked = a.ulValueLen;
	if (asked > ATTRIBUTE_BYTES)
		return pdg_token_refuse(t, err, "an attribute has %zu bytes", asked);
	p = pdg_buf_room(out, asked);
	if (!p)
		return pdg_buf_check(out, err);
	a.pValue = p;
	if (t->module->C_GetAttributeValue(session, object, &a, 1) != CKR_OK ||
	    a.ulValueLen > asked)
		return pdg_token_refuse(t, err, "an attribute cannot be read");
	out->n -= asked - a.ulValueLen;
	return 0;
}

static int key_kind(struct pdg_token *t, CK_SESSION_HANDLE session, struct pdg_error *err)
{
	CK_BBOOL always = CK_FALSE;
	CK_ATTRIBUTE kind = {CKA_KEY_TYPE, &t->kind, sizeof(t->kind)};
	CK_ATTRIBUTE asks = {CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always)};

	if (t->module->C_GetAttributeValue(session, t->key, &kind, 1) != CKR_OK)
		return pdg_token_refuse(t, err, "the key does not say of what type it is");
	/* Older tokens do not know the question. */
	t->asks_always = t->module->C_GetAttributeValue(session, t->key, &asks, 1) == CKR_OK &&
			 always == CK_TRUE;
	return 0;
}

int pdg_token_find_key(struct pdg_token *t, CK_SESSION_HANDLE session, struct pdg_error *err)
{
	CK_OBJECT_HANDLE found[PDG_LIMIT_TOKEN_KEYS];
	CK_ULONG n_attributes = 0;
	CK_ATTRIBUTE *v = p11_kit_uri_get_attributes(t->uri, &n_attributes);
	size_t n = 0;
	int rc = pdg_token_find(t, session, CKO_PRIVATE_KEY, v, n_attributes, found,
				PDG_LIMIT_TOKEN_KEYS, &n, err);

	if (rc < 0)
		return rc;
	if (n == 0)
		return pdg_token_refuse(t, err, "no private key is there that this URI names");
	if (n > 1)
		return pdg_token_refuse(
			t, err, "%zu private keys are there that this URI names: say its id", n);
	t->key = found[0];
	return key_kind(t, session, err);
}

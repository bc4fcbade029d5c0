/* SPDX-License-Identifier: Apache-2.0 */
/* A token as its files see it: token.c (open, sessions), token_find.c (which one, which key),
 * token_public.c (its public half), token_sign.c. Private to this folder. */
#ifndef PDG_SIGNER_TOKEN_IMPL_H
#define PDG_SIGNER_TOKEN_IMPL_H

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <pthread.h>

#include "agent/wire.h"
#include "signer/token.h"

struct pdg_token {
	char *name; /* the URI without its query, which may hold the PIN */
	P11KitUri *uri;
	CK_FUNCTION_LIST *loaded; /* of module-path; initialized */
	struct pdg_buf pin;

	CK_FUNCTION_LIST *module;
	CK_SLOT_ID slot;
	CK_OBJECT_HANDLE key;
	CK_KEY_TYPE kind;
	bool asks_always; /* CKA_ALWAYS_AUTHENTICATE */
	bool pin_refused; /* when it was opened */
	enum pdg_key_type type;

	pthread_mutex_t mutex; /* guards: */
	CK_SESSION_HANDLE idle[PDG_AGENT_CONNECTIONS];
	size_t n_idle;
};

/** KEY-5 with the token's name before the text. */
int pdg_token_refuse(const struct pdg_token *t, struct pdg_error *err, const char *fmt, ...)
	PDG_PRINTF(3, 4);

/** The same by KEY-7: it may be there later. */
int pdg_token_away(const struct pdg_token *t, struct pdg_error *err, const char *fmt, ...)
	PDG_PRINTF(3, 4);

/** The one token of the module that the URI names: t->module, t->slot. KEY-5, KEY-7. */
int pdg_token_find_slot(struct pdg_token *t, struct pdg_error *err) PDG_MUST_CHECK;
/** The one private key in it that the URI names: t->key, t->kind, t->asks_always. KEY-5. */
int pdg_token_find_key(struct pdg_token *t, CK_SESSION_HANDLE session,
		       struct pdg_error *err) PDG_MUST_CHECK;
/** Objects of @class with the attributes @v. At most @max, else KEY-5. */
int pdg_token_find(const struct pdg_token *t, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
		   const CK_ATTRIBUTE *v, size_t n, CK_OBJECT_HANDLE *out, size_t max,
		   size_t *out_n, struct pdg_error *err) PDG_MUST_CHECK;
/** Append the value of an attribute; nothing when the object has none. */
int pdg_token_value(const struct pdg_token *t, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
		    CK_ATTRIBUTE_TYPE type, struct pdg_buf *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Append the SPKI of t->key. KEY-5. */
int pdg_token_public(const struct pdg_token *t, CK_SESSION_HANDLE session, struct pdg_buf *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** pdg_key_elsewhere.sign(); @ctx is the struct pdg_token. */
int pdg_token_sign(void *ctx, struct pdg_bytes msg, struct pdg_buf *out_sig,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** A session that is logged in, and giving it back; a broken one is closed instead. */
CK_RV pdg_token_session(struct pdg_token *t, CK_SESSION_HANDLE *out);
void pdg_token_session_back(struct pdg_token *t, CK_SESSION_HANDLE session, bool good);

#endif

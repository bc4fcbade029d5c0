/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a token: URI, module, slot, session, PIN, key, public half, one signature as a trial.
 * What is open stays so until the process ends.
 */
#include <stdarg.h>
#include <stdio.h>

#include "signer/token_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

PDG_PRINTF(4, 0)
static int refuse(const struct pdg_token *t, const char *rule, struct pdg_error *err,
		  const char *fmt, va_list ap)
{
	char text[PDG_ERROR_TEXT_MAX];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	return pdg_reject(err, rule, "%s: %s", t->name, text);
}

int pdg_token_refuse(const struct pdg_token *t, struct pdg_error *err, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = refuse(t, "KEY-5", err, fmt, ap);
	va_end(ap);
	return rc;
}

int pdg_token_away(const struct pdg_token *t, struct pdg_error *err, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = refuse(t, "KEY-7", err, fmt, ap);
	va_end(ap);
	return rc;
}

static void token_free(void *ctx)
{
	struct pdg_token *t = ctx;

	if (!t)
		return;
	while (t->n_idle > 0)
		(void)t->module->C_CloseSession(t->idle[--t->n_idle]);
	if (t->loaded) {
		(void)p11_kit_module_finalize(t->loaded);
		p11_kit_module_release(t->loaded);
	}
	p11_kit_uri_free(t->uri);
	pdg_buf_done(&t->pin);
	(void)pthread_mutex_destroy(&t->mutex);
	free(t->name);
	free(t);
}
PDG_AUTO_DEFINE(token, struct pdg_token *, token_free)

static struct pdg_token *token_new(void)
{
	struct pdg_token *t = pdg_calloc(1, sizeof(*t));

	if (t)
		(void)pthread_mutex_init(&t->mutex, NULL);
	return t;
}

static int bad_uri(int rc, struct pdg_error *err)
{
	pdg_fix(err,
		"write it as RFC 7512 has it: pkcs11:token=T;object=O?module-path=/M&pin-source="
		"file:/P, in quotes, with %%25 for a %% in a name");
	return rc;
}

static int read_uri(struct pdg_token *t, const char *uri, struct pdg_error *err)
{
	size_t n = strcspn(uri, "?");
	int rc;

	t->name = pdg_str_printf("%.*s", (int)n, uri);
	t->uri = p11_kit_uri_new();
	if (!t->name || !t->uri)
		return pdg_nomem(err);
	rc = p11_kit_uri_parse(uri, P11_KIT_URI_FOR_ANY, t->uri);
	if (rc != P11_KIT_URI_OK)
		return bad_uri(pdg_token_refuse(t, err, "the URI cannot be read: %s",
						p11_kit_uri_message(rc)),
			       err);
	/* p11-kit's rule for what it does not know: such a URI names nothing. */
	if (p11_kit_uri_any_unrecognized(t->uri))
		return bad_uri(pdg_token_refuse(t, err, "the URI has parts that are not known"),
			       err);
	return 0;
}

/*
 * The one that is named and no other. p11-kit's own list of modules is of several places, some in
 * the home of the user, and whatever stands in one of them runs here.
 */
static int module_of(const struct pdg_token *t, const char **out, struct pdg_error *err)
{
	const char *path = p11_kit_uri_get_module_path(t->uri);

	if (!path)
		return bad_uri(pdg_token_refuse(t, err, "the URI names no module (module-path)"),
			       err);
	if (path[0] != '/')
		return bad_uri(pdg_token_refuse(t, err, "module-path is no absolute path"), err);
	*out = path;
	return 0;
}

static int load_module(struct pdg_token *t, struct pdg_error *err)
{
	const char *path, *why;
	CK_RV rv;
	int rc = module_of(t, &path, err);

	if (rc < 0)
		return rc;
	t->loaded = p11_kit_module_load(path, 0);
	if (!t->loaded) {
		why = p11_kit_message();
		rc = pdg_token_refuse(t, err, "the module %s cannot be loaded: %s", path,
				      why ? why : "the loader does not say why");
		pdg_fix(err, "name by module-path a PKCS#11 module for this machine, which the "
			     "service's user can read, as all that it needs (ldd shows that)");
		return rc;
	}
	rv = p11_kit_module_initialize(t->loaded);
	if (rv == CKR_OK)
		return 0;
	p11_kit_module_release(PDG_TAKE(t->loaded));
	rc = pdg_token_away(t, err, "the module %s does not start: %s", path, p11_kit_strerror(rv));
	pdg_fix(err, "see that what the module speaks to is there, and its own configuration: a "
		     "variable of the unit file may name it (SOFTHSM2_CONF)");
	return rc;
}

static int read_pin(struct pdg_token *t, struct pdg_error *err)
{
	const char *value = p11_kit_uri_get_pin_value(t->uri);
	const char *source = p11_kit_uri_get_pin_source(t->uri);

	pdg_buf_init(&t->pin, PDG_LIMIT_PASSPHRASE);
	if (value) {
		pdg_buf_puts(&t->pin, value);
		return pdg_buf_check(&t->pin, err);
	}
	if (!source)
		return 0;
	if (pdg_str_starts(source, "file:"))
		source += strlen("file:");
	if (source[0] == '/' && source[1] == '/')
		source += 2;
	if (source[0] != '/')
		return bad_uri(
			pdg_token_refuse(t, err, "pin-source is not file: and an absolute path"),
			err);
	return pdg_context(err, pdg_key_secret_file(source, &t->pin, err), "pin-source");
}

/* Is nobody there to look at a PIN? All else may be a PIN that was wrong, and counted. */
static bool is_away(CK_RV rv)
{
	switch (rv) {
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_TOKEN_NOT_RECOGNIZED:
	case CKR_DEVICE_REMOVED:
	case CKR_DEVICE_ERROR:
	case CKR_DEVICE_MEMORY:
	case CKR_HOST_MEMORY:
	case CKR_SLOT_ID_INVALID:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
		return true;
	default:
		return false;
	}
}

static CK_RV login(struct pdg_token *t, CK_SESSION_HANDLE session)
{
	CK_TOKEN_INFO info;
	CK_RV rv = t->module->C_GetTokenInfo(t->slot, &info);

	if (rv != CKR_OK || !(info.flags & CKF_LOGIN_REQUIRED))
		return rv;
	rv = t->module->C_Login(session, CKU_USER, t->pin.p, t->pin.n);
	if (rv == CKR_USER_ALREADY_LOGGED_IN)
		return CKR_OK;
	t->pin_refused = rv != CKR_OK && !is_away(rv);
	return rv;
}

CK_RV pdg_token_session(struct pdg_token *t, CK_SESSION_HANDLE *out)
{
	CK_SESSION_HANDLE session;
	CK_RV rv;

	(void)pthread_mutex_lock(&t->mutex);
	if (t->n_idle > 0) {
		*out = t->idle[--t->n_idle];
		(void)pthread_mutex_unlock(&t->mutex);
		return CKR_OK;
	}
	(void)pthread_mutex_unlock(&t->mutex);
	rv = t->module->C_OpenSession(t->slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
	if (rv != CKR_OK)
		return rv;
	rv = login(t, session);
	if (rv != CKR_OK)
		(void)t->module->C_CloseSession(session);
	else
		*out = session;
	return rv;
}

void pdg_token_session_back(struct pdg_token *t, CK_SESSION_HANDLE session, bool good)
{
	(void)pthread_mutex_lock(&t->mutex);
	if (good && t->n_idle < PDG_AGENT_CONNECTIONS) {
		t->idle[t->n_idle++] = session;
		session = 0;
	}
	(void)pthread_mutex_unlock(&t->mutex);
	if (session)
		(void)t->module->C_CloseSession(session);
}

/* A PIN that is wrong is not tried again and again: that locks a token. */
static int not_opened(const struct pdg_token *t, CK_RV rv, struct pdg_error *err)
{
	int rc;

	if (!t->pin_refused)
		return pdg_token_away(t, err, "the token cannot be opened: %s",
				      p11_kit_strerror(rv));
	rc = pdg_token_refuse(t, err, "the token cannot be opened: %s%s", p11_kit_strerror(rv),
			      t->pin.n ? "" : " (the URI gives no PIN)");
	if (t->pin.n)
		pdg_fix(err, "put the right PIN into the file of pin-source; after a few wrong "
			     "ones a token locks itself (pkcs11-tool --module MODULE -L shows it)");
	else
		pdg_fix(err, "put the PIN into a file of mode 0600, and name that in the URI by "
			     "pin-source=file:/PATH");
	return rc;
}

static int open_key(struct pdg_token *t, struct pdg_buf *spki, struct pdg_error *err)
{
	CK_SESSION_HANDLE session;
	CK_RV rv = pdg_token_session(t, &session);
	int rc;

	if (rv != CKR_OK)
		return not_opened(t, rv, err);
	rc = pdg_token_find_key(t, session, err);
	if (rc == 0)
		rc = pdg_token_public(t, session, spki, err);
	pdg_token_session_back(t, session, true);
	return rc;
}

/* Does the token sign by the key whose public half was found? */
static int try_key(const struct pdg_token *t, const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	struct pdg_bytes msg = pdg_bytes_str("pedigree: do both halves of this key fit?");
	struct pdg_error why = {0};

	if (pdg_key_sign(key, msg, &sig, &why) < 0)
		return pdg_token_refuse(t, err, "a trial: %s", why.text);
	if (pdg_key_verify(key, msg, pdg_buf_bytes(&sig), &why) < 0)
		return pdg_token_refuse(t, err, "the public half in the token is of another key");
	return 0;
}

int pdg_token_module(const char *uri, char **out, struct pdg_error *err)
{
	PDG_AUTO(token) struct pdg_token *t = token_new();
	const char *path = NULL;
	int rc = t ? read_uri(t, uri, err) : pdg_nomem(err);

	if (rc == 0)
		rc = module_of(t, &path, err);
	if (rc < 0)
		return rc;
	*out = pdg_str_dup(path);
	return *out ? 0 : pdg_nomem(err);
}

int pdg_token_open(const char *uri, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(token) struct pdg_token *t = token_new();
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct pdg_key_elsewhere at = {.sign = pdg_token_sign, .release = token_free, .ctx = t};
	struct pdg_token *held = t;
	int rc;

	if (!t)
		return pdg_nomem(err);
	rc = read_uri(t, uri, err);
	if (rc == 0)
		rc = load_module(t, err);
	if (rc == 0)
		rc = read_pin(t, err);
	if (rc == 0)
		rc = pdg_token_find_slot(t, err);
	if (rc == 0)
		rc = open_key(t, &spki, err);
	if (rc < 0)
		return rc;
	rc = pdg_key_elsewhere(pdg_buf_bytes(&spki), &at, &key, err);
	if (rc < 0)
		return pdg_as_rule(err, rc, "KEY-5");
	t = NULL; /* the key's now */
	held->type = pdg_key_type(key);
	rc = try_key(held, key, err);
	if (rc == 0)
		*out = PDG_TAKE(key);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* From the words of the command line to one SHA-256. */
#include "judge/subject.h"

#include <string.h>

#include "common/check_option.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/str.h"

static bool take_digest(const char *text, struct pdg_subject_arg *out)
{
	struct pdg_bytes hex;

	if (!pdg_str_starts(text, "sha256:"))
		return false;
	hex = pdg_bytes_str(text + strlen("sha256:"));
	if (!pdg_is_hex(hex, PDG_SHA256_HEX - 1))
		return false;
	memcpy(out->sha256, hex.p, hex.n);
	out->sha256[hex.n] = '\0';
	return true;
}

/* "registry.example/app:v1": a tag stands behind the last part of the name. */
static bool looks_like_tag(const char *text)
{
	const char *slash = strrchr(text, '/');
	const char *colon = strchr(slash ? slash : text, ':');

	return colon && colon != text && colon[1] && text[0] != '/' && text[0] != '.' &&
	       !strchr(text, '@') && !pdg_fs_exists(text);
}

static int no_subject(const char *text, struct pdg_error *err)
{
	int rc =
		pdg_reject(err, "CLI-3",
			   "'%s' is no file, no sha256:<64 hex> and no name@sha256:<64 hex>", text);

	if (strstr(text, "sha256:"))
		pdg_fix(err, "a digest is sha256: and 64 lower-case hex digits");
	else if (pdg_fs_is_dir(text))
		pdg_fix(err, "it is a folder: name a file in it");
	else if (looks_like_tag(text))
		pdg_fix(err, "an image tag can move: name the image by digest, e.g. %s@sha256:…",
			text);
	else
		pdg_fix(err, "name a file that is there and that you can read");
	return rc;
}

int pdg_subject_arg(const char *text, struct pdg_subject_arg *out, struct pdg_error *err)
{
	const char *at = strrchr(text, '@');
	int rc;

	out->name = NULL;
	if (take_digest(text, out))
		return 0;
	if (at && at != text && take_digest(at + 1, out)) {
		out->name = pdg_str_dup(text);
		return out->name ? 0 : pdg_nomem(err);
	}
	rc = pdg_check_in_file(text, "", NULL);
	if (rc < 0)
		return no_subject(text, err);
	rc = pdg_sha256_file(text, out->sha256, err);
	if (rc < 0)
		return rc;
	out->name = pdg_str_dup(text);
	return out->name ? 0 : pdg_nomem(err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at paths and URLs before anything is made, signed or sent. */
#include "common/check_option.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/str.h"
#include "util/time.h"
#include "util/url.h"

static int unwritable(const char *option, const char *path, const char *why, struct pdg_error *err)
{
	int rc = pdg_reject(err, "CLI-2", "--%s \"%s\" cannot be written: %s", option, path, why);

	pdg_fix(err, "name a place that exists and that you may write to");
	return rc;
}

int pdg_check_in_file(const char *path, const char *what, struct pdg_error *err)
{
	struct stat st;
	int rc;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0)
		return 0;
	rc = pdg_reject(err, "CLI-3", "%s%s\"%s\" is no file that can be read", what,
			what[0] ? " " : "", path);
	pdg_fix(err, pdg_fs_is_dir(path) ? "it is a folder: name a file in it"
					 : "name a file that is there");
	return rc;
}

int pdg_check_out_file(const struct pdg_args *args, const char *option, struct pdg_error *err)
{
	const char *path = pdg_args_get(args, option);
	PDG_AUTO(mem) char *real = NULL;
	PDG_AUTO(mem) char *dir = NULL;
	struct stat st;

	if (!path)
		return 0;
	if (!path[0])
		return unwritable(option, path, "it is no name", err);
	if (pdg_fs_is_dir(path))
		return unwritable(option, path, "it is a folder", err);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return access(path, W_OK) == 0 ? 0 : unwritable(option, path, strerror(errno), err);
	/* A file is replaced by rename, the one behind a link where it is: its folder is what must
	 * be writable. */
	if (lstat(path, &st) == 0 && pdg_path_real(path, &real, err) < 0)
		return unwritable(option, path, "it is a link to nothing", err);
	dir = pdg_path_dir(real ? real : path);
	if (!dir)
		return pdg_nomem(err);
	if (access(dir, W_OK | X_OK) != 0)
		return unwritable(option, path, strerror(errno), err);
	return pdg_fs_is_dir(dir) ? 0 : unwritable(option, path, "its folder is none", err);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Are both names of one file, whether it is there already or not? A device holds nothing to lose.
 */
static bool one_file(const char *a, const char *b)
{
	PDG_AUTO(mem) char *dir_a = pdg_path_dir(a);
	PDG_AUTO(mem) char *dir_b = pdg_path_dir(b);
	struct stat x, y;
	bool there = stat(a, &x) == 0;

	if (there && !S_ISREG(x.st_mode))
		return false;
	if ((stat(b, &y) == 0) != there)
		return false;
	if (there)
		return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	return dir_a && dir_b && stat(dir_a, &x) == 0 && stat(dir_b, &y) == 0 &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
	       pdg_str_eq(last_part(a), last_part(b));
}

int pdg_check_out_apart(const struct pdg_args *args, const char *option, const char *other,
			struct pdg_error *err)
{
	const char *path = pdg_args_get(args, option);
	int rc;

	if (!path || !other || !one_file(path, other))
		return 0;
	rc = pdg_reject(err, "CLI-2", "--%s \"%s\" would take the place of \"%s\"", option, path,
			other);
	pdg_fix(err, "name another file");
	return rc;
}

int pdg_check_out_dir(const struct pdg_args *args, const char *option, struct pdg_error *err)
{
	const char *path = pdg_args_get(args, option);
	PDG_AUTO(mem) char *at = pdg_str_dup(path);

	if (!path)
		return 0;
	if (!at)
		return pdg_nomem(err);
	if (!path[0])
		return unwritable(option, path, "it is no name", err);
	while (!pdg_fs_exists(at)) {
		char *up = pdg_path_dir(at);

		if (!up)
			return pdg_nomem(err);
		free(at);
		at = up;
	}
	if (!pdg_fs_is_dir(at))
		return unwritable(option, path, strerror(ENOTDIR), err);
	return access(at, W_OK | X_OK) == 0 ? 0 : unwritable(option, path, strerror(errno), err);
}

int pdg_check_service_url(const char *from, const char *url, struct pdg_error *err)
{
	int rc;

	if (pdg_url_is_http(url, false))
		return 0;
	rc = pdg_reject(err, "CLI-2", "%s \"%s\" is no address of a service", from, url);
	pdg_fix(err, "write it as https://HOST or http://HOST:PORT");
	return rc;
}

int pdg_check_deadline(const char *from, const char *text, int64_t *out, struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};
	int rc = pdg_deadline_parse(pdg_bytes_str(text), out, &why);

	if (rc == 0)
		return 0;
	rc = pdg_reject(err, "CLI-2", "%s \"%s\" is %s", from, text, why.text);
	pdg_fix(err, "write a time from 1s to 1h, such as 2s");
	return rc;
}

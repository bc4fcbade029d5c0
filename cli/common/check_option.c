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

/* Printable ASCII alone, and neither a query nor a fragment: paths are put behind it. */
static bool plain(const char *url)
{
	for (; *url; url++) {
		if (*url <= ' ' || *url > '~' || strchr("?#\"<>\\^`{|}", *url))
			return false;
	}
	return true;
}

/* HOST, HOST:PORT, [ADDRESS]:PORT; nobody's name and password. */
static bool host_is_good(const char *host)
{
	size_t n = strcspn(host, "/");
	struct pdg_bytes all = pdg_bytes(host, n);
	struct pdg_bytes port;
	uint64_t number;
	size_t end = 0;

	if (pdg_bytes_starts(all, "[")) {
		end = pdg_bytes_find_byte(all, ']', 0);
		if (end == SIZE_MAX || end == 1)
			return false;
		end++;
	} else {
		end = pdg_bytes_find_byte(all, ':', 0);
		if (end == SIZE_MAX)
			end = n;
	}
	if (end == 0 || pdg_bytes_find_byte(all, '@', 0) != SIZE_MAX)
		return false;
	port = pdg_bytes_from(all, end);
	if (port.n == 0)
		return true;
	return port.p[0] == ':' && pdg_bytes_u64(pdg_bytes_from(port, 1), 65535, &number) &&
	       number > 0;
}

int pdg_check_service_url(const char *from, const char *url, struct pdg_error *err)
{
	const char *host = pdg_str_starts(url, "http://")    ? url + strlen("http://")
			   : pdg_str_starts(url, "https://") ? url + strlen("https://")
							     : NULL;
	int rc;

	if (host && plain(url) && host_is_good(host))
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

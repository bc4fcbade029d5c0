/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at paths and URLs before anything is made, signed or sent. */
#include "common/check_option.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/str.h"

static int unwritable(const char *option, const char *path, const char *why, struct pdg_error *err)
{
	int rc = pdg_reject(err, "CLI-2", "--%s \"%s\" cannot be written: %s", option, path, why);

	pdg_fix(err, "name a place that exists and that you may write to");
	return rc;
}

int pdg_check_out_file(const struct pdg_args *args, const char *option, struct pdg_error *err)
{
	const char *path = pdg_args_get(args, option);
	PDG_AUTO(mem) char *dir = path ? pdg_path_dir(path) : NULL;

	if (!path)
		return 0;
	if (!dir)
		return pdg_nomem(err);
	if (!path[0])
		return unwritable(option, path, "it is no name", err);
	if (pdg_fs_is_dir(path))
		return unwritable(option, path, "it is a folder", err);
	/* A file is replaced by rename: its folder is what must be writable. */
	if (access(dir, W_OK | X_OK) != 0)
		return unwritable(option, path, strerror(errno), err);
	return pdg_fs_is_dir(dir) ? 0 : unwritable(option, path, "its folder is none", err);
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

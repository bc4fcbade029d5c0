/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unix socket: `socket =`. Who may connect is what the file's mode says, and only its owner may:
 * the service's user, and root. One that nobody listens on any more is replaced.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "service/listen.h"
#include "util/str.h"

static int name_it(const char *path, struct sockaddr_un *out, struct pdg_error *err)
{
	size_t n = strlen(path);

	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n >= sizeof(out->sun_path))
		return pdg_reject(err, "CFG-1", "socket = '%.64s…' is longer than %zu bytes", path,
				  sizeof(out->sun_path) - 1);
	memcpy(out->sun_path, path, n);
	return 0;
}

/* Take away what another daemon left behind that is no more. */
static int make_room(const char *path, const struct sockaddr_un *at, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return pdg_reject(err, "CFG-1", "socket = '%s' is there, and no socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return pdg_fail(err, PDG_E_IO, "no socket for %s: %s", path, strerror(errno));
	if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 || errno != ECONNREFUSED)
		return pdg_listen_failed("socket", path, EADDRINUSE, err);
	if (unlink(path) < 0)
		return pdg_listen_failed("socket", path, errno, err);
	return 0;
}

int pdg_listen_local(const char *path, struct pdg_listeners *l, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;
	struct sockaddr_un at;
	struct stat st;
	int rc;

	rc = name_it(path, &at, err);
	if (rc == 0)
		rc = make_room(path, &at, err);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return pdg_fail(err, PDG_E_IO, "no socket for %s: %s", path, strerror(errno));
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return pdg_listen_failed("socket", path, errno, err);
	/* Nobody connects before it listens, so nobody does with another mode. */
	if (chmod(path, S_IRUSR | S_IWUSR) < 0 || lstat(path, &st) < 0 ||
	    listen(fd, PDG_LISTEN_BACKLOG) < 0)
		return pdg_listen_failed("socket", path, errno, err);
	l->path = pdg_str_dup(path);
	if (!l->path)
		return pdg_nomem(err);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	rc = fd;
	fd = -1;
	return pdg_listeners_add(l, rc, true, path, err);
}

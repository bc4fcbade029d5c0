/* SPDX-License-Identifier: Apache-2.0 */
/* A commit that was just made lies in a file of its own: zlib's stream of "commit SIZE", NUL, bytes
 * (gitformat-loose in gitrepository-layout(5)). zlib has its only door here. */
#include <string.h>

#define ZLIB_CONST /* its input is const, then */
#include <zlib.h>

#include "git/files.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

#define KIND   "commit "
#define HEADER 32 /* room for KIND, a size and NUL */
#define CHUNK  8192

static int not_there(struct pdg_error *err)
{
	return pdg_fail(err, PDG_E_NOTFOUND, "the commit lies in no file of its own");
}

/* Append all that the stream @in holds. False when it is none, does not end with @in, or is long.
 */
static bool inflate_all(struct pdg_bytes in, struct pdg_buf *out)
{
	z_stream z = {.next_in = in.p, .avail_in = (uInt)in.n};
	uint8_t chunk[CHUNK];
	int rc = Z_OK;

	if (inflateInit(&z) != Z_OK)
		return false;
	while (rc == Z_OK && !out->failed) {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		rc = inflate(&z, Z_NO_FLUSH);
		pdg_buf_put(out, pdg_bytes(chunk, sizeof(chunk) - z.avail_out));
	}
	(void)inflateEnd(&z);
	return rc == Z_STREAM_END && z.avail_in == 0 && !out->failed;
}

/* Take "commit SIZE" and its NUL off *@whole, if SIZE is what follows. */
static bool take_header(struct pdg_bytes *whole)
{
	size_t end = pdg_bytes_find_byte(*whole, 0, 0);
	uint64_t size = 0;

	if (!pdg_bytes_starts(*whole, KIND) || end == SIZE_MAX || end > HEADER ||
	    !pdg_bytes_u64(pdg_bytes_from(pdg_bytes_head(*whole, end), strlen(KIND)), SIZE_MAX,
			   &size))
		return false;
	*whole = pdg_bytes_from(*whole, end + 1);
	return whole->n == size;
}

/* The file of the object @hex, owned by the caller; NULL when that is no name, or no memory. */
static char *path_of(const struct pdg_repo *r, const char *hex)
{
	if (!pdg_is_hex(pdg_bytes_str(hex), PDG_OID_SHA1))
		return NULL;
	return pdg_str_printf("%s/objects/%.2s/%s", r->commondir, hex, hex + 2);
}

bool pdg_repo_is_loose(const struct pdg_repo *r, const char *hex)
{
	PDG_AUTO(mem) char *path = path_of(r, hex);

	return path && pdg_fs_exists(path);
}

int pdg_repo_loose_commit(const struct pdg_repo *r, const char *hex, struct pdg_buf *out,
			  struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf packed = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf whole = PDG_BUF_INIT(PDG_LIMIT_COMMIT + HEADER);
	PDG_AUTO(mem) char *path = path_of(r, hex);
	struct pdg_bytes raw;

	if (!path || pdg_fs_read(path, &packed, NULL) < 0 ||
	    !inflate_all(pdg_buf_bytes(&packed), &whole))
		return not_there(err);
	raw = pdg_buf_bytes(&whole);
	if (!take_header(&raw))
		return not_there(err);
	pdg_buf_put(out, raw);
	return pdg_buf_check(out, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded log: a C2SP tlog-tiles tree in a folder, one process at a time.
 *
 *	DIR/key.pem        the log's private key (0600), unless configured elsewhere
 *	DIR/lock           held while open
 *	DIR/checkpoint     the published tree
 *	DIR/tile/…         tiles and entry bundles, as they are served
 *	DIR/ahead          what was appended since those were last made durable
 *
 * An append writes entry bundles and tiles, makes one record in "ahead" durable, then replaces the
 * checkpoint; from time to time all else is made durable and "ahead" begins again. After a crash
 * what "ahead" holds is appended once more. Tiles of a published width are never changed: a wider
 * partial tile is a new file.
 */
#ifndef PDG_TLOG_EMBEDDED_H
#define PDG_TLOG_EMBEDDED_H

#include "tlog/log.h"
#include "tlog/tree.h"

#define PDG_EMBEDDED_KEY "key.pem" /* in the folder, unless configured elsewhere */

struct pdg_embedded_io;

/*
 * An empty folder counts as absent. One that holds anything but no checkpoint is refused, unless
 * it is nothing but a creation that was cut off: a tree is never begun anew over another.
 */
struct pdg_embedded_options {
	const char *directory;
	const char *origin; /* checkpoint origin and key name: host of baseUrl */
	const char *key;    /* private key file, or NULL: DIR/key.pem */
	/* An absent folder becomes an empty tree with its own key, and an empty tree of another
	 * origin or key one of these. */
	bool may_create;
	/* Opened although its tiles do not give its root (LOG-12): pdg_embedded_fsck() says so
	 * then. Nothing must be appended. */
	bool to_check;
	const struct pdg_embedded_io *io; /* NULL: files; tests cut it off (tlog/embedded_io.h) */
	/** Opens the key in @path; a new one is in its file before. NULL: pdg_key_private_file().
	 */
	int (*open_key)(void *ctx, const char *path, struct pdg_key **out, struct pdg_error *err);
	void *key_ctx;
};

/**
 * Open the log: takes the lock, reads its checkpoint and checks its own signature, origin and
 * that the tiles give its root.
 *
 * Returns 0, PDG_E_NOTFOUND (absent and not may_create; the key named in @opt), PDG_E_IO (also
 * LOG-16: locked by another), PDG_E_USAGE (an origin that is no host name; FIL-1: others could
 * write there), PDG_E_REJECTED (LOG-11: the checkpoint or the key is gone, or not of this key or
 * origin; LOG-12: tiles do not give its root, unless to_check).
 */
int pdg_embedded_open(const struct pdg_embedded_options *opt, struct pdg_log **out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Current size, root and key. Thread-safe. */
uint64_t pdg_embedded_size(struct pdg_log *log);
const struct pdg_key *pdg_embedded_key(struct pdg_log *log);
/** 32-byte logId. */
const uint8_t *pdg_embedded_id(struct pdg_log *log);

/**
 * Append a file of the log as it is served: "checkpoint", "tile/…", "tile/entries/…"; the path is
 * checked by pdg_tile_path_parse(), never joined as it came. A partial tile is cut from a wider
 * kept one. Returns 0, PDG_E_NOTFOUND, PDG_E_IO.
 */
int pdg_embedded_file(struct pdg_log *log, const char *path, struct pdg_buf *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Is its newest checkpoint in its file? Returns 0, or why it could not be written. */
int pdg_embedded_shows(struct pdg_log *log, struct pdg_error *err) PDG_MUST_CHECK;
/** Try once more to write one that is not, and say what pdg_embedded_shows() then says. */
int pdg_embedded_show_again(struct pdg_log *log, struct pdg_error *err) PDG_MUST_CHECK;

/** Is the folder still the one that was opened, and its checkpoint in it? Returns 0, PDG_E_IO. */
int pdg_embedded_there(struct pdg_log *log, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Before anything in the folder @dir is opened: it, what the log writes to in it, and its newest
 * tiles with their folders are this user's, and of their kind (pdg_fs_own()). It takes a few calls,
 * however long the log is. Returns 0 (also where nothing is), FIL-1.
 */
int pdg_embedded_files(const char *dir, struct pdg_error *err) PDG_MUST_CHECK;
/** The same of every tile, and of nothing else that lies there: @fault is told of each that is not.
 * Returns 0, PDG_E_NOMEM, PDG_E_IO. */
int pdg_embedded_tiles_each(const char *dir, void (*fault)(void *ctx, const struct pdg_error *why),
			    void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

/** How many entries the log in the folder @dir shows to whoever looks, which may be fewer than it
 * has (pdg_embedded_shows()). PDG_E_NOTFOUND, PDG_E_IO. */
int pdg_embedded_size_shown(const char *dir, uint64_t *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Copy the log in the folder @from, to which another process may be appending, to the folder @to,
 * made here: its checkpoint and what that covers, checked to give its root; with @own_key also the
 * key that lies in the folder. Nothing is durable before the caller has synced the file system.
 * *@out_size: entries of the copy. Returns 0, PDG_E_NOTFOUND, PDG_E_IO, LOG-12.
 */
int pdg_embedded_backup(const char *from, const char *to, bool own_key, uint64_t *out_size,
			struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Re-check everything: every tile from the entries up, against the checkpoint; and the narrower
 * tiles that a crash left beside those that replaced them. *@out_entries, always: how many that
 * checkpoint covers. PDG_E_REJECTED (LOG-12), PDG_E_IO.
 */
int pdg_embedded_fsck(struct pdg_log *log, uint64_t *out_entries,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** Opened to_check: was it found to be damaged then? What it has behind that is not known. */
bool pdg_embedded_is_damaged(const struct pdg_log *log);
/** Was @root the root of its first @size entries? PDG_E_REJECTED (LOG-2: no, or it is shorter). */
int pdg_embedded_had(struct pdg_log *log, uint64_t size, const struct pdg_hash32 *root,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif

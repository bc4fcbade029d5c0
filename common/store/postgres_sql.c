/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements of the PostgreSQL store. Each finds its rows by an index that also has their order
 * (postgres_schema.c), and is planned for that once (postgres_conn.c: the settings of a
 * connection).
 *
 * A page of rows is bounded in bytes before a row is read: sizes of large values are in their
 * row's head.
 *
 * "@" before a table stands for the schema of the store (postgres_place.c): the search path has
 * pg_catalog alone, and no operator or function that somebody else defined is one of ours. All
 * the same each is called with the types that pg_catalog has it for: the one that fits best is
 * taken, whoever made it (CVE-2018-1058).
 */
#include "store/postgres_impl.h"

#define ROW                                                                                        \
	"a.id, a.reference, a.stage, b.id IS NOT NULL, a.received, a.repository, a.git_commit,"    \
	" a.grade, a.journal_index, a.service_key, a.countersig, a.links, a.envelope, a.payload,"  \
	" a.raw_commit, b.bundle"
#define SIZES                                                                                      \
	"octet_length(a.envelope)::bigint + coalesce(octet_length(a.raw_commit), 0)"               \
	" + coalesce(octet_length(b.bundle), 0)"
#define LISTED                                                                                     \
	"a.id, a.reference, a.stage, b.id IS NOT NULL, a.received, a.repository, a.git_commit, " SIZES
#define BUNDLE " LEFT JOIN @bundle b ON b.id = a.id"
#define FROM   " FROM @attestation a" BUNDLE
/* Rows of @from in the order of @order: at most $4, and no more once they hold $5 bytes. */
#define PAGE(from, order)                                                                          \
	"WITH w AS MATERIALIZED (SELECT a.id, " SIZES " + octet_length(a.payload) AS size " from   \
	" ORDER BY " order " LIMIT $4), p AS MATERIALIZED (SELECT id FROM (SELECT id,"             \
	" (sum(size) OVER (ORDER BY id))::bigint - size AS before FROM w) q"                       \
	" WHERE before < $5::bigint)"                                                              \
	" SELECT " ROW " FROM p JOIN @attestation a ON a.id = p.id" BUNDLE " ORDER BY p.id"
/* Our tables, and who may do everything in this database anyway. */
#define OURS                                                                                       \
	"WITH ours AS (SELECT c.oid, c.relname, c.relacl, c.relowner FROM pg_class c"              \
	" WHERE c.relname = ANY ('{attestation,bundle,pending,subject,journal_leaf,journal_tile,"  \
	"journal_state,meta,token,pedigree_schema}'::name[]) AND c.relnamespace ="                 \
	" (SELECT k.relnamespace FROM @pedigree_schema v JOIN pg_class k ON k.oid = v.tableoid"    \
	" WHERE v.version = 1)), trusted AS (SELECT oid FROM pg_roles WHERE rolsuper"              \
	" OR rolname = current_user OR rolname = 'pg_database_owner'"                              \
	" OR oid = (SELECT datdba FROM pg_database WHERE datname = current_database()))"
/* Who may hang something on a table, or has it refer to one, of those that the list @acl names. */
#define MAY_HANG(acl)                                                                              \
	"SELECT o.relname::text, x.privilege_type, coalesce(r.rolname::text, 'PUBLIC') FROM ours"  \
	" o" acl " x LEFT JOIN pg_roles r ON r.oid = x.grantee"                                    \
	" WHERE x.privilege_type IN ('TRIGGER', 'REFERENCES') AND x.grantee <> o.relowner"         \
	" AND x.grantee NOT IN (SELECT oid FROM trusted)"
#define LEASE	     "now() + interval '" PDG_TEXT(PDG_STORE_LEASE_S) " seconds'"
#define PDG_TEXT(n)  PDG_TEXT_(n)
#define PDG_TEXT_(n) #n

static const char *const statements[PDG_PG_SQL_COUNT] = {
	/* Ids without gaps, in the order of the commits: the writer's lock is held. None is that of
	 * a last row that was taken out. */
	[PDG_PG_INSERT] =
		"INSERT INTO @attestation (id, reference, stage, received, repository, git_commit,"
		" grade, journal_index, service_key, countersig, links, envelope, payload,"
		" raw_commit) VALUES (greatest((SELECT max(id) FROM @attestation),"
		" (SELECT max(id) FROM @bundle), (SELECT max(id) FROM @pending),"
		" (SELECT last_id FROM @journal_state WHERE one = 1), 0::bigint) + 1, $1, $2,"
		" $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
		" ON CONFLICT (reference) DO NOTHING RETURNING id",
	[PDG_PG_INSERT_SUBJECT] = "INSERT INTO @subject (algorithm, value, id) VALUES ($1, $2, $3)"
				  " ON CONFLICT DO NOTHING",
	[PDG_PG_UPDATE_ENVELOPE] = "UPDATE @attestation SET envelope = $2, grade = $3"
				   " WHERE reference = $1",
	[PDG_PG_INSERT_PENDING] = "INSERT INTO @pending (id, owner, until)"
				  " VALUES ($1, $2, " LEASE ")",
	[PDG_PG_INSERT_BUNDLE] = "INSERT INTO @bundle (id, bundle)"
				 " SELECT id, $3 FROM @attestation WHERE id = $1"
				 " AND reference = $2 ON CONFLICT DO NOTHING",
	[PDG_PG_DELETE_PENDING] = "DELETE FROM @pending WHERE id = $1",
	[PDG_PG_DELETE_PENDING_OF] =
		"DELETE FROM @pending WHERE id = $1 AND NOT EXISTS"
		" (SELECT 1 FROM @attestation WHERE id = $1 AND reference <> $2)",
	[PDG_PG_LEAF_INSERT] = "INSERT INTO @journal_leaf (leaf_index, leaf) VALUES ($1, $2)"
			       " ON CONFLICT DO NOTHING",
	[PDG_PG_TILE_WRITE] = "INSERT INTO @journal_tile (tile, hashes) VALUES ($1, $2)"
			      " ON CONFLICT (tile) DO UPDATE SET hashes = excluded.hashes",
	[PDG_PG_STATE_WRITE] =
		"INSERT INTO @journal_state (one, size, note, last_id) VALUES (1, $1, $2,"
		" coalesce((SELECT max(id) FROM @attestation), 0))"
		" ON CONFLICT (one) DO UPDATE SET size = excluded.size, note = excluded.note,"
		" last_id = greatest(journal_state.last_id, excluded.last_id)",
	[PDG_PG_META_SET] = "INSERT INTO @meta (name, value) VALUES ($1, $2)"
			    " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	[PDG_PG_TOKEN_FORGET] = "DELETE FROM @token WHERE name IN"
				" (SELECT name FROM @token WHERE expires < $1 LIMIT 8)",
	/* One row: does it stand there with this body, and what for? */
	[PDG_PG_TOKEN_USE] =
		"WITH put AS (INSERT INTO @token (name, body, expires) VALUES ($1, $2, $3)"
		" ON CONFLICT (name) DO UPDATE SET body = excluded.body,"
		" expires = excluded.expires, reference = NULL WHERE token.expires < $4"
		" RETURNING body, reference), was AS (SELECT body, reference FROM @token"
		" WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM put))"
		" SELECT body = $2, reference FROM (SELECT * FROM put UNION ALL SELECT * FROM was) t",
	[PDG_PG_TOKEN_KEEP] = "UPDATE @token SET reference = $2 WHERE name = $1",
	[PDG_PG_TOKEN_KEPT] =
		"SELECT reference FROM @token WHERE name = $1 AND body = $2 AND expires >= $3",
	[PDG_PG_META_GET] = "SELECT value FROM @meta WHERE name = $1",
	/* What runs when we write to our tables, and who may put such a thing there: we have none.
	 */
	[PDG_PG_HUNG] = OURS
	" SELECT o.relname::text, CASE WHEN t.tgisinternal THEN 'foreign key'"
	" ELSE 'trigger' END, coalesce(k.conname, t.tgname)::text FROM ours o"
	" JOIN pg_trigger t ON t.tgrelid = o.oid"
	" LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint"
	" UNION ALL SELECT o.relname::text, 'rule', w.rulename::text FROM ours o"
	" JOIN pg_rewrite w ON w.ev_class = o.oid"
	" UNION ALL " MAY_HANG(" CROSS JOIN LATERAL aclexplode(o.relacl)") " UNION ALL " MAY_HANG(
		" JOIN pg_attribute a ON a.attrelid = o.oid"
		" CROSS JOIN LATERAL aclexplode(a.attacl)") " LIMIT 1",
	[PDG_PG_GET] = "SELECT " ROW FROM " WHERE a.reference = $1",
	[PDG_PG_BY_SUBJECT] =
		"SELECT " ROW " FROM @subject s JOIN @attestation a ON a.id = s.id" BUNDLE
		" WHERE s.algorithm = $1 AND s.value = $2 AND s.id > $3"
		" ORDER BY s.id LIMIT $4",
	[PDG_PG_LIST] =
		"SELECT " LISTED " FROM @subject s JOIN @attestation a ON a.id = s.id" BUNDLE
		" WHERE s.algorithm = $1 AND s.value = $2 AND s.id > $3"
		" AND ($5::text IS NULL OR a.stage = $5) ORDER BY s.id LIMIT $4",
	[PDG_PG_LIST_COMMIT] =
		"SELECT " LISTED FROM " WHERE a.git_commit = $1 AND a.id > $2"
		" AND ($4::text IS NULL OR a.stage = $4) ORDER BY a.git_commit, a.id LIMIT $3",
	[PDG_PG_LIST_SOURCES] =
		"SELECT " LISTED FROM " WHERE a.stage = 'source' AND a.repository = $1"
		" AND a.git_commit = $2 ORDER BY a.repository, a.git_commit, a.id LIMIT $3",
	[PDG_PG_SOURCES] = PAGE(FROM " WHERE a.stage = 'source' AND a.repository = $1"
				     " AND a.git_commit = $2 AND a.id > $3",
				"a.repository, a.git_commit, a.id"),
	/* OFFSET 0: the subject is looked up first, then its rows, however many sources there are.
	 */
	[PDG_PG_SOURCES_OF] = PAGE(
		" FROM (SELECT id FROM @subject WHERE algorithm = $6 AND value = $2 AND id > $3"
		" ORDER BY algorithm, value, id OFFSET 0) s CROSS JOIN LATERAL"
		" (SELECT * FROM @attestation t WHERE t.id = s.id OFFSET 0) a" BUNDLE
		" WHERE a.stage = 'source' AND a.repository = $1",
		"s.id"),
	/* Rows that somebody else locks at this moment are left to him. */
	[PDG_PG_CLAIM] = "UPDATE @pending SET owner = $3, until = " LEASE
			 " WHERE id = ANY (ARRAY(SELECT id FROM @pending WHERE id > $1"
			 " AND (owner = $3 OR until <= now()) ORDER BY id LIMIT $2"
			 " FOR UPDATE SKIP LOCKED))",
	/* The columns of ROW, without what may be large and is not asked for. */
	[PDG_PG_PENDING] =
		"WITH w AS MATERIALIZED (SELECT p.id, octet_length(a.payload)::bigint AS size"
		" FROM @pending p JOIN @attestation a ON a.id = p.id WHERE p.id > $1"
		" AND p.owner = $3 AND p.until > now() ORDER BY p.id LIMIT $2), p AS MATERIALIZED"
		" (SELECT id FROM (SELECT id, (sum(size) OVER (ORDER BY id))::bigint - size"
		" AS before FROM w) q WHERE before < $4::bigint)"
		" SELECT a.id, a.reference, a.stage, false, a.received, NULL::text, NULL::text,"
		" NULL::text, a.journal_index, a.service_key, a.countersig, NULL::bytea,"
		" NULL::bytea, a.payload, NULL::bytea, NULL::bytea"
		" FROM p JOIN @attestation a ON a.id = p.id ORDER BY p.id",
	[PDG_PG_RELEASE] = "UPDATE @pending SET until = now() WHERE owner = $1 AND until > now()",
	[PDG_PG_EACH] =
		PAGE(FROM " WHERE a.id > $3 AND $1::text IS NULL AND $2::text IS NULL", "a.id"),
	[PDG_PG_ROW] = "SELECT " ROW FROM " WHERE a.id = $1",
	[PDG_PG_WAITS] = "SELECT 1 FROM @pending WHERE id = $1",
	/* From the newest bundle down, however many wait for the log. */
	[PDG_PG_LAST_LOGGED] =
		"SELECT " ROW " FROM (SELECT id, bundle FROM @bundle WHERE id < $1 ORDER BY id DESC"
		" OFFSET 0) b JOIN @attestation a ON a.id = b.id ORDER BY b.id DESC LIMIT 1",
	[PDG_PG_COUNT] =
		"SELECT (SELECT coalesce(max(id), 0) FROM @attestation),"
		" (SELECT count(*) FROM @pending), coalesce((SELECT received"
		" FROM @attestation WHERE id = (SELECT p.id FROM @pending p WHERE EXISTS"
		" (SELECT 1 FROM @attestation a WHERE a.id = p.id) ORDER BY p.id LIMIT 1)),"
		" -1)",
	[PDG_PG_STRAY] = "SELECT p.id FROM @pending p WHERE p.id > $1 AND NOT EXISTS"
			 " (SELECT 1 FROM @attestation a WHERE a.id = p.id) ORDER BY p.id LIMIT 1",
	[PDG_PG_STRAY_BUNDLE] =
		"SELECT b.id FROM @bundle b WHERE b.id > $1 AND NOT EXISTS"
		" (SELECT 1 FROM @attestation a WHERE a.id = b.id) ORDER BY b.id LIMIT 1",
	[PDG_PG_STATE_READ] = "SELECT size, note FROM @journal_state",
	[PDG_PG_LAST_ID] =
		"SELECT coalesce((SELECT last_id FROM @journal_state WHERE one = 1), 0::bigint)",
	[PDG_PG_LEAF_READ] = "SELECT leaf FROM @journal_leaf WHERE leaf_index = $1",
	[PDG_PG_TILE_READ] = "SELECT hashes FROM @journal_tile WHERE tile = $1",
};

const char *pdg_pg_sql(enum pdg_pg_sql which)
{
	return statements[which];
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Loading the keys of a section: nothing to check with, and lists that cannot be read, fail (T11,
 * T13). */
#include "unit/commit/commit_data.h"

static void load_fails(struct world *w, const char *rule)
{
	struct pdg_signers *s = NULL;
	struct pdg_error err = {0};

	CHECK_RULE(pdg_signers_load(&w->repo, w->cache, &s, &err), &err, rule);
	CHECK(s == NULL);
}

static void no_key_is_refused(void)
{
	struct world w;

	world_init(&w);
	w.repo.openpgp_keys.n = 0;
	w.repo.ssh_allowed_signers.n = 0;
	load_fails(&w, "SGN-1"); /* a forge's keys alone are none */
	w.repo.forge_keys.n = 0;
	load_fails(&w, "SGN-1");
	world_done(&w);
}

static void one_kind_is_enough(void)
{
	struct world w;

	world_init(&w);
	w.repo.openpgp_keys.n = 0;
	world_load(&w);
	check_file(&w, "ssh-good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL);
	check_file(&w, "pgp-good.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3");
	w.repo.openpgp_keys.n = 1;
	w.repo.ssh_allowed_signers.n = 0;
	world_load(&w);
	check_file(&w, "pgp-good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL);
	check_file(&w, "ssh-good.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3");
	world_done(&w);
}

static void set_path(char **where, char *path)
{
	free(*where);
	*where = path;
}

/* Each file missing, a folder, empty, without a key, with a line that is none. */
static void unusable_files_are_refused(void)
{
	static const char *const contents[] = {
		"", "\n\n", "# nothing\n", "not a key\n", "ssh-ed25519 AAAA!\n", "SHA256:short\n",
	};
	char *dir = pdg_test_dir();
	size_t which;
	size_t i;

	for (which = 0; which < 3; which++) {
		struct world w;
		char **where;

		world_init(&w);
		where = which == 0 ? &w.allowed[0] : which == 1 ? &w.forge[1] : &w.revoked[0];
		set_path(where, pdg_test_path(dir, "missing"));
		pdg_test_case("%zu: missing", which);
		load_fails(&w, "POL-5");
		set_path(where, pdg_str_dup(dir));
		pdg_test_case("%zu: a folder", which);
		load_fails(&w, "POL-5");
		for (i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
			set_path(where, pdg_test_file(dir, "keys", pdg_bytes_str(contents[i])));
			pdg_test_case("%zu: \"%.20s\"", which, contents[i]);
			load_fails(&w, "POL-5");
		}
		pdg_test_case(NULL);
		world_done(&w);
	}
	pdg_test_dir_remove(dir);
}

static void revocations_of_another_form_are_refused(void)
{
	static const char krl[] = "SSHKRL\n\0\0\0\0\1";
	static const char *const contents[] = {
		"SHA256:9XTsXn0rl6A9sbafRmEoSBe5GzLVCZISyANJl/sP0Y!\n",
		"SHA256:9XTsXn0rl6A9sbafRmEoSBe5GzLVCZISyANJl/sP0YUx\n",
		"MD5:00:11:22\n",
	};
	char *dir = pdg_test_dir();
	struct world w;
	size_t i;

	world_init(&w);
	set_path(&w.revoked[0], pdg_test_file(dir, "krl", pdg_bytes(krl, sizeof(krl))));
	load_fails(&w, "POL-5");
	for (i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		pdg_test_case("%s", contents[i]);
		set_path(&w.revoked[0], pdg_test_file(dir, "list", pdg_bytes_str(contents[i])));
		load_fails(&w, "POL-5");
	}
	pdg_test_case("blanks and comments");
	set_path(&w.revoked[0],
		 pdg_test_file(dir, "list",
			       pdg_bytes_str("\r\n  # x\n\tSHA256:9XTsXn0rl6A9sbafRmEoSBe5GzLVC"
					     "ZISyANJl/sP0YU gone\r\n")));
	world_load(&w);
	pdg_test_case(NULL);
	world_done(&w);
	pdg_test_dir_remove(dir);
}

/* Half a key names another one: the list would revoke nobody, and not say so. */
static void parts_of_keys_are_refused(void)
{
#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPfyWE41U5lfMjBkBpsfleI7e/FYeo6toZrekmQkghb"
#define DSS	"ssh-dss AAAAB3NzaC1kc3MAAAABAQAAAAECAAAAAQMAAAABBA=="
	static const struct {
		const char *line;
		bool revokes_only; /* a forge's keys are no fingerprints */
		bool good;
	} t[] = {
		{ED25519 "C alice", false, true},
		{ED25519 "CAAAA alice", false, false},
		{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPfyWE41U5lfMjBkBpsfleI7 alice", false,
		 false},
		{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 alice", false, false},
		{DSS, false, true},
		{"ssh-dss AAAAB3NzaC1kc3MAAAABAQAAAAECAAAAAQMA", false, false},
		{"ssh-dss AAAAB3NzaC1kc3MAAAABAQAAAAECAAAAAQMAAAABBAA=", false, false},
		{"SHA256:9XTsXn0rl6A9sbafRmEoSBe5GzLVCZISyANJl/sP0YU", true, true},
		/* what is over in the last of 43 characters is 0 in every fingerprint */
		{"SHA256:9XTsXn0rl6A9sbafRmEoSBe5GzLVCZISyANJl/sP0YV", true, false},
		{"SHA256:9XTsXn0rl6A9sbafRmEoSBe5GzLVCZISyANJl/sP0YW", true, false},
	};
	char *dir = pdg_test_dir();
	size_t i;

	for (i = 0; i < 2 * sizeof(t) / sizeof(t[0]); i++) {
		const char *line = t[i / 2].line;
		struct world w;
		char **where;

		if (i % 2 && t[i / 2].revokes_only)
			continue;
		world_init(&w);
		where = i % 2 ? &w.forge[1] : &w.revoked[0];
		set_path(where, pdg_test_file(dir, "keys", pdg_bytes_str(line)));
		pdg_test_case("%zu: %s", i % 2, line);
		if (t[i / 2].good)
			world_load(&w);
		else
			load_fails(&w, "POL-5");
		world_done(&w);
	}
	pdg_test_case(NULL);
	pdg_test_dir_remove(dir);
}

/* An OpenPGP file that GnuPG could not describe: here nobody is there to ask. */
static void openpgp_files_need_a_description(void)
{
	struct world w;

	world_init(&w);
	set_path(&w.openpgp[0], data_path("absent.asc"));
	load_fails(&w, "POL-5");
	set_path(&w.openpgp[0], data_path("keys.asc"));
	world_describe(&w, "forge.asc", pdg_bytes_str("{}"));
	set_path(&w.forge[0], data_path("absent.asc"));
	load_fails(&w, "POL-5");
	world_done(&w);
}

/* Keys as user.signingKey names them to gpg: by id, fingerprint, address. */
static void unfit_keys_are_known_beforehand(void)
{
	static const struct {
		const char *key;
		int64_t at;
		enum pdg_pgp_fit fit;
	} cases[] = {
		{"6B024128F99E839362E61F112E7ECDB9A5B210CE", FEBRUARY, PDG_PGP_FIT},
		{"6B024128F99E839362E61F112E7ECDB9A5B210CE!", FEBRUARY, PDG_PGP_FIT},
		{"FED03C3EC7F6BE2E4435FAD7DEB6B28B89F7394C!", FEBRUARY,
		 PDG_PGP_FIT}, /* it cannot sign: gpg says so itself */
		{"alice@example.com", FEBRUARY, PDG_PGP_FIT},
		{"Alice Example <alice@example.com>", FEBRUARY, PDG_PGP_FIT},
		{"erin@example.com", FEBRUARY, PDG_PGP_EXPIRED},
		{"Erin <erin@example.com>", FEBRUARY, PDG_PGP_EXPIRED},
		{"DDF396AF969DFD99E0818A9D3793B9B71D24307A", FEBRUARY, PDG_PGP_EXPIRED},
		{"0xddf396af969dfd99e0818a9d3793b9b71d24307a", FEBRUARY, PDG_PGP_EXPIRED},
		{"3793B9B71D24307A!", FEBRUARY, PDG_PGP_EXPIRED},
		{"1D24307A", FEBRUARY, PDG_PGP_EXPIRED},
		{"DDF396AF969DFD99E0818A9D3793B9B71D24307A", INT64_C(1580518800), PDG_PGP_FIT},
		{"grace@example.com", FEBRUARY, PDG_PGP_REVOKED},
		{"F3D1D335CEEE1D8A0DFBA6F9620C71D9A1BD7927!", FEBRUARY, PDG_PGP_REVOKED},
		{"frank@example.com", FEBRUARY, PDG_PGP_FIT},
		{"frank@example.com", APRIL, PDG_PGP_REVOKED},
		{"0123456789ABCDEF", FEBRUARY, PDG_PGP_FIT},
		{"nobody@example.com", FEBRUARY, PDG_PGP_FIT},
		{"", FEBRUARY, PDG_PGP_FIT},
		{"!", FEBRUARY, PDG_PGP_FIT},
		{"<", FEBRUARY, PDG_PGP_FIT},
		{"<>", FEBRUARY, PDG_PGP_FIT},
	};
	struct world w;
	size_t i;

	world_init(&w);
	world_load(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("\"%s\"", cases[i].key);
		CHECK(pdg_signers_pgp_fit(w.signers, cases[i].key, cases[i].at) == cases[i].fit);
	}
	pdg_test_case(NULL);
	world_done(&w);
}

/* Whether any key file has it: what is neither id nor address cannot be looked for. */
static void known_keys(void)
{
	static const struct {
		const char *key;
		enum pdg_pgp_known known;
	} cases[] = {
		{"6B024128F99E839362E61F112E7ECDB9A5B210CE!", PDG_PGP_KNOWN},
		{"0x2e7ecdb9a5b210ce", PDG_PGP_KNOWN},
		{"alice@example.com", PDG_PGP_KNOWN},
		{"Alice <alice@example.com>", PDG_PGP_KNOWN},
		{"erin@example.com", PDG_PGP_KNOWN}, /* expired, but there */
		{"Alice", PDG_PGP_UNTOLD},
		{"0123456789ABCDEF", PDG_PGP_UNKNOWN},
		{"nobody@example.com", PDG_PGP_UNKNOWN},
	};
	struct world w;
	size_t i;

	world_init(&w);
	world_load(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("\"%s\"", cases[i].key);
		CHECK(pdg_signers_pgp_known(w.signers, cases[i].key) == cases[i].known);
	}
	pdg_test_case(NULL);
	world_done(&w);
}

static void unfit_ssh_keys_are_known_beforehand(void)
{
	static const char good[] =
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPfyWE41U5lfMjBkBpsfleI7e/FYeo6toZrekmQkghbC x\n";
	static const char revoked[] =
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMSkRLtytYanYPX0TiWZTuWMkKp6WWPS1TL4AtfJOGKq";
	static const char forge[] =
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHnYJ8etjkxuSidnKWNdTvZLmnI3soUcMbk5cFDNO40J";
	static const char until_march[] =
		"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFcse96h"
		"GwTrWN8rraLbgwaue8EqlaFacWyGnVBWCzcbdnU5Ry3jkuDB3agV+PqFYgruY8ucpb17TMqtdkBCCdA=";
	static const struct {
		const char *line, *address;
		int64_t at;
		const char *why;
	} cases[] = {
		{good, "alice@example.com", FEBRUARY, ""},
		{good, NULL, FEBRUARY, ""},
		{good, "bob@example.com", FEBRUARY, "is not listed for the committer's address"},
		{revoked, "alice@example.com", FEBRUARY, "is revoked"},
		{forge, "alice@example.com", FEBRUARY, "is none that the policy names"},
		{until_march, "bob@example.com", FEBRUARY, ""},
		{until_march, "bob@example.com", APRIL, "has expired"},
	};
	struct world w;
	const char *why = NULL;
	struct pdg_error err = {0};
	size_t i;

	world_init(&w);
	w.repo.require_committer_match = true;
	world_load(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("case %zu", i);
		CHECK_OK(pdg_signers_ssh_unfit(w.signers, pdg_bytes_str(cases[i].line),
					       cases[i].address, cases[i].at, &why, &err),
			 &err);
		CHECK_STR(why ? why : "", cases[i].why);
	}
	pdg_test_case("no key");
	CHECK(pdg_signers_ssh_unfit(w.signers, pdg_bytes_str("ssh-ed25519 AAAA!"), NULL, FEBRUARY,
				    &why, &err) < 0);
	pdg_test_case(NULL);
	world_done(&w);
}

PDG_TEST_MAIN("signers", {"no key is refused", no_key_is_refused},
	      {"one kind is enough", one_kind_is_enough},
	      {"unusable files are refused", unusable_files_are_refused},
	      {"revocations of another form are refused", revocations_of_another_form_are_refused},
	      {"parts of keys are refused", parts_of_keys_are_refused},
	      {"OpenPGP files need a description", openpgp_files_need_a_description},
	      {"unfit keys are known beforehand", unfit_keys_are_known_beforehand},
	      {"known keys", known_keys},
	      {"unfit SSH keys are known beforehand", unfit_ssh_keys_are_known_beforehand})

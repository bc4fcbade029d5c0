/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program pedigree-judge, run as a person runs it: exit statuses, what goes to which stream, no
 * socket for a folder, keys that are never overwritten.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/check.h"
#include "support/program.h"
#include "support/world.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

#define SUBJECT "app@sha256:" WORLD_ARTIFACT

struct place {
	struct pdg_world w;
	char *evidence; /* a folder */
	struct pdg_program run;
};

static void place_done(struct place *p)
{
	pdg_program_done(&p->run);
	free(p->evidence);
	pdg_world_done(&p->w);
}
PDG_AUTO_DEFINE_VALUE(place, struct place, place_done)

static void save(const struct place *p, const char *name, const struct pdg_made *m)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);

	pdg_made_record(m, &text);
	free(pdg_test_file(p->evidence, name, pdg_buf_bytes(&text)));
}

/* A world, and in its folder of evidence a source and a build of its commit. */
static void place_init(struct place *p)
{
	PDG_AUTO(made) struct pdg_made source = {.stage = NULL};
	PDG_AUTO(made) struct pdg_made build = {.stage = NULL};

	*p = (struct place){.evidence = NULL};
	pdg_world_init(&p->w, NULL);
	pdg_program_init(&p->run, PDG_TEST_BIN "/pedigree-judge", p->w.dir);
	p->evidence = pdg_test_path(p->w.dir, "evidence");
	if (mkdir(p->evidence, 0700) != 0)
		abort();
	pdg_world_source(&p->w, &(struct pdg_make){0}, &source);
	pdg_world_build(&p->w, &(struct pdg_make){0}, &build);
	save(p, "source.json", &source);
	save(p, "build.json", &build);
	free(pdg_test_file(p->w.dir, "bundle.json", pdg_buf_bytes(&build.bundle)));
}

#define VERIFY(...)                                                                                \
	pdg_program_run(&p.run, "verify", SUBJECT, "--from", "evidence", "--policy", "policy",     \
			__VA_ARGS__)

/* --- verify --- */

static void the_verdict_is_the_exit_status(void)
{
	PDG_AUTO(place) struct place p;
	PDG_AUTO(mem) char *build = NULL;

	place_init(&p);
	CHECK_INT(VERIFY(NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&p.run.out), SUBJECT "\n");
	CHECK_HAS(pdg_buf_cstr(&p.run.out), "\nchain good\n");
	CHECK_STR(pdg_buf_cstr(&p.run.err), "");
	CHECK_INT(VERIFY("--verbose", NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&p.run.out), "countersignature");

	/* Refused: the build is not there. Undecided: a file that may be it cannot be read. */
	build = pdg_test_path(p.evidence, "build.json");
	CHECK(unlink(build) == 0);
	CHECK_INT(VERIFY(NULL), 1);
	CHECK_HAS(pdg_buf_cstr(&p.run.out),
		  "\nchain broken at build: no build statement names sha256:");
	CHECK_STR(pdg_buf_cstr(&p.run.err), "");
	free(pdg_test_file(p.evidence, "build.json", pdg_bytes_str("{")));
	CHECK_INT(VERIFY(NULL), 3);
	CHECK_HAS(pdg_buf_cstr(&p.run.out), "\nchain undecided at build: ");
	CHECK_HAS(pdg_buf_cstr(&p.run.out), "note: could not be read: build.json: ");
}

static void one_object_of_json(void)
{
	PDG_AUTO(place) struct place p;
	PDG_AUTO(json) json_t *o = NULL;
	const char *verdict = NULL;
	struct pdg_error err = {0};

	place_init(&p);
	CHECK_INT(VERIFY("--json", NULL), 0);
	CHECK_STR(pdg_buf_cstr(&p.run.err), "");
	if (CHECK_OK(pdg_json_load(pdg_buf_bytes(&p.run.out), PDG_LIMIT_MIB(1), &o, &err), &err) &&
	    CHECK_OK(pdg_json_str(o, "verdict", &verdict, &err), &err))
		CHECK_STR(verdict, "good");
	CHECK(pdg_str_ends(pdg_buf_cstr(&p.run.out), "}\n"));
}

static void subjects_are_digests_names_and_files(void)
{
	PDG_AUTO(place) struct place p;

	place_init(&p);
	CHECK_INT(pdg_program_run(&p.run, "verify", "sha256:" WORLD_ARTIFACT, "--from", "evidence",
				  "--policy", "policy", NULL),
		  0);
	/* A file of another content is another artifact. */
	free(pdg_test_file(p.w.dir, "app.tar", pdg_bytes_str("content")));
	CHECK_INT(pdg_program_run(&p.run, "verify", "app.tar", "--from", "evidence", "--policy",
				  "policy", NULL),
		  1);
	CHECK(pdg_str_starts(pdg_buf_cstr(&p.run.out), "app.tar  sha256:ed7002b4"));
	/* A digest cannot be replaced by a file of that name. */
	free(pdg_test_file(p.w.dir, "sha256:" WORLD_ARTIFACT, pdg_bytes_str("content")));
	CHECK_INT(pdg_program_run(&p.run, "verify", "sha256:" WORLD_ARTIFACT, "--from", "evidence",
				  "--policy", "policy", NULL),
		  0);
	/* A tag can move: refused, not looked up. */
	CHECK_INT(pdg_program_run(&p.run, "verify", "registry.example/app:v1", "--from", "evidence",
				  "--policy", "policy", NULL),
		  2);
	pdg_program_error(&p.run, "CLI-3");
	CHECK_INT(pdg_program_run(&p.run, "verify", "app@sha256:short", "--from", "evidence",
				  "--policy", "policy", NULL),
		  2);
	pdg_program_error(&p.run, "CLI-3");
}

static void wrong_use_is_two_and_damage_is_three(void)
{
	PDG_AUTO(place) struct place p;

	place_init(&p);
	CHECK_INT(pdg_program_run(&p.run, "verify", SUBJECT, "--from", "evidence", "--policy",
				  "nowhere", NULL),
		  2);
	pdg_program_error(&p.run, "POL-9");
	CHECK_INT(pdg_program_run(&p.run, "verify", SUBJECT, "--frm", "evidence", NULL), 2);
	pdg_program_error(&p.run, "CLI-1");
	CHECK_INT(VERIFY("--save", "there", NULL), 2);
	pdg_program_error(&p.run, "CLI-2");
	CHECK_INT(pdg_program_run(&p.run, "verify", SUBJECT, "--from", "nowhere", "--policy",
				  "policy", NULL),
		  2);
	pdg_program_error(&p.run, "CLI-2");
	CHECK_INT(pdg_program_run(&p.run, "verify", "keys", "--from", "evidence", "--policy",
				  "policy", NULL),
		  2);
	pdg_program_error(&p.run, "CLI-3");
	free(pdg_test_file(p.w.dir, "policy", pdg_bytes_str("[repositry \"x\"]\n")));
	CHECK_INT(VERIFY(NULL), 2);
	pdg_program_error(&p.run, "POL-2");
	/* A policy whose key files are gone judges nothing. */
	free(pdg_test_file(p.w.dir, "policy", pdg_bytes_str(WORLD_POLICY)));
	free(pdg_test_file(p.w.dir, "keys/allowed_signers",
			   pdg_bytes_str("no line of such a file\n")));
	CHECK_INT(VERIFY(NULL), 2);
	pdg_program_error(&p.run, "POL-5");
}

static void a_folder_needs_no_socket(void)
{
	PDG_AUTO(place) struct place p;

	place_init(&p);
	p.run.no_sockets = true;
	CHECK_INT(VERIFY(NULL), 0);
	CHECK_INT(VERIFY("--json", NULL), 0);
	CHECK_INT(pdg_program_run(&p.run, "verify-bundle", "--bundle", "bundle.json", "--key",
				  "keys/service.pub", "--trusted-root", "keys/root.json",
				  "sha256:" WORLD_ARTIFACT, NULL),
		  0);
}

static void lost_output_is_no_success(void)
{
	PDG_AUTO(place) struct place p;

	place_init(&p);
	p.run.stdout_path = "/dev/full";
	CHECK_INT(VERIFY(NULL), 3);
	CHECK_HAS(pdg_buf_cstr(&p.run.err), "output was lost");
	CHECK_INT(VERIFY("--json", NULL), 3);
	CHECK_HAS(pdg_buf_cstr(&p.run.err), "output was lost");
}

/* --- verify-bundle --- */

#define BUNDLE(key, subject)                                                                       \
	pdg_program_run(&p.run, "verify-bundle", "--bundle", "bundle.json", "--key", key,          \
			"--trusted-root", "keys/root.json", subject, NULL)

static void a_bundle_by_the_conformance_protocol(void)
{
	PDG_AUTO(place) struct place p;

	place_init(&p);
	CHECK_INT(BUNDLE("keys/service.pub", "sha256:" WORLD_ARTIFACT), 0);
	CHECK_INT(BUNDLE("keys/builder.pub", "sha256:" WORLD_ARTIFACT), 1);
	pdg_program_error(&p.run, "ENV-5");
	CHECK_INT(BUNDLE("keys/service.pub", "sha256:" WORLD_OTHER), 1);
	pdg_program_error(&p.run, "BND-8");
	CHECK_INT(BUNDLE("keys/service.pub", "nowhere"), 2);
	pdg_program_error(&p.run, "CLI-3");
	/* The policy's trusted root where none is named; none at all is wrong use. */
	CHECK_INT(pdg_program_run(&p.run, "verify-bundle", "--staging", "--bundle", "bundle.json",
				  "--key", "keys/service.pub", "--policy", "policy",
				  "sha256:" WORLD_ARTIFACT, NULL),
		  0);
	CHECK_INT(pdg_program_run(&p.run, "verify-bundle", "--bundle", "bundle.json", "--key",
				  "keys/service.pub", "--policy", "nowhere",
				  "sha256:" WORLD_ARTIFACT, NULL),
		  2);
	CHECK_INT(pdg_program_run(&p.run, "verify-bundle", "--bundle", "bundle.json",
				  "sha256:" WORLD_ARTIFACT, NULL),
		  2);
	pdg_program_error(&p.run, "CLI-2");
	CHECK_INT(pdg_program_run(&p.run, "verify-bundle", "--bundle", "bundle.json",
				  "--certificate-identity", "a", "--certificate-oidc-issuer", "b",
				  "sha256:" WORLD_ARTIFACT, NULL),
		  2);
	pdg_program_error(&p.run, "CLI-4");
	/* By path, if a file of that name exists. */
	free(pdg_test_file(p.w.dir, "sha256:" WORLD_ARTIFACT, pdg_bytes_str("content")));
	CHECK_INT(BUNDLE("keys/service.pub", "sha256:" WORLD_ARTIFACT), 1);
}

/* --- key --- */

static mode_t mode_of(const struct place *p, const char *name)
{
	PDG_AUTO(mem) char *path = pdg_test_path(p->w.dir, name);
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void keys_are_made_once(void)
{
	PDG_AUTO(place) struct place p;
	PDG_AUTO(mem) char *stray = NULL;

	place_init(&p);
	CHECK_INT(pdg_program_run(&p.run, "key", "generate", "new.pem", NULL), 0);
	CHECK_UINT(mode_of(&p, "new.pem"), 0600);
	CHECK(mode_of(&p, "new.pem.pub") != 0);
	CHECK_INT(pdg_program_run(&p.run, "key", "generate", "new.pem", NULL), 2);
	CHECK_INT(pdg_program_run(&p.run, "key", "show", "new.pem", NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&p.run.out), "PKIX_ECDSA_P256_SHA_256 (private)");
	CHECK(!strstr(pdg_buf_cstr(&p.run.out), "PRIVATE"));
	CHECK_INT(pdg_program_run(&p.run, "key", "show", "--public", "new.pem.pub", NULL), 0);
	CHECK(pdg_str_starts(pdg_buf_cstr(&p.run.out), "-----BEGIN PUBLIC KEY-----\n"));

	/* A public part that is there already is somebody's: nothing is made. */
	free(pdg_test_file(p.w.dir, "other.pem.pub", pdg_bytes_str("mine")));
	CHECK_INT(
		pdg_program_run(&p.run, "key", "generate", "--type", "ed25519", "other.pem", NULL),
		2);
	stray = pdg_test_path(p.w.dir, "other.pem");
	CHECK(access(stray, F_OK) != 0);
	CHECK_INT(pdg_program_run(&p.run, "key", "generate", "--type", "rsa", "third.pem", NULL),
		  2);
	CHECK_INT(pdg_program_run(&p.run, "key", "show", "nowhere", NULL), 2);
	pdg_program_error(&p.run, "KEY-3");
}

PDG_TEST_MAIN("judge", {"the verdict is the exit status", the_verdict_is_the_exit_status},
	      {"one object of JSON", one_object_of_json},
	      {"subjects are digests, names and files", subjects_are_digests_names_and_files},
	      {"wrong use is two and damage is three", wrong_use_is_two_and_damage_is_three},
	      {"a folder needs no socket", a_folder_needs_no_socket},
	      {"lost output is no success", lost_output_is_no_success},
	      {"a bundle by the conformance protocol", a_bundle_by_the_conformance_protocol},
	      {"keys are made once", keys_are_made_once})

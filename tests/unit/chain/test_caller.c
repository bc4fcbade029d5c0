/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds of a [builder] without a key: what the service wrote from a token stands by the service's
 * signature and by what the policy says of that token now; what was submitted by somebody who is
 * only known to the service does not.
 */
#include "stage/build_oidc.h"
#include "unit/chain/scene.h"

#define ISSUER	"https://issuer.example.com"
#define BUILDER "[builder \"" WORLD_BUILDER "\"]\n\trepository = https://git.example.com/*\n"
#define TOKEN(issuer, claim)                                                                       \
	WORLD_TRUST WORLD_REPOSITORIES BUILDER "\toidcIssuer = " issuer                            \
					       "\n\toidcAudience = a\n\toidcClaim = " claim "\n"
#define OIDC TOKEN(ISSUER, "job=release") WORLD_REQUIRE
#define ARTIFACT                                                                                   \
	"{\"artifacts\":[{\"name\":\"app\",\"digest\":{\"sha256\":\"" WORLD_ARTIFACT "\"}}]}"

/* The statement that the service writes of the scene's commit. */
static char *statement(void)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(json) json_t *claims = NULL;
	PDG_AUTO(outputs) struct pdg_outputs o = {0};
	char oid[PDG_OID_HEX];
	char uri[] = WORLD_URI;
	char ref[] = WORLD_REF;
	char event[] = "push";
	char run[] = "https://git.example.com/app/run/1";
	const struct pdg_ci ci = {uri, oid, ref, event, NULL, run};
	struct pdg_build_oidc m = {.builder_id = WORLD_BUILDER, .issuer = ISSUER, .ci = &ci};
	struct pdg_error err = {0};

	PDG_TEST_READ_DATA("commits/ssh-good.raw", &raw);
	CHECK_OK(pdg_object_name("commit", pdg_buf_bytes(&raw), false, oid, &err), &err);
	CHECK_OK(pdg_json_load(
			 pdg_bytes_str(
				 "{\"sub\":\"x\",\"job\":\"release\",\"project_path\":\"app\"}"),
			 200, &claims, &err),
		 &err);
	CHECK_OK(pdg_outputs_read(pdg_bytes_str(ARTIFACT), &o, &err), &err);
	m.claims = claims;
	m.outputs = &o;
	CHECK_OK(pdg_build_oidc_make(&m, &text, &err), &err);
	return pdg_bytes_dup(pdg_buf_bytes(&text));
}

/* A scene whose build is that statement, signed by @who. */
static void open_scene(struct scene *s, char **payload, enum pdg_world_key who)
{
	struct pdg_make build = {.stage = "build"};

	scene_init(s, OIDC);
	*payload = statement();
	build.payload = *payload;
	build.producer = s->w.key[who];
	scene_make(s, NULL, &build);
	scene_both(s);
}

static void the_services_own(void)
{
	static const char *const refused[] = {
		TOKEN("https://other.example.com", "job=release") WORLD_REQUIRE,
		TOKEN(ISSUER "/", "job=release") WORLD_REQUIRE,
		TOKEN(ISSUER, "job=nightly") WORLD_REQUIRE,
		TOKEN(ISSUER, "job=release\n\toidcClaim = more=x") WORLD_REQUIRE,
		TOKEN(ISSUER, "job=release\n\tevent = schedule") WORLD_REQUIRE,
		WORLD_TRUST WORLD_REPOSITORIES BUILDER "\tkey = keys/builder.pub\n" WORLD_REQUIRE,
		WORLD_TRUST WORLD_REPOSITORIES BUILDER "\tclientCertificate = x\n" WORLD_REQUIRE,
	};
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(mem) char *payload = NULL;
	size_t i;

	open_scene(&s, &payload, WORLD_SERVICE);
	expect_good(&s);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		pdg_test_case("policy %zu", i);
		pdg_world_policy(&s.w, refused[i]);
		expect_read_build(&s, "CHN-6");
	}
	pdg_test_case(NULL);
	pdg_world_policy(&s.w, TOKEN(ISSUER, "job=release\n\tevent = push") WORLD_REQUIRE);
	expect_good(&s);
}

/* Whoever has another key cannot write it, nor is a countersignature enough where an envelope is.
 */
static void somebody_elses(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(mem) char *payload = NULL;

	open_scene(&s, &payload, WORLD_STRANGER);
	expect_read_build(&s, "CHN-6");
}

/* A statement in another form is the caller's: by the journal, whose leaf here names somebody else.
 */
static void on_the_services_word(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, OIDC);
	expect_read_build(&s, "CHN-6");
}

PDG_TEST_MAIN("caller", {"the service's own", the_services_own},
	      {"somebody else's", somebody_elses}, {"on the service's word", on_the_services_word})

/* SPDX-License-Identifier: Apache-2.0 */
/* The program pedigree-net: pages and links of a service's records, refusals, outages, the outbox.
 */
#include "unit/cli/net_data.h"

/* --- records --- */

static void pages_and_links_are_followed(void)
{
	PDG_AUTO(net) struct net n;

	net_init(&n);
	SERVE(&n,
	      {"/api/v1/subjects/" SUBJECT "?after=0", 200, JSON, NULL, LIST(ENTRY("a")) "7}", 0},
	      {"/api/v1/subjects/" SUBJECT "?after=7", 200, JSON, NULL, LIST(ENTRY("b")) "9}", 0},
	      {"/api/v1/subjects/" SUBJECT "?after=9", 200, JSON, NULL, LIST(ENTRY("a")) "null}",
	       0},
	      {"/api/v1/attestations/" REFERENCE("a"), 200, JSON, NULL,
	       RECORD("a", "build", LINK("c")), 0},
	      {"/api/v1/attestations/" REFERENCE("b"), 200, JSON, NULL,
	       RECORD("b", "build", LINK("c")), 0},
	      {"/api/v1/attestations/" REFERENCE("c"), 200, JSON, NULL, RECORD("c", "source", ""),
	       0});
	CHECK_INT(NET("records", SERVICE, SUBJECT, "there", NULL), 0);
	CHECK_STR(pdg_buf_cstr(&n.run.err), "");
	CHECK_UINT(files_in(&n, "there", ".json"), 3);
	CHECK_UINT(n.requests, 6);
	/* An unknown subject has an empty list: nothing is there, and that is no failure. */
	SERVE(&n, {"/api/v1/subjects/", 200, JSON, NULL, LIST("") "null}", 0});
	CHECK_INT(NET("records", SERVICE, SUBJECT, "empty", NULL), 0);
	CHECK_UINT(files_in(&n, "empty", ".json"), 0);
}

/* Whoever answers the same page again and again does not keep us. */
static void a_page_that_leads_nowhere_ends_it(void)
{
	PDG_AUTO(net) struct net n;

	net_init(&n);
	SERVE(&n, {"/api/v1/subjects/", 200, JSON, NULL, LIST(ENTRY("a")) "7}", 0},
	      {"/api/v1/attestations/", 200, JSON, NULL, RECORD("a", "build", ""), 0});
	CHECK_INT(NET("records", SERVICE, SUBJECT, "there", NULL), 0);
	CHECK_UINT(n.requests, 3);
}

static void records_of_other_things_are_refused(void)
{
	static const char *const bodies[] = {
		RECORD("b", "build", ""),	 /* not the one asked for */
		RECORD("a", "../../escape", ""), /* a name that leads out of the folder */
		RECORD("a", "", ""),
		RECORD("a", "build", "{\"reference\":\"../x\"}"),
		"{\"reference\":\"" REFERENCE("a") "\"}",
		"<html>",
		"",
	};
	PDG_AUTO(net) struct net n;
	size_t i;

	net_init(&n);
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		pdg_test_case("%s", bodies[i]);
		SERVE(&n, {"/api/v1/subjects/", 200, JSON, NULL, LIST(ENTRY("a")) "null}", 0},
		      {"/api/v1/attestations/", 200, JSON, NULL, bodies[i], 0});
		CHECK_INT(NET("records", SERVICE, SUBJECT, "there", NULL), 3);
		pdg_program_error(&n.run, NULL);
	}
	pdg_test_case(NULL);
	SERVE(&n, {"/api/v1/subjects/", 200, JSON, NULL,
		   LIST("{\"reference\":\"../../x\"}") "null}", 0});
	CHECK_INT(NET("records", SERVICE, SUBJECT, "there", NULL), 3);
}

static void what_is_no_answer_could_not_be_judged(void)
{
	PDG_AUTO(net) struct net n;
	char dead[64];

	net_init(&n);
	SERVE(&n, {"/", 302, "text/html", "Location: http://127.0.0.1:1/\r\n", "moved", 0});
	CHECK_INT(NET("records", SERVICE, SUBJECT, "there", NULL), 3);
	pdg_program_error(&n.run, NULL);
	CHECK_UINT(n.requests, 1);
	SERVE(&n, {"/", 503, PROBLEM, NULL,
		   "{\"detail\":\"too much\\u001b[31m\",\"rule\":\"SVC-1\"}", 0});
	CHECK_INT(NET("records", SERVICE, SUBJECT, "there", NULL), 3);
	pdg_program_error(&n.run, "SVC-1");
	CHECK(!strchr(pdg_buf_cstr(&n.run.err), '\x1b'));
	(void)snprintf(dead, sizeof(dead), "http://127.0.0.1:%u", fake_http_dead_port());
	CHECK_INT(NET("records", "--service", dead, SUBJECT, "there", NULL), 3);
	pdg_program_error(&n.run, "NET-1");
	CHECK_INT(NET("ping", "--service", dead, NULL), 3);
	CHECK_INT(NET("ping", "--service", "ftp://example.com", NULL), 2);
	pdg_program_error(&n.run, "CLI-2");
}

static void the_environment_names_the_service(void)
{
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *env = NULL;

	net_init(&n);
	env = pdg_str_printf("PEDIGREE_SERVICE=%s/", fake_http_url(n.http));
	n.run.env = env;
	SERVE(&n, {"/readyz", 200, JSON, NULL, "{}", 0});
	CHECK_INT(NET("ping", NULL), 0);
	CHECK_UINT(n.requests, 1);
}

/* --- submit --- */

#define POST "/api/v1/attestations"
#define ANSWER(d, state)                                                                           \
	"{\"reference\":\"" REFERENCE(d) "\",\"state\":\"" state                                   \
					 "\",\"envelope\":{},\"bundle\":{\"b\":1}}"

static void submissions_are_sent_until_they_are_taken(void)
{
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *file = NULL;
	PDG_AUTO(mem) char *bundle = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(4));

	net_init(&n);
	file = pdg_test_file(n.dir, "build.json", pdg_bytes_str("{}"));
	SERVE(&n, {POST, 503, PROBLEM, NULL, "{\"rule\":\"SVC-1\"}", 2},
	      {POST, 424, PROBLEM, "Retry-After: 1\r\n", "{\"rule\":\"BLD-6\"}", 2},
	      {POST, 201, JSON, NULL, ANSWER("a", "logged"), 0});
	CHECK_INT(NET("submit", SERVICE, "--bundle", "bundle.json", "build.json", NULL), 0);
	CHECK_UINT(n.requests, 3);
	CHECK_HAS(pdg_buf_cstr(&n.run.out), REFERENCE("a") " logged");
	CHECK_BYTES_STR(pdg_buf_bytes(&n.head).n > 4 ? pdg_bytes_head(pdg_buf_bytes(&n.head), 4)
						     : pdg_bytes(NULL, 0),
			"POST");
	CHECK_HAS(pdg_buf_cstr(&n.head), "Prefer: wait=5");
	bundle = pdg_test_path(n.dir, "bundle.json");
	pdg_test_read(bundle, &text);
	CHECK_STR(pdg_buf_cstr(&text), "{\"b\":1}");

	/* What is refused is said with the service's rule, and not sent again. */
	SERVE(&n, {POST, 422, PROBLEM, NULL,
		   "{\"detail\":\"no\",\"rule\":\"BLD-5\",\"fix\":\"mend it\"}", 0});
	CHECK_INT(NET("submit", SERVICE, "build.json", NULL), 1);
	pdg_program_error(&n.run, "BLD-5");
	CHECK_HAS(pdg_buf_cstr(&n.run.err), "; mend it\n");
	CHECK_UINT(n.requests, 1);
}

/* A service that waits longer than we listen would take what we believe is lost. */
static void the_wait_ends_before_the_deadline(void)
{
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *file = NULL;

	net_init(&n);
	file = pdg_test_file(n.dir, "build.json", pdg_bytes_str("{}"));
	SERVE(&n, {POST, 202, JSON, NULL, ANSWER("a", "pending-log"), 0});
	CHECK_INT(NET("submit", SERVICE, "--deadline", "2s", "build.json", NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&n.head), "Prefer: wait=0");
	CHECK_INT(NET("submit", SERVICE, "--deadline", "5s", "--wait", "30", "build.json", NULL),
		  0);
	CHECK_HAS(pdg_buf_cstr(&n.head), "Prefer: wait=3");
	CHECK_INT(NET("submit", SERVICE, "--wait", "31", "build.json", NULL), 2);
	CHECK_INT(NET("submit", SERVICE, "--deadline", "soon", "build.json", NULL), 2);
	CHECK_INT(NET("submit", SERVICE, NULL), 2);
}

static void the_outbox_is_emptied_in_order(void)
{
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *box = NULL;
	struct pdg_error err = {0};

	net_init(&n);
	box = pdg_test_path(n.dir, "outbox");
	CHECK_OK(pdg_outbox_put(box, REFERENCE("a"), pdg_bytes_str("{}"), &err), &err);
	CHECK_OK(pdg_outbox_put(box, REFERENCE("b"), pdg_bytes_str("{}"), &err), &err);
	CHECK_OK(pdg_outbox_put(box, REFERENCE("c"), pdg_bytes_str("{}"), &err), &err);
	/* Away: everything stays, and only the first is tried. */
	SERVE(&n, {POST, 503, PROBLEM, "Retry-After: 60\r\n", "{\"rule\":\"SVC-2\"}", 0});
	CHECK_INT(NET("submit", SERVICE, "--outbox", "--deadline", "5s", box, NULL), 3);
	CHECK_UINT(files_in(&n, "outbox", ".json"), 3);
	CHECK_UINT(n.requests, 1);
	/* One is refused for good and set aside, the others are taken all the same. */
	SERVE(&n, {POST, 201, JSON, NULL, ANSWER("a", "logged"), 2},
	      {POST, 403, PROBLEM, NULL, "{\"rule\":\"IDN-1\"}", 2},
	      {POST, 201, JSON, NULL, ANSWER("c", "logged"), 0});
	CHECK_INT(NET("submit", SERVICE, "--outbox", box, NULL), 1);
	CHECK_UINT(files_in(&n, "outbox", ".json"), 0);
	CHECK_UINT(files_in(&n, "outbox", ".refused"), 1);
	CHECK_UINT(files_in(&n, "outbox", ".problem"), 1);
	/* One whose source is not known yet is not refused for good. */
	CHECK_OK(pdg_outbox_put(box, REFERENCE("d"), pdg_bytes_str("{}"), &err), &err);
	SERVE(&n, {POST, 424, PROBLEM, "Retry-After: 60\r\n", "{\"rule\":\"BLD-6\"}", 0});
	CHECK_INT(NET("submit", SERVICE, "--outbox", "--deadline", "1s", box, NULL), 1);
	CHECK_UINT(files_in(&n, "outbox", ".json"), 1);
}

PDG_TEST_MAIN("net", {"pages and links are followed", pages_and_links_are_followed},
	      {"a page that leads nowhere ends it", a_page_that_leads_nowhere_ends_it},
	      {"records of other things are refused", records_of_other_things_are_refused},
	      {"what is no answer could not be judged", what_is_no_answer_could_not_be_judged},
	      {"the environment names the service", the_environment_names_the_service},
	      {"submissions are sent until they are taken",
	       submissions_are_sent_until_they_are_taken},
	      {"the wait ends before the deadline", the_wait_ends_before_the_deadline},
	      {"the outbox is emptied in order", the_outbox_is_emptied_in_order})

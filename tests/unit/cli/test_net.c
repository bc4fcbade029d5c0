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

/* Builds of one artifact, in pages. */
struct many {
	size_t n;
	size_t served;
};

static void answer_many(void *ctx, const struct fake_request *req, struct fake_reply *reply)
{
	static const char record[] = "/api/v1/attestations/";
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	struct many *m = ctx;
	const char *after = strstr(req->path, "?after=");
	size_t i, end;

	if (after) {
		i = strtoul(after + strlen("?after="), NULL, 10);
		end = i + PDG_LIMIT_PAGE < m->n ? i + PDG_LIMIT_PAGE : m->n;
		pdg_buf_puts(&text, "{\"digest\":\"x\",\"attestations\":[");
		for (; i < end; i++)
			pdg_buf_printf(&text, "{\"reference\":\"sha256:%064zx\"}%s", i,
				       i + 1 < end ? "," : "");
		pdg_buf_puts(&text, "],\"next\":");
		if (end < m->n)
			pdg_buf_printf(&text, "%zu}", end);
		else
			pdg_buf_puts(&text, "null}");
	} else {
		m->served++;
		pdg_buf_printf(&text, "{\"reference\":\"%s\",\"stage\":\"build\"}",
			       req->path + strlen(record));
	}
	fake_reply_http(reply, 200, JSON, NULL, pdg_buf_bytes(&text));
}

/* The remedy of HTP-10 takes more than the service judges a chain from, and ends where it must. */
static void more_than_the_service_judges(void)
{
	struct many m = {.n = PDG_LIMIT_CHAIN_STATEMENTS + PDG_LIMIT_PAGE};
	struct fake_http *http = fake_http_start(answer_many, &m);
	char *dir = pdg_test_dir();
	struct pdg_program run;
	const char *service = fake_http_url(http);

	pdg_program_init(&run, PDG_TEST_BIN "/pedigree-net", dir);
	CHECK_INT(pdg_program_run(&run, "records", "--service", service, SUBJECT, "-", NULL), 0);
	CHECK_STR(pdg_buf_cstr(&run.err), "");
	CHECK_UINT(m.served, m.n);
	m = (struct many){.n = PDG_LIMIT_EVIDENCE_FILES + 1};
	CHECK_INT(pdg_program_run(&run, "records", "--service", service, SUBJECT, "-", NULL), 3);
	CHECK_HAS(pdg_buf_cstr(&run.err), "more than 10000 records");
	CHECK_UINT(m.served, 0);
	fake_http_stop(http);
	pdg_program_done(&run);
	pdg_test_dir_remove(dir);
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
	SERVE(&n, {"/", 501, "text/html", NULL, "<html>", 0});
	CHECK_INT(NET("records", SERVICE, SUBJECT, "there", NULL), 3);
	pdg_program_error(&n.run, "NET-6");
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
#define ANSWER(reference, state)                                                                   \
	"{\"reference\":\"" reference "\",\"state\":\"" state                                      \
	"\",\"envelope\":{},\"bundle\":{\"b\":1}}"
/* What is sent here: a statement of no bytes, and its reference. */
#define STATEMENT "{\"payload\":\"\"}"
#define SENT	  "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void submissions_are_sent_until_they_are_taken(void)
{
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *file = NULL;
	PDG_AUTO(mem) char *bundle = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(4));

	net_init(&n);
	file = pdg_test_file(n.dir, "build.json", pdg_bytes_str(STATEMENT));
	SERVE(&n, {POST, 503, PROBLEM, NULL, "{\"rule\":\"SVC-1\"}", 2},
	      {POST, 424, PROBLEM, "Retry-After: 1\r\n", "{\"rule\":\"BLD-6\"}", 2},
	      {POST, 201, JSON, NULL, ANSWER(SENT, "logged"), 0});
	CHECK_INT(NET("submit", SERVICE, "--bundle", "bundle.json", "build.json", NULL), 0);
	CHECK_UINT(n.requests, 3);
	CHECK_HAS(pdg_buf_cstr(&n.run.out), SENT " logged");
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
	static const char *const refused[] = {"soon", "0s", "61m", "2d", "9223372036854775807s"};
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *file = NULL;
	size_t i;

	net_init(&n);
	file = pdg_test_file(n.dir, "build.json", pdg_bytes_str(STATEMENT));
	SERVE(&n, {POST, 202, JSON, NULL, ANSWER(SENT, "pending-log"), 0});
	CHECK_INT(NET("submit", SERVICE, "--deadline", "2s", "build.json", NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&n.head), "Prefer: wait=0");
	CHECK_INT(NET("submit", SERVICE, "--deadline", "1h", "build.json", NULL), 0);
	CHECK_INT(NET("submit", SERVICE, "--deadline", "5s", "build.json", NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&n.head), "Prefer: wait=3");
	/* What is asked for is kept, or refused; never dropped. */
	CHECK_INT(NET("submit", SERVICE, "--deadline", "2s", "--wait", "1", "build.json", NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&n.head), "Prefer: wait=1");
	CHECK_INT(NET("submit", SERVICE, "--wait", "30", "build.json", NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&n.head), "Prefer: wait=30");
	CHECK_INT(NET("submit", SERVICE, "--deadline", "5s", "--wait", "5", "build.json", NULL), 2);
	pdg_program_error(&n.run, "CLI-2");
	CHECK_INT(NET("submit", SERVICE, "--wait", "31", "build.json", NULL), 2);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		CHECK_INT(NET("submit", SERVICE, "--deadline", refused[i], "build.json", NULL), 2);
		pdg_program_error(&n.run, "CLI-2");
	}
	CHECK_INT(NET("submit", SERVICE, NULL), 2);
}

static void the_outbox_is_emptied_in_order(void)
{
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *box = NULL;
	struct pdg_error err = {0};

	net_init(&n);
	box = pdg_test_path(n.dir, "outbox");
	CHECK_OK(pdg_outbox_put(box, REFERENCE("a"), pdg_bytes_str(STATEMENT), &err), &err);
	CHECK_OK(pdg_outbox_put(box, REFERENCE("b"), pdg_bytes_str(STATEMENT), &err), &err);
	CHECK_OK(pdg_outbox_put(box, REFERENCE("c"), pdg_bytes_str(STATEMENT), &err), &err);
	/* Away: everything stays, and only the first is tried. */
	SERVE(&n, {POST, 503, PROBLEM, "Retry-After: 60\r\n", "{\"rule\":\"SVC-2\"}", 0});
	CHECK_INT(NET("submit", SERVICE, "--outbox", "--deadline", "5s", box, NULL), 3);
	CHECK_UINT(files_in(&n, "outbox", ".json"), 3);
	CHECK_UINT(n.requests, 1);
	/* One is refused for good and set aside, the others are taken all the same. */
	SERVE(&n, {POST, 201, JSON, NULL, ANSWER(SENT, "logged"), 2},
	      {POST, 403, PROBLEM, NULL, "{\"rule\":\"IDN-1\"}", 2},
	      {POST, 201, JSON, NULL, ANSWER(SENT, "logged"), 0});
	CHECK_INT(NET("submit", SERVICE, "--outbox", box, NULL), 1);
	CHECK_UINT(files_in(&n, "outbox", ".json"), 0);
	CHECK_UINT(files_in(&n, "outbox", ".refused"), 1);
	CHECK_UINT(files_in(&n, "outbox", ".problem"), 1);
	/* One whose source is not known yet is not refused for good. */
	CHECK_OK(pdg_outbox_put(box, REFERENCE("d"), pdg_bytes_str(STATEMENT), &err), &err);
	SERVE(&n, {POST, 424, PROBLEM, "Retry-After: 60\r\n", "{\"rule\":\"BLD-6\"}", 0});
	CHECK_INT(NET("submit", SERVICE, "--outbox", "--deadline", "1s", box, NULL), 3);
	CHECK_HAS(pdg_buf_cstr(&n.run.err), "[BLD-6]");
	CHECK_UINT(files_in(&n, "outbox", ".json"), 1);
	/* An address that is no service's is no word on the statement. */
	SERVE(&n, {POST, 405, PROBLEM, NULL, "{\"rule\":\"HTP-2\"}", 0});
	CHECK_INT(NET("submit", SERVICE, "--outbox", box, NULL), 3);
	CHECK_UINT(files_in(&n, "outbox", ".json"), 1);
	/* With nothing but refused ones left it is no success. */
	SERVE(&n, {POST, 201, JSON, NULL, ANSWER(SENT, "logged"), 0});
	CHECK_INT(NET("submit", SERVICE, "--outbox", box, NULL), 1);
	CHECK_HAS(pdg_buf_cstr(&n.run.err), "[IDN-1]");
	CHECK_UINT(files_in(&n, "outbox", ".json"), 0);
	CHECK_INT(NET("submit", SERVICE, "--outbox", box, NULL), 1);
	CHECK_INT(NET("submit", SERVICE, "--outbox", "--quiet", box, NULL), 0);
}

/* Only an answer for what was sent lets go of it: a stranger's would empty the outbox. */
static void an_answer_for_another_statement_is_none(void)
{
	static const char *const answers[] = {
		ANSWER(REFERENCE("0"), "logged"),
		ANSWER("", "logged"),
		ANSWER("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
		       "logged"),
		ANSWER(SENT " ", "logged"),
	};
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *box = NULL;
	PDG_AUTO(mem) char *file = NULL;
	struct pdg_error err = {0};
	size_t i;

	net_init(&n);
	box = pdg_test_path(n.dir, "outbox");
	file = pdg_test_file(n.dir, "build.json", pdg_bytes_str(STATEMENT));
	CHECK_OK(pdg_outbox_put(box, SENT, pdg_bytes_str(STATEMENT), &err), &err);
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		pdg_test_case("%s", answers[i]);
		SERVE(&n, {POST, 201, JSON, NULL, answers[i], 0});
		CHECK_INT(NET("submit", SERVICE, "--outbox", box, NULL), 3);
		CHECK_HAS(pdg_buf_cstr(&n.run.err), "but " SENT " was sent");
		CHECK_UINT(files_in(&n, "outbox", ".json"), 1);
		CHECK_INT(NET("submit", SERVICE, "build.json", NULL), 3);
		CHECK_STR(pdg_buf_cstr(&n.run.out), "");
	}
	pdg_test_case(NULL);
	SERVE(&n, {POST, 201, JSON, NULL, ANSWER(SENT, "logged"), 0});
	CHECK_INT(NET("submit", SERVICE, "--outbox", box, NULL), 0);
	CHECK_UINT(files_in(&n, "outbox", ".json"), 0);
}

/* The words of a refusal stay on the line that they belong to. */
static void a_refusal_is_one_line(void)
{
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *box = NULL;
	struct pdg_error err = {0};

	net_init(&n);
	box = pdg_test_path(n.dir, "outbox");
	CHECK_OK(pdg_outbox_put(box, REFERENCE("a"), pdg_bytes_str(STATEMENT), &err), &err);
	CHECK_OK(pdg_outbox_put(box, REFERENCE("b"), pdg_bytes_str(STATEMENT), &err), &err);
	SERVE(&n, {POST, 400, PROBLEM, NULL,
		   "{\"detail\":\"no\\u001b[2J\\nall is logged\",\"rule\":\"\\u001b]0;x\"}", 0});
	(void)NET("submit", SERVICE, "--outbox", box, NULL);
	(void)NET("submit", SERVICE, "--outbox", box, NULL);
	CHECK_HAS(pdg_buf_cstr(&n.run.err), "no\\x1b[2J all is logged");
	CHECK(!strchr(pdg_buf_cstr(&n.run.err), '\033'));
	CHECK(!strstr(pdg_buf_cstr(&n.run.err), "\nall"));
	CHECK_HAS(pdg_buf_cstr(&n.run.out), "no\\x1b[2J all is logged");
	CHECK(!strstr(pdg_buf_cstr(&n.run.out), "\nall"));
}

/* What is no statement is set aside and named; what stands behind it is sent. */
static void what_is_no_statement_blocks_nothing(void)
{
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *box = NULL;
	PDG_AUTO(mem) char *folder = NULL;
	PDG_AUTO(mem) char *link = NULL;
	struct pdg_error err = {0};

	net_init(&n);
	box = pdg_test_path(n.dir, "outbox");
	folder = pdg_str_printf("%s/%s.json", box, &REFERENCE("a")[strlen("sha256:")]);
	link = pdg_str_printf("%s/%s.json", box, &REFERENCE("b")[strlen("sha256:")]);
	CHECK_OK(pdg_outbox_put(box, REFERENCE("c"), pdg_bytes_str(STATEMENT), &err), &err);
	CHECK_INT(mkdir(folder, 0700), 0);
	CHECK_INT(symlink("/nonexistent", link), 0);
	SERVE(&n, {POST, 201, JSON, NULL, ANSWER(SENT, "logged"), 0});
	/* For whoever pushes: all that there was to send was sent. */
	CHECK_INT(NET("submit", SERVICE, "--outbox", "--quiet", box, NULL), 0);
	CHECK_UINT(n.requests, 1);
	CHECK_UINT(files_in(&n, "outbox", ".json"), 0);
	CHECK_UINT(files_in(&n, "outbox", ".refused"), 2);
	CHECK_INT(NET("submit", SERVICE, "--outbox", box, NULL), 1);
	CHECK_HAS(pdg_buf_cstr(&n.run.err), "[FIL-2]");
	CHECK_HAS(pdg_buf_cstr(&n.run.err), "is a directory");
	CHECK_HAS(pdg_buf_cstr(&n.run.out), "is a link to nothing");
	CHECK_HAS(pdg_buf_cstr(&n.run.out), "[FIL-2]");
}

/* The same fault has the same exit status here and there. */
static void exit_statuses_follow_from_the_rule(void)
{
	static const struct {
		int http;
		const char *body;
		const char *headers;
		int status;
	} cases[] = {
		{400, "{\"rule\":\"JSN-1\"}", NULL, 3},
		{400, "{\"rule\":\"ENV-1\"}", NULL, 3},
		{400, "{\"rule\":\"ENV-4\"}", NULL, 1},
		{403, "{\"rule\":\"IDN-1\"}", NULL, 1},
		{413, "{\"rule\":\"HTP-3\"}", NULL, 3},
		{404, "{\"rule\":\"HTP-1\"}", NULL, 3},
		{405, "{\"rule\":\"HTP-2\"}", NULL, 3},
		{415, "{\"rule\":\"HTP-4\"}", NULL, 3},
		{501, "{\"rule\":\"STG-2\"}", NULL, 1},
		{424, "{\"rule\":\"BLD-6\"}", NULL, 1},
		{422, "{\"rule\":\"NEW-77\"}", NULL, 1},
		{400, "{\"rule\":\"NEW-77\"}", NULL, 3},
		{424, "{\"rule\":\"BLD-6\"}", "Retry-After: 60\r\n", 3},
		{429, "{\"rule\":\"SVC-1\"}", "Retry-After: 60\r\n", 3},
	};
	PDG_AUTO(net) struct net n;
	PDG_AUTO(mem) char *file = NULL;
	size_t i;

	net_init(&n);
	file = pdg_test_file(n.dir, "build.json", pdg_bytes_str(STATEMENT));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%d %s", cases[i].http, cases[i].body);
		SERVE(&n, {POST, cases[i].http, PROBLEM, cases[i].headers, cases[i].body, 0});
		CHECK_INT(NET("submit", SERVICE, "--deadline", "2s", "build.json", NULL),
			  cases[i].status);
		CHECK_UINT(n.requests, 1);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("net", {"pages and links are followed", pages_and_links_are_followed},
	      {"a page that leads nowhere ends it", a_page_that_leads_nowhere_ends_it},
	      {"more than the service judges", more_than_the_service_judges},
	      {"records of other things are refused", records_of_other_things_are_refused},
	      {"what is no answer could not be judged", what_is_no_answer_could_not_be_judged},
	      {"the environment names the service", the_environment_names_the_service},
	      {"submissions are sent until they are taken",
	       submissions_are_sent_until_they_are_taken},
	      {"the wait ends before the deadline", the_wait_ends_before_the_deadline},
	      {"the outbox is emptied in order", the_outbox_is_emptied_in_order},
	      {"an answer for another statement is none", an_answer_for_another_statement_is_none},
	      {"a refusal is one line", a_refusal_is_one_line},
	      {"what is no statement blocks nothing", what_is_no_statement_blocks_nothing},
	      {"exit statuses follow from the rule", exit_statuses_follow_from_the_rule})

/* SPDX-License-Identifier: Apache-2.0 */
/* Dates against known seconds, every day of 400 years, and what RFC 3339 does not allow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/check.h"
#include "util/time.h"

static void known_times(void)
{
	static const struct {
		int64_t t;
		const char *text;
	} rows[] = {
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1969-12-31T23:59:59Z"},
		{951782400, "2000-02-29T00:00:00Z"},
		{951868799, "2000-02-29T23:59:59Z"},
		{951868800, "2000-03-01T00:00:00Z"},
		{4107542400, "2100-03-01T00:00:00Z"},
		{4107542399, "2100-02-28T23:59:59Z"},
		{1795403820, "2026-11-23T03:17:00Z"},
		{2147483648, "2038-01-19T03:14:08Z"},
		{-62135596800, "0001-01-01T00:00:00Z"},
		{253402300799, "9999-12-31T23:59:59Z"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[PDG_TIME_TEXT];
		struct pdg_error err = {0};
		int64_t back = 0;

		pdg_test_case("%s", rows[i].text);
		pdg_time_text(rows[i].t, text);
		CHECK_STR(text, rows[i].text);
		CHECK_OK(pdg_time_parse(pdg_bytes_str(text), &back, &err), &err);
		CHECK_INT(back, rows[i].t);
	}
	pdg_test_case(NULL);
}

/* Days one after the other, counted by a calendar that only knows how long a month is. */
static void every_day_of_four_centuries(void)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t t = 946684800; /* 2000-01-01 */
	size_t wrong = 0;
	int y;

	for (y = 2000; y < 2400; y++) {
		int m;

		for (m = 1; m <= 12; m++) {
			bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
			int last = lengths[m - 1] + (m == 2 && leap);
			int d;

			for (d = 1; d <= last; d++, t += 86400) {
				char want[64];
				char got[PDG_TIME_TEXT];
				int64_t back = 0;

				(void)snprintf(want, sizeof(want), "%04d-%02d-%02dT00:00:00Z", y, m,
					       d);
				pdg_time_text(t, got);
				wrong += strcmp(got, want) != 0;
				wrong += pdg_time_parse(pdg_bytes_str(got), &back, NULL) != 0;
				wrong += back != t;
			}
		}
	}
	CHECK_UINT(wrong, 0);
	CHECK_INT(t, 13569465600); /* 2400-01-01 */
}

static void any_number_has_a_text(void)
{
	char text[PDG_TIME_TEXT];

	pdg_time_text(INT64_MAX, text);
	CHECK_STR(text, "292277026596-12-04T15:30:07Z");
	pdg_time_text(INT64_MIN, text);
	CHECK_STR(text, "-292277022657-01-27T08:29:52Z");
	pdg_time_text(253402300800, text);
	CHECK_STR(text, "10000-01-01T00:00:00Z");
}

static void forms_of_rfc3339(void)
{
	static const struct {
		const char *in;
		int64_t t;
	} rows[] = {
		{"2026-11-23T03:17:00Z", 1795403820},
		{"2026-11-23t03:17:00z", 1795403820},
		{"2026-11-23T03:17:00.9Z", 1795403820},
		{"2026-11-23T03:17:00.123456789012345678901234567890Z", 1795403820},
		{"2026-11-23T04:17:00+01:00", 1795403820},
		{"2026-11-22T21:47:00-05:30", 1795403820},
		{"2026-11-23T03:17:00+00:00", 1795403820},
		{"2026-11-23T03:17:00-00:00", 1795403820},
		{"2026-11-23T04:17:00.5+01:00", 1795403820},
		{"2016-12-31T23:59:60Z", 1483228800},
		{"2016-12-31T18:59:60.5-05:00", 1483228800},
		{"1969-12-31T23:59:59.9Z", -1},
		{"0001-01-01T23:59:00+23:59", -62135596800},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		int64_t t = 0;

		pdg_test_case("%s", rows[i].in);
		CHECK_OK(pdg_time_parse(pdg_bytes_str(rows[i].in), &t, &err), &err);
		CHECK_INT(t, rows[i].t);
	}
	pdg_test_case(NULL);
}

static void what_is_no_time(void)
{
	static const char *const rows[] = {
		"",
		"Z",
		"2026",
		"2026-11-23",
		"2026-11-23T03:17Z",
		"2026-11-23T03:17:00",
		"2026-11-23 03:17:00Z",
		"2026-11-23T03:17:00 Z",
		" 2026-11-23T03:17:00Z",
		"2026-11-23T03:17:00Z ",
		"2026-11-23T03:17:00Z\n",
		"2026-11-23T03:17:00.Z",
		"2026-11-23T03:17:00,5Z",
		"2026-11-23T03:17:00+0100",
		"2026-11-23T03:17:00+1:00",
		"2026-11-23T03:17:00+01",
		"2026-11-23T03:17:00+24:00",
		"2026-11-23T03:17:00+01:60",
		"2026-11-23T03:17:00ZZ",
		"2026-11-23T03:17:00Z+01:00",
		"2026-00-23T03:17:00Z",
		"2026-13-23T03:17:00Z",
		"2026-11-00T03:17:00Z",
		"2026-11-31T03:17:00Z",
		"2026-02-29T03:17:00Z",
		"2100-02-29T03:17:00Z",
		"2026-11-23T24:00:00Z",
		"2026-11-23T03:60:00Z",
		"2026-11-23T03:17:61Z",
		"2026-11-23T03:17:60Z",
		"2016-12-31T23:59:60+01:00",
		"0000-01-01T00:00:00Z",
		"0001-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"9999-12-31T23:59:60Z",
		"+026-11-23T03:17:00Z",
		"-026-11-23T03:17:00Z",
		"20261-11-23T03:17:00Z",
		"2026-1-23T03:17:00Z",
		"2026/11/23T03:17:00Z",
		"2026-11-23T03.17.00Z",
		"20261123T031700Z",
		"2026-11-23T03:17:0\xEF\xBC\x90Z",
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		int64_t t = 4711;

		pdg_test_case("\"%s\"", rows[i]);
		CHECK_CODE(pdg_time_parse(pdg_bytes_str(rows[i]), &t, &err), &err, PDG_E_FORMAT);
		CHECK_INT(t, 4711);
	}
	pdg_test_case(NULL);
	CHECK_INT(pdg_time_parse(pdg_bytes(NULL, 0), NULL, NULL), PDG_E_FORMAT);
	CHECK_INT(pdg_time_parse(pdg_bytes("2026-11-23T03:17:00\0", 20), NULL, NULL), PDG_E_FORMAT);
}

/* A local time zone changes nothing. */
static void zone_is_ignored(void)
{
	char text[PDG_TIME_TEXT];

	CHECK_INT(setenv("TZ", "America/New_York", 1), 0);
	tzset();
	pdg_time_text(0, text);
	CHECK_STR(text, "1970-01-01T00:00:00Z");
	CHECK_INT(unsetenv("TZ"), 0);
	tzset();
}

static void durations(void)
{
	static const struct {
		const char *in;
		int64_t seconds; /* -1: refused */
	} rows[] = {
		{"90d", 7776000},
		{"24h", 86400},
		{"15m", 900},
		{"5s", 5},
		{"0s", 0},
		{"106751991167300d", 9223372036854720000},
		{"106751991167301d", -1},
		{"9223372036854775807s", INT64_MAX},
		{"9223372036854775808s", -1},
		{"", -1},
		{"d", -1},
		{"90", -1},
		{"-1d", -1},
		{"+1d", -1},
		{"1.5h", -1},
		{"1h30m", -1},
		{" 1h", -1},
		{"1 h", -1},
		{"1h ", -1},
		{"01h", -1},
		{"1w", -1},
		{"1D", -1},
		{"1ms", -1},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		int64_t got = -1;
		int rc = pdg_duration_parse(pdg_bytes_str(rows[i].in), &got, &err);

		pdg_test_case("\"%s\"", rows[i].in);
		if (rows[i].seconds < 0)
			CHECK_CODE(rc, &err, PDG_E_FORMAT);
		else
			CHECK_OK(rc, &err);
		CHECK_INT(got, rows[i].seconds);
	}
	pdg_test_case(NULL);
	CHECK_INT(pdg_duration_parse(pdg_bytes(NULL, 0), NULL, NULL), PDG_E_FORMAT);
}

/* A wait is a second to an hour: no sum of it with the time of day overflows, and none never waits.
 */
static void deadlines(void)
{
	static const char *const refused[] = {
		"0s", "0h", "61m", "3601s", "5h", "2d", "9223372036854775807s", "2", "", "-1s"};
	struct pdg_error err = {0};
	int64_t got = -1;
	size_t i;

	CHECK_OK(pdg_deadline_parse(pdg_bytes_str("2s"), &got, &err), &err);
	CHECK_INT(got, 2);
	CHECK_OK(pdg_deadline_parse(pdg_bytes_str("1h"), &got, &err), &err);
	CHECK_INT(got, 3600);
	CHECK_OK(pdg_deadline_parse(pdg_bytes_str("1s"), &got, &err), &err);
	CHECK_INT(got, 1);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		pdg_test_case("\"%s\"", refused[i]);
		CHECK_CODE(pdg_deadline_parse(pdg_bytes_str(refused[i]), &got, &err), &err,
			   PDG_E_FORMAT);
		CHECK_INT(got, 1);
	}
	pdg_test_case(NULL);
}

static int64_t fixed_now(void *ctx)
{
	return *(int64_t *)ctx;
}

/* RFC 9110 5.6.7. */
static void dates_of_http(void)
{
	static const struct {
		int64_t t;
		const char *text;
	} rows[] = {
		{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
		{784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
		{951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
		{1706745599, "Wed, 31 Jan 2024 23:59:59 GMT"},
		{1709251199, "Thu, 29 Feb 2024 23:59:59 GMT"},
		{1795409997, "Mon, 23 Nov 2026 04:59:57 GMT"},
		{-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
		{253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
	};
	static const char days[] = "ThuFriSatSunMonTueWed";
	char text[PDG_TIME_TEXT];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pdg_test_case("%s", rows[i].text);
		pdg_time_http(rows[i].t, text);
		CHECK_STR(text, rows[i].text);
	}
	pdg_test_case(NULL);
	/* The days of a week follow each other, whatever the month. */
	for (i = 0; i < 1000; i++) {
		pdg_time_http((int64_t)i * 86400 - 86400 * 7, text);
		CHECK(strncmp(text, days + i % 7 * 3, 3) == 0);
	}
}

static void clocks(void)
{
	int64_t t = 42;
	struct pdg_clock fixed = {.now = fixed_now, .ctx = &t};
	int64_t before = (int64_t)time(NULL);
	int64_t now = pdg_now(&pdg_clock_system);
	int64_t ms = pdg_monotonic_ms();

	CHECK_INT(pdg_now(&fixed), 42);
	CHECK(now >= before - 1 && now <= before + 60);
	CHECK(pdg_monotonic_ms() >= ms);
}

static void parts_of_a_duration(void)
{
	CHECK_INT(pdg_timespec_ms(0).tv_sec, 0);
	CHECK_INT(pdg_timespec_ms(0).tv_nsec, 0);
	CHECK_INT(pdg_timespec_ms(1999).tv_sec, 1);
	CHECK_INT(pdg_timespec_ms(1999).tv_nsec, 999000000);
	CHECK_INT(pdg_timespec_us(2000001).tv_sec, 2);
	CHECK_INT(pdg_timespec_us(2000001).tv_nsec, 1000);
}

PDG_TEST_MAIN("time", {"known times", known_times},
	      {"every day of four centuries", every_day_of_four_centuries},
	      {"any number has a text", any_number_has_a_text},
	      {"forms of RFC 3339", forms_of_rfc3339}, {"what is no time", what_is_no_time},
	      {"dates of HTTP", dates_of_http}, {"zone is ignored", zone_is_ignored},
	      {"durations", durations}, {"deadlines", deadlines}, {"clocks", clocks},
	      {"parts of a duration", parts_of_a_duration})

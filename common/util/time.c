/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates. Days are counted by arithmetic of our own on the Gregorian calendar: the C library's
 * broken-down time depends on TZ and on shared state, and takes what RFC 3339 does not.
 */
#include "util/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define DAY INT64_C(86400)
/* The calendar repeats after 400 years. Counting from 1 March puts the leap day last in its year.
 */
#define ERA_YEARS		 400
#define ERA_DAYS		 146097
#define DAYS_0000_03_01_TO_EPOCH 719468
#define FIRST_SECOND		 INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND		 INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static int64_t system_now(void *ctx)
{
	struct timespec ts = {0};

	(void)ctx;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

const struct pdg_clock pdg_clock_system = {.now = system_now};

int64_t pdg_now(const struct pdg_clock *clock)
{
	return clock->now(clock->ctx);
}

int64_t pdg_monotonic_ms(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t pdg_monotonic_us(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

struct timespec pdg_timespec_ms(int64_t ms)
{
	return (struct timespec){.tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000};
}

struct timespec pdg_timespec_us(int64_t us)
{
	return (struct timespec){.tv_sec = (time_t)(us / 1000000),
				 .tv_nsec = (long)(us % 1000000) * 1000};
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

/* Days from 1 March of a year to the first of month @m, March being 0. */
static int64_t days_before_month(int64_t m)
{
	return (153 * m + 2) / 5;
}

static int64_t days_of_date(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(y, ERA_YEARS);
	int64_t yoe = y - era * ERA_YEARS;
	int64_t doy = days_before_month((month + 9) % 12) + day - 1;

	return era * ERA_DAYS + yoe * 365 + yoe / 4 - yoe / 100 + doy - DAYS_0000_03_01_TO_EPOCH;
}

struct date {
	int64_t year;
	unsigned month, day;
};

static struct date date_of_days(int64_t days)
{
	int64_t z = days + DAYS_0000_03_01_TO_EPOCH;
	int64_t era = floor_div(z, ERA_DAYS);
	int64_t doe = z - era * ERA_DAYS;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (yoe * 365 + yoe / 4 - yoe / 100);
	int64_t m = (5 * doy + 2) / 153;
	struct date d;

	d.day = (unsigned)(doy - days_before_month(m)) + 1;
	d.month = (unsigned)(m < 10 ? m + 3 : m - 9);
	d.year = era * ERA_YEARS + yoe + (d.month <= 2 ? 1 : 0);
	return d;
}

void pdg_time_http(int64_t t, char out[PDG_TIME_TEXT])
{
	static const char day_names[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
						"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int64_t days = floor_div(t, DAY);
	unsigned s = (unsigned)(t - days * DAY);
	struct date d = date_of_days(days);

	(void)snprintf(out, PDG_TIME_TEXT, "%s, %02u %s %04" PRId64 " %02u:%02u:%02u GMT",
		       day_names[days - floor_div(days, 7) * 7], d.day % 100,
		       month_names[(d.month + 11) % 12], d.year % 10000, s / 3600 % 24, s / 60 % 60,
		       s % 60);
}

void pdg_time_text(int64_t t, char out[PDG_TIME_TEXT])
{
	int64_t days = floor_div(t, DAY);
	unsigned s = (unsigned)(t - days * DAY);
	struct date d = date_of_days(days);

	/* The remainders change nothing; they show the compiler that every part has two digits. */
	(void)snprintf(out, PDG_TIME_TEXT, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02uZ", d.year,
		       d.month % 100, d.day % 100, s / 3600 % 24, s / 60 % 60, s % 60);
}

static int bad_time(struct pdg_error *err, const char *what)
{
	return pdg_fail(err, PDG_E_FORMAT, "not an RFC 3339 time: %s", what);
}

/* Exactly @n digits off the head of *@rest. */
static bool take_digits(struct pdg_bytes *rest, size_t n, int *out)
{
	int v = 0;
	size_t i;

	if (rest->n < n)
		return false;
	for (i = 0; i < n; i++) {
		uint8_t c = rest->p[i];

		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - '0');
	}
	*rest = pdg_bytes_from(*rest, n);
	*out = v;
	return true;
}

/* One character of @set off the head of *@rest. */
static bool take_one(struct pdg_bytes *rest, const char *set, uint8_t *out)
{
	if (rest->n == 0 || rest->p[0] == 0 || !strchr(set, rest->p[0]))
		return false;
	if (out)
		*out = rest->p[0];
	*rest = pdg_bytes_from(*rest, 1);
	return true;
}

/* ".123": at least one digit; cut off. */
static bool skip_fraction(struct pdg_bytes *rest)
{
	int digit;
	size_t n = 0;

	if (!take_one(rest, ".", NULL))
		return true;
	while (take_digits(rest, 1, &digit))
		n++;
	return n > 0;
}

/* "Z" or "+hh:mm" up to the end. */
static bool take_offset(struct pdg_bytes *rest, int64_t *out)
{
	uint8_t sign = 0;
	int h;
	int m;

	if (take_one(rest, "Zz", NULL)) {
		*out = 0;
		return rest->n == 0;
	}
	if (!take_one(rest, "+-", &sign) || !take_digits(rest, 2, &h) ||
	    !take_one(rest, ":", NULL) || !take_digits(rest, 2, &m) || h > 23 || m > 59)
		return false;
	*out = (sign == '-' ? -1 : 1) * (int64_t)(h * 3600 + m * 60);
	return rest->n == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

int pdg_time_parse(struct pdg_bytes in, int64_t *out, struct pdg_error *err)
{
	struct pdg_bytes rest = in;
	int year, month, day, h, m, s;
	int64_t offset;
	int64_t t;

	if (!take_digits(&rest, 4, &year) || !take_one(&rest, "-", NULL) ||
	    !take_digits(&rest, 2, &month) || !take_one(&rest, "-", NULL) ||
	    !take_digits(&rest, 2, &day) || !take_one(&rest, "Tt", NULL) ||
	    !take_digits(&rest, 2, &h) || !take_one(&rest, ":", NULL) ||
	    !take_digits(&rest, 2, &m) || !take_one(&rest, ":", NULL) || !take_digits(&rest, 2, &s))
		return bad_time(err, "the form is 2026-11-23T03:17:00Z");
	if (!skip_fraction(&rest) || !take_offset(&rest, &offset))
		return bad_time(err, "it must end with Z or an offset such as +01:00");
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return bad_time(err, "no such day");
	if (h > 23 || m > 59 || s > 60)
		return bad_time(err, "no such time of day");
	t = days_of_date(year, month, day) * DAY + h * 3600 + m * 60 + s - offset;
	/* A leap second is the last of a UTC day (5.7); it counts as the second after it. */
	if (s == 60 && floor_div(t, DAY) * DAY != t)
		return bad_time(err, "no leap second can be there");
	if (t < FIRST_SECOND || t > LAST_SECOND)
		return bad_time(err, "outside the years 0001 to 9999");
	*out = t;
	return 0;
}

static int64_t unit_seconds(uint8_t unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return DAY;
	default:
		return 0;
	}
}

int pdg_duration_parse(struct pdg_bytes in, int64_t *out, struct pdg_error *err)
{
	int64_t unit = in.n ? unit_seconds(in.p[in.n - 1]) : 0;
	uint64_t v;

	if (unit == 0 ||
	    !pdg_bytes_u64(pdg_bytes_head(in, in.n - 1), (uint64_t)(INT64_MAX / unit), &v))
		return pdg_fail(err, PDG_E_FORMAT, "not a duration such as 90d, 24h, 15m or 5s");
	*out = (int64_t)v * unit;
	return 0;
}

_Static_assert(PDG_DEADLINE_MAX == 3600, "the words below say 1h");

int pdg_deadline_parse(struct pdg_bytes in, int64_t *out, struct pdg_error *err)
{
	int64_t seconds;
	int rc = pdg_duration_parse(in, &seconds, err);

	if (rc < 0)
		return rc;
	if (seconds < 1 || seconds > PDG_DEADLINE_MAX)
		return pdg_fail(err, PDG_E_FORMAT, "not from 1s to 1h");
	*out = seconds;
	return 0;
}

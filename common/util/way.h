/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a service: a proxy, whose certificate is believed, and what is shown to it. Given by
 * options, by what hooks of a server were installed with, or by git's configuration (pedigree.*),
 * and handed from program to program as options until pedigree-net goes it: whoever found it out
 * says so by --as-given, and pedigree-net asks nothing else.
 */
#ifndef PDG_UTIL_WAY_H
#define PDG_UTIL_WAY_H

#include "util/auto.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/opt.h"

enum pdg_way_part {
	PDG_WAY_PROXY,	     /* URL */
	PDG_WAY_CA,	     /* file: authorities of the service's certificate, these alone */
	PDG_WAY_CLIENT_CERT, /* file, PEM: what is shown where a service asks who we are */
	PDG_WAY_CLIENT_KEY,  /* its key, PEM without passphrase */
	PDG_WAY_PARTS
};

struct pdg_way {
	char *v[PDG_WAY_PARTS]; /* NULL where nothing is said */
};

struct pdg_way_name {
	const char *option; /* "ca" */
	const char *dashed; /* "--ca" */
	const char *config; /* "pedigree.ca" */
	bool file;
	bool ours; /* who we are: shown to anybody else, it says that to him, and what we are part
		      of */
};

extern const struct pdg_way_name pdg_way_names[PDG_WAY_PARTS];

/* Entries of a table of options. */
#define PDG_WAY_OPTIONS                                                                            \
	{"proxy", "URL", "HTTP proxy", false},                                                     \
		{"ca", "FILE",                                                                     \
		 "the CAs of the service's certificate, in PEM (default: the system's)", false},   \
		{"client-cert", "FILE", "the certificate to show to the service, in PEM", false},  \
	{                                                                                          \
		"client-key", "PEM", "its private key", false                                      \
	}

/* Beside these, where another program of ours calls. */
#define PDG_WAY_GIVEN "as-given"
#define PDG_WAY_GIVEN_OPTION                                                                       \
	{                                                                                          \
		PDG_WAY_GIVEN, NULL,                                                               \
			"these options are the whole way: leave git's configuration alone", false  \
	}

#define PDG_WAY_WORDS (2 * (PDG_WAY_PARTS)) /* most that pdg_way_words() writes */

void pdg_way_done(struct pdg_way *w);
PDG_AUTO_DEFINE_VALUE(way, struct pdg_way, pdg_way_done)

/** Set the part, for which @value may be NULL. Returns 0 or PDG_E_NOMEM. */
int pdg_way_set(struct pdg_way *w, enum pdg_way_part part, const char *value,
		struct pdg_error *err) PDG_MUST_CHECK;

/** What options say of it; the table of @args has PDG_WAY_OPTIONS. Returns 0 or PDG_E_NOMEM. */
int pdg_way_of_args(const struct pdg_args *args, struct pdg_way *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Fill the parts that @w lacks with those of @from, which loses them. */
void pdg_way_complete(struct pdg_way *w, struct pdg_way *from);

/**
 * Take a certificate of ours and its key out of @w unless @service, which is called, is on the
 * server of @whose, for which they are (either may be NULL).
 */
void pdg_way_withhold(struct pdg_way *w, const char *whose, const char *service);

/* What git's configuration says of a service and the way to it. */
struct pdg_way_configured {
	char *service;	    /* pedigree.service, or NULL */
	struct pdg_way way; /* to it, or to the service that was asked about */
	char *withheld; /* a certificate is configured, and not for that: for which ("": none) */
	bool withheld_here; /* it is the repository's own */
	bool ca_passed;	    /* the repository configures CAs, and they do not count for that */
};

/**
 * Append why the certificate of @c is shown to nobody, and how it would be. Nothing where none was
 * withheld.
 */
void pdg_way_tell_withheld(const struct pdg_way_configured *c, struct pdg_buf *out);

void pdg_way_configured_done(struct pdg_way_configured *c);
PDG_AUTO_DEFINE_VALUE(way_configured, struct pdg_way_configured, pdg_way_configured_done)

/** Write @w as options into @words, up to PDG_WAY_WORDS of them, borrowed. Returns how many. */
size_t pdg_way_words(const struct pdg_way *w, const char **words);

/** Has a client certificate its key, and a key its certificate? Returns 0, PDG_E_USAGE (CLI-2). */
int pdg_way_check(const struct pdg_way *w, struct pdg_error *err) PDG_MUST_CHECK;

#endif

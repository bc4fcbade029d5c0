/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every limit on what comes from outside, with its name and number (design 9). Sizes are bytes.
 * What a format or a library sets (widths of keys, of tiles) stands with the code of that format.
 */
#ifndef PDG_UTIL_LIMITS_H
#define PDG_UTIL_LIMITS_H

#include <stddef.h>

#define PDG_LIMIT_KIB(n) (1024 * (size_t)(n))
#define PDG_LIMIT_MIB(n) (1024 * PDG_LIMIT_KIB(n))

/* Service */
#define PDG_LIMIT_BODY		   PDG_LIMIT_MIB(8)  /* one request body */
#define PDG_LIMIT_BODIES_IN_FLIGHT PDG_LIMIT_MIB(16) /* all bodies being read, then 503 */
#define PDG_LIMIT_BODIES_RESERVED  PDG_LIMIT_MIB(2)  /* of them, for small ones alone */
#define PDG_LIMIT_ANSWERS	   PDG_LIMIT_MIB(64) /* all answers being fetched, then 503 */
#define PDG_LIMIT_ANSWERS_RESERVED PDG_LIMIT_MIB(16) /* of them, for small ones alone */
#define PDG_LIMIT_SMALL		   PDG_LIMIT_KIB(64) /* a body or an answer that is small */
#define PDG_LIMIT_LISTENERS	   16		     /* addresses and sockets to listen on */
/* Of a body that was refused, until its connection is cut. */
#define PDG_LIMIT_DISCARDED	   PDG_LIMIT_MIB(128)
#define PDG_LIMIT_CONNECTIONS	   2048
#define PDG_LIMIT_PER_ADDRESS	   512 /* of them from one address, unless configured */
#define PDG_LIMIT_CONNECTIONS_OVER 64  /* beyond them, only to be told so */
#define PDG_LIMIT_TLS_ASIDES	   32  /* new keys that a client asks for, then it is cut */
#define PDG_LIMIT_TARGET	   PDG_LIMIT_KIB(2)  /* a request line, then 414 */
#define PDG_LIMIT_HEADERS	   PDG_LIMIT_KIB(16) /* of a request, then 431 */
#define PDG_LIMIT_HEADER_LINE	   PDG_LIMIT_KIB(9)  /* one of them */
#define PDG_LIMIT_HEADER_FIELDS	   64		     /* their number */
#define PDG_LIMIT_HEADER_SECONDS   10		     /* for the first request's headers */
#define PDG_LIMIT_IDLE_SECONDS	   30		     /* between requests; for an answer to begin */
#define PDG_LIMIT_BODY_SECONDS	   10		     /* for a body, and then its bytes at: */
#define PDG_LIMIT_SLOWEST_RATE	   ((size_t)64000)   /* bytes a second, of bodies and answers */
#define PDG_LIMIT_LINGER_SECONDS   5	/* for a client to stop sending once it is refused */
#define PDG_LIMIT_SLOW_SECONDS	   1	/* of work on a request, beyond its own wait, then a line */
#define PDG_LIMIT_REFUSALS_LOGGED  100	/* lines a second about refused requests, of each thread */
#define PDG_LIMIT_DECISIONS_LOGGED 100	/* about known submissions */
#define PDG_LIMIT_REFUSALS_KEPT	   60	/* of one identity in a minute, on the journal */
#define PDG_LIMIT_REFUSING	   1024 /* identities in a minute; others are only counted */
#define PDG_LIMIT_READERS	   2	/* records and chains that are read at once */
#define PDG_LIMIT_READERS_WAITING  64	/* and that wait for their turn, then 503 */
#define PDG_LIMIT_CHAIN_STATEMENTS 1024 /* that one chain is judged from by the service */
#define PDG_LIMIT_CHAIN_EVIDENCE   PDG_LIMIT_MIB(32) /* and their bytes as they are stored */
#define PDG_LIMIT_WAIT_SECONDS	   30		     /* longest Prefer: wait=N honoured */
#define PDG_LIMIT_PAGE		   100		     /* attestations in one listing */
#define PDG_LIMIT_QUEUE		   1024		    /* submissions that wait to be kept, then 503 */
#define PDG_LIMIT_BATCH		   256		    /* of them in one transaction */
#define PDG_LIMIT_PAGE_BYTES	   PDG_LIMIT_MIB(4) /* rows read from the store at once, but one */
#define PDG_LIMIT_QUEUE_BYTES	   PDG_LIMIT_MIB(64) /* that they hold, but for one, then 503 */
#define PDG_LIMIT_WAITING_BYTES	   PDG_LIMIT_MIB(8) /* of answers that wait for the log, then 202 */
#define PDG_LIMIT_FRESH		   1024 /* kept rows on their way to the log; others wait */
#define PDG_LIMIT_FRESH_BYTES	   PDG_LIMIT_MIB(16) /* their statements */
#define PDG_LIMIT_RELAY_MESSAGE	   PDG_LIMIT_MIB(16) /* between pedigreed and pedigree-relay */
#define PDG_LIMIT_RELAY_BYTES	   PDG_LIMIT_MIB(32) /* questions not yet taken by it, then 503 */
#define PDG_LIMIT_RELAY_CALLS	   1024		     /* under way, then 503 */
#define PDG_LIMIT_RELAY_THREADS	   64		     /* of it, that wait for others */
#define PDG_LIMIT_DECIDERS	   4		     /* submissions judged at once by a database */
#define PDG_LIMIT_DECIDERS_WAITING 256		     /* and that wait for their turn, then 503 */
#define PDG_LIMIT_DECIDERS_BYTES   PDG_LIMIT_MIB(16) /* that these hold, but for one, then 503 */

/* JSON */
#define PDG_LIMIT_JSON_DEPTH  64
#define PDG_LIMIT_JSON_VALUES ((size_t)1 << 18)
#define PDG_LIMIT_JSON_NUMBER 1024 /* characters of one number */

/* Envelope and statement */
#define PDG_LIMIT_ENVELOPE	 PDG_LIMIT_MIB(8)
#define PDG_LIMIT_PAYLOAD	 PDG_LIMIT_MIB(6)
#define PDG_LIMIT_SIGNATURES	 16
#define PDG_LIMIT_SIGNATURE	 PDG_LIMIT_KIB(8)
#define PDG_LIMIT_SUBJECTS	 1024
#define PDG_LIMIT_DIGESTS	 32
#define PDG_LIMIT_CANDIDATE_KEYS 16
#define PDG_LIMIT_BUNDLE	 PDG_LIMIT_MIB(8)
#define PDG_LIMIT_RECORD	 PDG_LIMIT_MIB(24)
#define PDG_LIMIT_TLOG_ENTRIES	 32

/* Git objects */
#define PDG_LIMIT_COMMIT	   PDG_LIMIT_MIB(4) /* one raw commit or tag object */
#define PDG_LIMIT_COMMIT_PARENTS   1024
#define PDG_LIMIT_COMMIT_HEADERS   4096 /* header lines, continuations included */
#define PDG_LIMIT_COMMIT_SIGNATURE PDG_LIMIT_KIB(64)
#define PDG_LIMIT_GNUPG_WRONG	   64 /* signatures of one push, until it is asked no more */
#define PDG_LIMIT_GNUPG_PAYLOAD	   PDG_LIMIT_MIB(8) /* signed bytes that GnuPG is asked about */
/* A source statement may have six bytes for each of its commit, all written as \uXXXX, and this. */
#define PDG_LIMIT_SOURCE_OVERHEAD PDG_LIMIT_KIB(16)

/* Repositories and pushes */
#define PDG_LIMIT_SHALLOW_FILE	  PDG_LIMIT_MIB(16)
#define PDG_LIMIT_WALK_KEPT	  PDG_LIMIT_MIB(16)  /* commits read and not yet judged */
#define PDG_LIMIT_WALK_PARENTS	  ((size_t)1 << 22)  /* of merges behind the first, in one walk */
#define PDG_LIMIT_MEND_PARENTS	  PDG_LIMIT_KIB(256) /* lines of them that a refused push keeps */
#define PDG_LIMIT_GIT_CACHE	  PDG_LIMIT_MIB(16)  /* trees and files that merging reads again */
#define PDG_LIMIT_GIT_WINDOW	  PDG_LIMIT_MIB(1)   /* of a pack, mapped at once */
#define PDG_LIMIT_GIT_MAPPED	  PDG_LIMIT_MIB(16)  /* of all packs */
#define PDG_LIMIT_JUDGING	  PDG_LIMIT_MIB(16)  /* commits between the walk and the verdict */
#define PDG_LIMIT_JUDGES	  ((size_t)64)	     /* threads that judge commits */
#define PDG_LIMIT_PUSH_INPUT	  PDG_LIMIT_MIB(64)  /* what git tells a hook: a line a ref */
#define PDG_LIMIT_PUSH_STATEMENTS ((size_t)10000)    /* that one pre-push makes */
#define PDG_LIMIT_ALTERNATES	  ((size_t)256)
#define PDG_LIMIT_OUTBOX	  ((size_t)1 << 20) /* statements waiting */
#define PDG_LIMIT_GIT_CONFIG	  PDG_LIMIT_MIB(4)  /* one file of git's configuration */
#define PDG_LIMIT_GIT_VALUES	  ((size_t)1 << 18) /* values of all of them */
#define PDG_LIMIT_GIT_STEPS	  ((size_t)1 << 16) /* of comparing one pattern in them */

/* Keys and policy */
#define PDG_LIMIT_KEY_FILE	  PDG_LIMIT_MIB(16)
#define PDG_LIMIT_KEY_DESCRIPTION PDG_LIMIT_MIB(32) /* what pedigree-pgp prints of one */
#define PDG_LIMIT_KEY_PEM	  PDG_LIMIT_KIB(64) /* one plain key */
#define PDG_LIMIT_PASSPHRASE	  PDG_LIMIT_KIB(1)  /* a file with a passphrase or PIN */
#define PDG_LIMIT_TOKEN_KEYS	  64 /* private keys or certificates looked at in a token */
#define PDG_LIMIT_OWN_KEYS	  64 /* signing keys of one service, one after the other */
#define PDG_LIMIT_SSH_BLOB	  PDG_LIMIT_KIB(32) /* one SSH key or signature, decoded */
#define PDG_LIMIT_CMS_CERTS	  8		    /* that a commit's signature brings along */
#define PDG_LIMIT_CMS_ATTRIBUTES  32		    /* of its signer, signed or not */
#define PDG_LIMIT_X509_NAMES	  64		    /* of one certificate's owner */
#define PDG_LIMIT_X509_ROOTS	  1024		    /* certificates of one repository section */
#define PDG_LIMIT_KEYS		  4096		    /* keys of one repository section */
#define PDG_LIMIT_LEADING_ZEROS	  8		    /* bytes: a true number has more once in 2^64 */
#define PDG_LIMIT_PGP_UIDS	  16384		    /* user ids of one OpenPGP key file */
#define PDG_LIMIT_KRL_ENTRIES	  ((size_t)1 << 20) /* of one SSH revocation list */
#define PDG_LIMIT_POLICY_FILE	  PDG_LIMIT_MIB(1)
#define PDG_LIMIT_POLICY_SECTIONS 4096
#define PDG_LIMIT_POLICY_VALUES	  1024		   /* of one key in one section */
#define PDG_LIMIT_POLICY_ENTRIES  65536		   /* key = value lines of one file */
#define PDG_LIMIT_POLICY_VALUE	  PDG_LIMIT_KIB(4) /* one value, or a section's name */

/* Log */
#define PDG_LIMIT_CHECKPOINT	  PDG_LIMIT_KIB(64)
#define PDG_LIMIT_NOTE_SIGNATURES 64
#define PDG_LIMIT_LOG_ENTRY	  ((size_t)65535)
#define PDG_LIMIT_LOG_ANSWER	  PDG_LIMIT_MIB(1)
#define PDG_LIMIT_LOG_CALLS	  256 /* entries on their way to a log, or held back after failing */
#define PDG_LIMIT_LOG_REQUEST	  PDG_LIMIT_MIB(12) /* an envelope on its way to a Rekor v1 */
#define PDG_LIMIT_ANSWER_HEADERS  PDG_LIMIT_KIB(64) /* of any server that is asked */
#define PDG_LIMIT_LINKS		  64		    /* of one journal leaf */
#define PDG_LIMIT_TIMESTAMP	  PDG_LIMIT_KIB(64) /* one RFC 3161 token or response */
#define PDG_LIMIT_AUTHORITIES	  256		    /* of each kind, in one trusted root */
#define PDG_LIMIT_CHAIN_CERTS	  16		    /* of one authority, or inside one token */

/* Tokens and their issuers */
#define PDG_LIMIT_TOKEN		  PDG_LIMIT_KIB(8)
#define PDG_LIMIT_TOKEN_SECONDS	  86400		     /* longest life of one */
#define PDG_LIMIT_TOKEN_LEEWAY	  60		     /* seconds that clocks may differ by */
#define PDG_LIMIT_CLAIM		  PDG_LIMIT_KIB(2)   /* one claim that is read */
#define PDG_LIMIT_KEY_ID	  256		     /* a token's kid */
#define PDG_LIMIT_ISSUER	  1024		     /* an issuer's URL, or that of its keys */
#define PDG_LIMIT_ISSUERS	  64		     /* whose keys are kept at once */
#define PDG_LIMIT_ISSUER_ANSWER	  PDG_LIMIT_KIB(256) /* its document, or its keys */
#define PDG_LIMIT_ISSUER_KEYS	  64		     /* of one issuer */
#define PDG_LIMIT_ISSUER_SECONDS  5		     /* for one answer */
#define PDG_LIMIT_ISSUER_PAUSE	  30		     /* between two requests for a new key */
#define PDG_LIMIT_OUTPUTS	  PDG_LIMIT_MIB(2)   /* the body of one CI's build */
#define PDG_LIMIT_CALLERS	  4		     /* tokens that are asked about at once */
#define PDG_LIMIT_CALLERS_WAITING 256 /* and requests that wait for their turn, then 503 */
#define PDG_LIMIT_CALLERS_BYTES	  PDG_LIMIT_MIB(32) /* that these hold, but for one, then 503 */

/* Files and evidence */
#define PDG_LIMIT_EVIDENCE_FILES 10000		    /* records or files of one judgement */
#define PDG_LIMIT_EVIDENCE	 PDG_LIMIT_MIB(256) /* all records of one judgement */
#define PDG_LIMIT_PATH		 4096

/* Words of the programs */
#define PDG_LIMIT_TEXT	   PDG_LIMIT_MIB(16) /* one call of pdg_out() */
#define PDG_LIMIT_LOG_LINE PDG_LIMIT_KIB(64)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walk and judge the chain of one artifact (rules.md 3, 4): pure over evidence and policy. No I/O
 * but the key files that the policy names, each loaded once.
 */
#ifndef PDG_CHAIN_VERIFY_H
#define PDG_CHAIN_VERIFY_H

#include "chain/evidence.h"
#include "chain/finding.h"
#include "commit/judge.h"
#include "trust/root.h"
#include "util/time.h"

/* Everything a judgement rests on besides the evidence. Immutable, shared. */
struct pdg_judge {
	const struct pdg_policy *policy; /* borrowed */
	struct pdg_root *root;		 /* from policy->trustedRoot; NULL when none is named */
	struct pdg_signers **signers;	 /* one for each repository section, loaded on demand */
	const char *key_cache;		 /* folder for key descriptions, or NULL */
	const struct pdg_clock *clock;
};

int pdg_judge_new(const struct pdg_policy *policy, const char *key_cache,
		  const struct pdg_clock *clock, struct pdg_judge **out,
		  struct pdg_error *err) PDG_MUST_CHECK;
void pdg_judge_free(struct pdg_judge *j);
PDG_AUTO_DEFINE(judge, struct pdg_judge *, pdg_judge_free)

/** Signers of a section, loaded once. @repo must be of the judge's policy. Thread-safe. */
int pdg_judge_signers(struct pdg_judge *j, const struct pdg_policy_repository *repo,
		      const struct pdg_signers **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Judge the chain of the artifact @sha256 (64 hex).
 *
 * Per record: journal leaf included and about this reference (its receive time is the trusted
 * time); countersignature by a service key good at that time; log entries match and their proofs
 * hold; producer's signature and identity by the policy; a source's commit judged again from its
 * bytes. Then the link of build to source by repository and commit. Of several statements the pair
 * that stands best is taken, whatever their order, and the others are named. Stages that this
 * version does not judge are reported missing when required and absent, as broken (CHN-9) when
 * required and present.
 *
 * @name  how the caller calls the artifact in a command (a file, name@sha256:…), or NULL
 *
 * Rules: CHN-1 missing, CHN-2 nothing judged, CHN-3 no countersignature of a trusted service key,
 * CHN-4 not logged yet, CHN-5 journal, CHN-6 producer's signature or identity, CHN-7 on the
 * service's word only, CHN-8 source repository or grade, CHN-9 not judged, CHN-11 order, CHN-12
 * SLSA level; JNL-*, LOG-*, TRT-2, SRC-*, BLD-*, COM-*, SGN-*, TIM-*.
 *
 * Returns 0 with a report whatever the verdict; PDG_E_* when nothing could be judged (memory,
 * crypto library, a key file of the policy).
 */
int pdg_chain_verify(struct pdg_judge *j, const struct pdg_evidence *e, const char *sha256,
		     const char *name, struct pdg_chain_report **out,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif

/* What each problem is called and what to do about it. One entry for every code: the compiler sees to it. */
import type { Code, Problem } from "../backend";
import { m } from "../messages/index.svelte.ts";

interface Entry {
  /** Danger where something is false or damaged; wait where the person has to act; info where patience helps. */
  tone: "info" | "wait" | "danger";
  happened: () => string;
  next: () => string;
}

const CATALOGUE = {
  invalid_input: { tone: "wait", happened: m.problem_invalid_input, next: m.problem_invalid_input_next },
  wrong_passphrase: { tone: "wait", happened: m.problem_wrong_passphrase, next: m.problem_wrong_passphrase_next },
  vault_in_use: { tone: "wait", happened: m.problem_vault_in_use, next: m.problem_vault_in_use_next },
  vault_unusable: { tone: "danger", happened: m.problem_vault_unusable, next: m.problem_vault_unusable_next },
  data_unusable: { tone: "danger", happened: m.problem_data_unusable, next: m.problem_data_unusable_next },
  newer_program_needed: {
    tone: "wait",
    happened: m.problem_newer_program_needed,
    next: m.problem_newer_program_needed_next,
  },
  already_exists: { tone: "info", happened: m.problem_already_exists, next: m.problem_already_exists_next },
  locked: { tone: "wait", happened: m.problem_locked, next: m.problem_locked_next },
  not_joined: { tone: "wait", happened: m.problem_not_joined, next: m.problem_not_joined_next },
  wrong_network: { tone: "danger", happened: m.problem_wrong_network, next: m.problem_wrong_network_next },
  node_away: { tone: "info", happened: m.problem_node_away, next: m.problem_node_away_next },
  provider_away: { tone: "info", happened: m.problem_provider_away, next: m.problem_provider_away_next },
  verification_failed: {
    tone: "danger",
    happened: m.problem_verification_failed,
    next: m.problem_verification_failed_next,
  },
  ledger_forked: { tone: "danger", happened: m.problem_ledger_forked, next: m.problem_ledger_forked_next },
  trust_expired: { tone: "wait", happened: m.problem_trust_expired, next: m.problem_trust_expired_next },
  refused_by_ledger: { tone: "wait", happened: m.problem_refused_by_ledger, next: m.problem_refused_by_ledger_next },
  refused_by_provider: {
    tone: "wait",
    happened: m.problem_refused_by_provider,
    next: m.problem_refused_by_provider_next,
  },
  not_found: { tone: "info", happened: m.problem_not_found, next: m.problem_not_found_next },
  copy_does_not_match: {
    tone: "danger",
    happened: m.problem_copy_does_not_match,
    next: m.problem_copy_does_not_match_next,
  },
  not_confirmed: { tone: "info", happened: m.problem_not_confirmed, next: m.problem_not_confirmed_next },
  expired: { tone: "wait", happened: m.problem_expired, next: m.problem_expired_next },
  cancelled: { tone: "info", happened: m.problem_cancelled, next: m.problem_cancelled_next },
  disk: { tone: "wait", happened: m.problem_disk, next: m.problem_disk_next },
  internal: { tone: "wait", happened: m.problem_internal, next: m.problem_internal_next },
} as const satisfies Record<Code, Entry>;

export const entryOf = (problem: Problem): Entry => CATALOGUE[problem.code];

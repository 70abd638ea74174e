/* How sure one can be of what is shown: from when it is, and what the last check of the ledger came to. */
import type { Freshness, Problem } from "../backend";
import type { Seconds } from "../messages/format.ts";
import type { Check } from "./check.svelte";

export type Standing =
  | { state: "not_joined" }
  /** The first check has not come to its end. */
  | { state: "checking" }
  | { state: "complete"; checked: Seconds }
  /** True, but not new: nobody answers, the ledger itself stands still, or nobody has asked for a while. */
  | { state: "old"; checked: Seconds | null; why: "away" | "still" | "waiting" }
  | { state: "wrong"; checked: Seconds | null; problem: Problem };

/** The wallet checks twice a minute: after so many seconds without a check something is in the way. */
const STAYS_NEW = 600;

/** Problems that pass by themselves; all others need the person. */
const PASSING = new Set<Problem["code"]>(["node_away", "provider_away", "not_confirmed", "cancelled"]);

export function standing(freshness: Freshness | null, last: Check["last"], now: Seconds): Standing {
  if (freshness === null) return { state: "not_joined" };
  const checked = freshness.checked_at;
  if (last?.state === "failed")
    return PASSING.has(last.problem.code)
      ? { state: "old", checked, why: "away" }
      : { state: "wrong", checked, problem: last.problem };
  if (checked === null) return { state: "checking" };
  if (last?.state === "done" && last.report.stale_seconds !== null)
    return { state: "old", checked: last.report.head_time, why: "still" };
  return now - checked <= STAYS_NEW ? { state: "complete", checked } : { state: "old", checked, why: "waiting" };
}

/* A greeting by the time of day, and how sure one can be of what is shown. */
import type { Freshness } from "../../backend";
import type { CheckState } from "../../domain/check.svelte";
import { m } from "../../messages/index.svelte.ts";

const NOON = 12;
const EVENING = 18;

export function greeting(label: string, hour: number): string {
  const name = label.trim().split(/\s+/)[0] ?? "";
  if (hour < NOON) return m.home_morning({ name });
  return hour < EVENING ? m.home_afternoon({ name }) : m.home_evening({ name });
}

/** One line on top: checked and complete, old but true, or something is wrong. */
export type Standing = "complete" | "old" | "wrong" | "not_joined" | "checking";

export function standing(freshness: Freshness | null, last: CheckState | null): Standing {
  if (freshness === null) return "not_joined";
  if (last?.state === "failed") {
    const { code } = last.problem;
    return code === "verification_failed" || code === "wrong_network" ? "wrong" : "old";
  }
  if (freshness.checked_at === null) return "checking";
  return freshness.fresh || last?.state === "done" ? "complete" : "old";
}

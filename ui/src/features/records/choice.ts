/* What the person wants to see of the timeline, and the filter that this comes to. */
import type { Badge, RecordFilter, RecordKind } from "../../backend";

export interface Choice {
  search: string;
  kind: RecordKind | "all";
  /** Address; empty for all. */
  provider: string;
  /** Years, both included; empty for any. */
  from: string;
  to: string;
  badge: Badge | "all";
}

export const EVERYTHING: Readonly<Choice> = { search: "", kind: "all", provider: "", from: "", to: "", badge: "all" };

/** The copies that one may look for. "superseded" is left out: older versions stand in each record's history. */
export const CHOSEN_BADGES = ["verified", "not_fetched", "does_not_match", "cannot_be_read"] as const;

export function filterOf(choice: Choice): RecordFilter {
  const [from, to] =
    choice.from !== "" && choice.to !== "" && choice.from > choice.to
      ? [choice.to, choice.from]
      : [choice.from, choice.to];
  return {
    search: choice.search.trim() || null,
    provider: choice.provider || null,
    kind: choice.kind === "all" ? null : choice.kind,
    since: from || null,
    until: to || null,
    badge: choice.badge === "all" ? null : choice.badge,
    all_versions: false,
  };
}

/** How many of the filters that stand folded away are in use. */
export const folded = (choice: Choice): number =>
  Number(choice.provider !== "") + Number(choice.from !== "" || choice.to !== "") + Number(choice.badge !== "all");

export const isEverything = (choice: Choice): boolean =>
  choice.search.trim() === "" && choice.kind === "all" && folded(choice) === 0;

/** "2026", "2025" … "2009": from the newest year to the oldest. */
export const years = (oldest: number, newest: number): string[] =>
  Array.from({ length: Math.max(newest - oldest + 1, 0) }, (_, back) => String(newest - back));

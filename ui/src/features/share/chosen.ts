/* Choices and outcomes of a share, computed. */
import type { GrantOutcome, RecordKind } from "../../backend";
import { ALL_KINDS } from "../../domain/terms";

/** What the preset opens. */
export const ESSENTIALS: readonly RecordKind[] = ["medication", "allergy", "problem"];

/** Kinds that a scope opens; none for records that were chosen one by one. */
export function kindsOf(
  scope: "essentials" | "kinds" | "records" | "everything",
  chosen: readonly RecordKind[],
): readonly RecordKind[] {
  switch (scope) {
    case "essentials":
      return ESSENTIALS;
    case "kinds":
      return chosen;
    case "records":
      return [];
    case "everything":
      return ALL_KINDS;
  }
}

/** Choices after a change among those in view: choices out of view, as by a search, stay. */
export function keepUnseen(before: readonly string[], inView: readonly string[], now: readonly string[]): string[] {
  const seen = new Set(inView);
  return [...before.filter((id) => !seen.has(id)), ...now];
}

/**
 * What became of a share as a whole: given everywhere; signed, and on its way somewhere; given in part; or not given.
 */
export type Result = "given" | "waiting" | "partly" | "not";

export function resultOf(grants: readonly GrantOutcome[]): Result {
  const failed = grants.filter(({ progress }) => progress === "refused" || progress === "lapsed").length;
  if (failed > 0) return failed === grants.length ? "not" : "partly";
  return grants.some(({ progress }) => progress === "waiting") ? "waiting" : "given";
}

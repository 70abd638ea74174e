/* What was disputed, looked up by what it is about. Pure. */
import type { DisputeView } from "../../backend";

/** What may be said to be wrong. */
export interface Subject {
  kind: "record" | "look" | "emergency";
  relationship: string;
  position: number;
  /** Who wrote it or let it happen: reads the words, gets the letter. */
  provider: string;
}

/** Everything that was said about it, newest first; about a record whichever of its versions it was. */
export const saidOf = (
  disputes: readonly DisputeView[],
  of: Pick<Subject, "relationship" | "position">,
  versions: readonly string[] = [],
): DisputeView[] =>
  disputes.filter(
    ({ relationship, position, record }) =>
      (relationship === of.relationship && position === of.position) || (record !== null && versions.includes(record)),
  );

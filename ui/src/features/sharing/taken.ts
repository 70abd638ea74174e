/* What stopping cannot take back, and how well it went. */
import type { SharingView, StopOutcome } from "../../backend";

export interface Taken {
  copies: number;
  /** When the last permission under which copies were taken was used; none where no copies were taken. */
  last: number | null;
}

/** Copies taken under what holds now: the same that the outcome of stopping counts. */
export function taken(views: readonly SharingView[]): Taken {
  const used = views.flatMap(({ grants }) => grants).filter(({ state, copies }) => state === "live" && copies > 0);
  return {
    copies: used.reduce((sum, { copies }) => sum + copies, 0),
    last: used.reduce<number | null>((last, grant) => Math.max(last ?? 0, grant.last_used ?? 0) || null, null),
  };
}

/** Stopped for certain; on its way; or refused somewhere, so that access may still hold. */
export type Stopped = "stopped" | "waiting" | "refused";

export function stoppedAs({ grants }: Pick<StopOutcome, "grants">): Stopped {
  if (grants.some(({ progress }) => progress === "refused" || progress === "lapsed")) return "refused";
  return grants.some(({ progress }) => progress === "waiting") ? "waiting" : "stopped";
}

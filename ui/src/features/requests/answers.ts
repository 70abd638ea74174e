/* Answers to a request, computed. */
import type { AllowLess, RecordKind, RequestView } from "../../backend";
import { ALL_KINDS } from "../../domain/terms";

/** Bytes of a note to the provider that the ledger takes. */
export const NOTE_BYTES = 120;

/** Kinds that a request asks for; one that names none asks for everything. */
export const askedKinds = (request: Pick<RequestView, "kinds">): readonly RecordKind[] =>
  request.kinds.length > 0 ? request.kinds : ALL_KINDS;

export interface Chosen {
  kinds: readonly RecordKind[];
  /** As typed. */
  days: string;
  future: boolean;
}

/** Days as typed, where they are 1 to what was asked for; none otherwise. */
export function daysOf(request: Pick<RequestView, "days">, typed: string): number | null {
  const days = /^\d+$/.test(typed.trim()) ? Number(typed) : 0;
  return days >= 1 && days <= request.days ? days : null;
}

/** What is to be allowed; what was not made less is left as asked. None where it cannot be allowed as it is. */
export function lessOf(request: Pick<RequestView, "kinds" | "days" | "future">, chosen: Chosen): AllowLess | null {
  const days = daysOf(request, chosen.days);
  const asked = askedKinds(request);
  const kinds = asked.filter((kind) => chosen.kinds.includes(kind));
  if (days === null || kinds.length === 0) return null;
  return {
    kinds: kinds.length === asked.length ? null : kinds,
    days: days === request.days ? null : days,
    without_future: request.future === "included" && !chosen.future,
  };
}

export const noteFits = (note: string): boolean => new TextEncoder().encode(note.trim()).length <= NOTE_BYTES;

/* What somebody was appointed to, put together as people read it: what, how far, with whom. */
import type { AppointmentView, DelegateState, HelpedView, Right } from "../../backend";
import type { Tone } from "../../design/icon.ts";
import { nameAmongOthers } from "../../domain/terms";
import { shortDay } from "../../messages/format.ts";
import { m } from "../../messages/index.svelte.ts";

/** Several appointments that say the same, with different providers. */
export interface Part {
  says: string;
  note: string | null;
  tone: Tone;
  state: string;
  providers: string[];
}

/** What this person has to do next for somebody; the most pressing. */
export type Next = "accept" | "recover" | "ask" | "open" | "none";

const MAY = {
  see: m.helping_may_see,
  share: m.helping_may_share,
  manage: m.helping_may_manage,
} as const satisfies Record<Right, () => string>;

const TONES = {
  invited: "wait",
  active: "good",
  standby: "wait",
  beginning: "wait",
  over: "neutral",
} as const satisfies Record<DelegateState, Tone>;

/** It waits to be asked for; where it waits for a silence, the day is known and there is nothing to ask. */
export const canAsk = ({ state, begins_at }: AppointmentView): boolean => state === "standby" && begins_at === null;

const date = (seconds: number | null): string => (seconds === null ? "…" : shortDay(seconds));

function stateWords({ begins_at, until }: AppointmentView, state: DelegateState): string {
  switch (state) {
    case "invited":
      return m.helping_state_invited();
    case "active":
      return m.helping_state_active({ date: date(until) });
    case "standby":
      return m.helping_state_standby();
    case "beginning":
      return m.helping_state_beginning({ date: date(begins_at) });
    case "over":
      return m.helping_state_over({ date: date(until) });
  }
}

function note(one: AppointmentView): string | null {
  if (canAsk(one)) return m.helping_standby_ask();
  if (one.state === "standby") return m.helping_standby_silence({ date: date(one.begins_at) });
  if (one.state === "invited" && one.until !== null) return m.helping_invited_until({ date: date(one.until) });
  return null;
}

function partsOf(one: AppointmentView): Omit<Part, "providers">[] {
  const parts: Omit<Part, "providers">[] = [];
  if (one.right !== null && one.state !== null)
    parts.push({ says: MAY[one.right](), note: note(one), tone: TONES[one.state], state: stateWords(one, one.state) });
  else if (!one.guardian)
    parts.push({ says: m.helping_was(), note: null, tone: "neutral", state: m.helping_state_ended() });
  if (one.guardian)
    parts.push({
      says: m.helping_guardian(),
      note: null,
      tone: one.recovery ? "wait" : "info",
      state: one.recovery ? m.helping_state_recovery() : m.helping_state_guardian(),
    });
  return parts;
}

/** Each thing once, with everybody it is with. */
export function parts(appointments: readonly AppointmentView[]): Part[] {
  const found: Part[] = [];
  for (const one of appointments) {
    for (const part of partsOf(one)) {
      const same = found.find(
        ({ says, note, state }) => says === part.says && note === part.note && state === part.state,
      );
      if (same) same.providers.push(nameAmongOthers(one.provider));
      else found.push({ ...part, providers: [nameAmongOthers(one.provider)] });
    }
  }
  return found;
}

export function next(appointments: readonly AppointmentView[]): Next {
  if (appointments.some(({ state }) => state === "invited")) return "accept";
  if (appointments.some(({ recovery }) => recovery)) return "recover";
  if (appointments.some(canAsk)) return "ask";
  return appointments.length > 0 ? "open" : "none";
}

export const isActive = (appointments: readonly AppointmentView[]): boolean =>
  appointments.some(({ state }) => state === "active");

const RANK = { see: 0, share: 1, manage: 2 } as const satisfies Record<Right, number>;

/** Whether an appointment that has begun includes a right. */
export const includes = (appointments: readonly AppointmentView[], right: Right): boolean =>
  appointments.some(({ state, right: held }) => state === "active" && held !== null && RANK[held] >= RANK[right]);

/** There is something to give up: also what was not accepted, and what has not begun. */
export const canGiveUp = (appointments: readonly AppointmentView[]): boolean =>
  appointments.some(({ state }) => state !== null && state !== "over");

/** Why nothing of the other person's records is there. */
export function nothingToSee(appointments: readonly AppointmentView[]): string {
  const states = new Set(appointments.map(({ state }) => state));
  if (states.has("active")) return m.helping_nothing_coming();
  if (states.has("invited")) return m.helping_nothing_invited();
  if (states.has("standby") || states.has("beginning")) return m.helping_nothing_waits();
  if (appointments.length > 0 && appointments.every(({ guardian, state }) => guardian && state === null))
    return m.helping_nothing_guardian();
  return appointments.length > 0 ? m.helping_nothing_over() : m.helping_nothing_offered();
}

/** Names are kept with at most so many bytes. */
const MAX_NAME_BYTES = 80;
export const nameFits = (name: string): boolean => new TextEncoder().encode(name.trim()).length <= MAX_NAME_BYTES;

/** Whoever waits for this person first, then by name. */
export const inOrder = (people: readonly HelpedView[]): HelpedView[] => {
  const rank: Record<Next, number> = { accept: 0, recover: 0, ask: 1, open: 2, none: 3 };
  return [...people].sort(
    (a, b) => rank[next(a.appointments)] - rank[next(b.appointments)] || a.label.localeCompare(b.label),
  );
};

/* What a helper may do and how far it is, in the person's words; and what can be asked of the program below. */
import type { Begins, DelegateView, GuardiansView, Right } from "../../backend";
import { day } from "../../messages/format.ts";
import { m } from "../../messages/index.svelte.ts";

export const RIGHTS = {
  see: { label: m.helpers_see, note: m.helpers_see_note, theirs: m.helping_helpers_see_note },
  share: { label: m.helpers_share, note: m.helpers_share_note, theirs: m.helping_helpers_share_note },
  manage: { label: m.helpers_manage, note: m.helpers_manage_note, theirs: m.helpers_manage_note },
} as const satisfies Record<
  Right,
  { label: () => string; note: () => string; theirs: (of: { name: string }) => string }
>;

export const ALL_RIGHTS = Object.keys(RIGHTS) as Right[];

/** Longest appointment, in days. */
export const MAX_DAYS = 7305;
/** Longest wait or silence, in days. */
export const MAX_WAIT_DAYS = 732;
/** Most guardians, and fewest. */
export const MAX_GUARDIANS = 8;
export const MIN_GUARDIANS = 2;

/** How far a helper is, in one sentence; `helped` is the person whose helper it is, null for one's own. */
export function stateOf(one: DelegateView, helped: string | null): string {
  const at = one.begins_at === null ? "" : day(one.begins_at);
  switch (one.state) {
    case "invited":
      return m.helpers_state_invited();
    case "active":
      return (helped === null ? m.helpers_state_active : m.helping_helpers_active)({ date: day(one.until) });
    case "standby":
      if (one.begins === "after_silence" && at !== "")
        return helped === null
          ? m.helpers_state_silence({ date: at })
          : m.helping_helpers_silence({ date: at, name: helped });
      return helped === null ? m.helpers_state_standby() : m.helping_helpers_standby({ name: helped });
    case "beginning":
      return helped === null
        ? m.helpers_state_beginning({ date: at })
        : m.helping_helpers_beginning({ date: at, name: helped });
    case "over":
      return m.helpers_state_over({ date: day(one.until) });
  }
}

/** Digits as a number of days within bounds; null for anything else. */
export function wholeDays(text: string, most: number): number | null {
  const digits = text.trim();
  const days = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  return days >= 1 && days <= most ? days : null;
}

export const beginsAs = (how: Begins["begins"], days: number): Begins =>
  how === "at_once" ? { begins: "at_once" } : { begins: how, days };

/** The same guardians with several providers stand in one place. */
export function together(
  views: readonly GuardiansView[],
): { view: GuardiansView; providers: GuardiansView["provider"][] }[] {
  const groups = new Map<string, { view: GuardiansView; providers: GuardiansView["provider"][] }>();
  for (const view of views) {
    const { provider, ...same } = view;
    const key = JSON.stringify({ ...same, recovery_due: same.recovery_due === null ? null : day(same.recovery_due) });
    const group = groups.get(key);
    if (group) group.providers.push(provider);
    else groups.set(key, { view, providers: [provider] });
  }
  return [...groups.values()];
}

/** A guardian as it is written down in the form. */
export interface GuardianRow {
  code: string;
  name: string;
}

const plain = (code: string) => code.replaceAll(/\s/g, "").toLowerCase();

/** Why guardians cannot be asked for yet; null when they can. */
export function guardiansFault(rows: readonly GuardianRow[]): "few" | "twice" | null {
  const codes = rows.map(({ code }) => plain(code)).filter((code) => code !== "");
  if (codes.length < MIN_GUARDIANS || codes.length !== rows.length) return "few";
  return new Set(codes).size === codes.length ? null : "twice";
}

/** How many of so many guardians may have to agree. */
export const thresholds = (all: number): string[] =>
  Array.from({ length: all - MIN_GUARDIANS + 1 }, (_, at) => String(at + MIN_GUARDIANS));

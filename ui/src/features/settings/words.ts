/* Closed lists of this page in words, each complete: the compiler sees to it. */
import type { Strength, TextSize, Theme, UnreadableReason } from "../../backend";
import { m } from "../../messages/index.svelte.ts";
import type { Fault } from "./passphraseChange.svelte.ts";

export const TEXT_SIZES = {
  normal: m.door_size_normal,
  larger: m.door_size_larger,
  large: m.door_size_large,
  largest: m.door_size_largest,
} as const satisfies Record<TextSize, () => string>;

export const THEMES = {
  system: m.settings_theme_system,
  light: m.settings_theme_light,
  dark: m.settings_theme_dark,
} as const satisfies Record<Theme, () => string>;

export const STRENGTHS = {
  too_short: { level: 0, words: m.door_strength_too_short },
  very_weak: { level: 0, words: m.door_strength_very_weak },
  weak: { level: 1, words: m.door_strength_weak },
  fair: { level: 2, words: m.door_strength_fair },
  strong: { level: 3, words: m.door_strength_strong },
  very_strong: { level: 4, words: m.door_strength_very_strong },
} as const satisfies Record<Strength, { level: 0 | 1 | 2 | 3 | 4; words: () => string }>;

export const FAULTS = {
  empty: m.settings_fault_empty,
  too_short: m.settings_fault_too_short,
  very_weak: m.settings_fault_very_weak,
  same: m.settings_fault_same,
  different: m.settings_fault_different,
} as const satisfies Record<Fault["what"], () => string>;

export const UNREADABLE = {
  closed: m.settings_unreadable_closed,
  malformed: m.settings_unreadable_malformed,
} as const satisfies Record<UnreadableReason, () => string>;

/** Minutes without a sign of life that can be chosen. */
export const LOCK_MINUTES = [1, 5, 10, 30, 60] as const;

/** Entries of a table, in its order, as choices. */
export const choices = <T extends string>(table: Record<T, () => string>): { value: T; label: string }[] =>
  (Object.keys(table) as T[]).map((value) => ({ value, label: table[value]() }));

/* A history put in order for reading. Pure. */
import type { HistoryLine, HistoryPart } from "../../backend";
import { m } from "../../messages/index.svelte.ts";

/** One entry, with the provider in whose log it stands. */
export interface Told extends HistoryLine {
  provider: string;
}

/** Everything in one list, newest first; of one second, the later entry first. */
export const newestFirst = (parts: readonly HistoryPart[]): Told[] =>
  parts
    .flatMap(({ provider, lines }) => lines.map((line) => ({ ...line, provider })))
    .sort((a, b) => b.at - a.at || b.position - a.position);

export const keyOf = ({ provider, position }: Told): string => `${String(position)} ${provider}`;

/** How many can be read, and how many stay closed. */
export function counted(lines: readonly HistoryLine[]): { open: number; closed: number } {
  const open = lines.filter((line) => line.open).length;
  return { open, closed: lines.length - open };
}

/** What of it can be read, in words. */
export const openedWords = ({ open, closed }: { open: number; closed: number }): string =>
  closed === 0 ? m.history_opened_all({ count: open }) : m.history_opened_of({ open, closed });

/** Whether nothing is left out at either end. */
export const isWhole = ({ from, to, of }: HistoryPart): boolean => from === 0 && to === of;

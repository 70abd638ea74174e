/* For whom this person acts, if not for themselves: where a page's words say "you" and mean the one whose records they are. */
import { getContext, setContext } from "svelte";
import type { Right } from "../backend";

const KEY = Symbol("helped");

/** Set where the window's page begins; null in one's own wallet. */
export const provideHelped = (name: string | null): string | null => setContext(KEY, name);

/** The name of the person who is helped; null in one's own wallet. */
export const useHelped = (): string | null => getContext<string | null | undefined>(KEY) ?? null;

/** Words about the records' owner: "you" in one's own wallet, the name of the person in that of somebody who is helped. */
export type WhoseWords = (own: () => string, theirs: (whose: { name: string }) => string) => string;

export function useWords(): WhoseWords {
  const helped = useHelped();
  return (own, theirs) => (helped === null ? own() : theirs({ name: helped }));
}

/** Whether this person may do what needs a right. The program below refuses all the same. */
export type May = (right: Right) => boolean;

const MAY = Symbol("may");

/** Set where the window's page begins; whoever is in their own wallet may do everything. */
export const provideMay = (may: May): May => setContext(MAY, may);

/** What may be offered here. Asked in the page's markup, it follows when rights change. */
export const useMay = (): May => getContext<May | undefined>(MAY) ?? (() => true);

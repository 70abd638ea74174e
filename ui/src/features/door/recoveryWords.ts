/*
 * What can be said about typed recovery words before the program below is asked: how many they are, and which of them
 * are not in the list, by number, as they stand on the paper.
 */
import { WORD_LIST } from "./wordlist.ts";

export const WORD_COUNT = 24;

export interface UnknownWord {
  /** 1 to 24, as on the paper. */
  position: number;
  typed: string;
  /** The one word of the list that was probably meant. */
  meant: string | null;
}

export type WordsFault =
  | { fault: "empty" }
  | { fault: "unknown"; words: UnknownWord[] }
  | { fault: "count"; found: number }
  /** Every word is in the list, but together they are no one's words: two are swapped, or one is another word. */
  | { fault: "together" };

const KNOWN: ReadonlySet<string> = new Set(WORD_LIST);
/** The list is made so that four letters tell a word from all others. */
const TELLING = 4;

/** The words, without the numbers, dots and commas that people copy along with them. */
export function typedWords(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s\d.,;:()\-–—]+/u)
    .filter((word) => word !== "");
}

/** What is wrong with typed words, as far as the list can tell; null when nothing is. */
export function faultOf(text: string): WordsFault | null {
  const words = typedWords(text);
  if (words.length === 0) return { fault: "empty" };
  const unknown = words.flatMap((typed, index) =>
    KNOWN.has(typed) ? [] : [{ position: index + 1, typed, meant: meant(typed) }],
  );
  if (unknown.length > 0) return { fault: "unknown", words: unknown };
  return words.length === WORD_COUNT ? null : { fault: "count", found: words.length };
}

/** The word that somebody meant: only when the list leaves no doubt, since a wrong guess would confuse more than help. */
function meant(typed: string): string | null {
  const close = WORD_LIST.filter((word) => oneSlip(typed, word));
  if (close.length === 1) return close[0] ?? null;
  const start = typed.slice(0, TELLING);
  return start.length === TELLING ? (WORD_LIST.find((word) => word.startsWith(start)) ?? null) : null;
}

/** One letter too many, missing, other, or two neighbours swapped. */
function oneSlip(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let from = 0;
  while (from < a.length && a[from] === b[from]) from += 1;
  const [restA, restB] = [a.slice(from), b.slice(from)];
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  );
}

/* What a person says is wrong, as the ledger can take it: short paragraphs, long ones cut between words. Pure. */

/** Longest paragraph, in bytes of UTF-8, and how many there may be. */
const PARAGRAPH_BYTES = 255;
const PARAGRAPHS = 12;

const size = (text: string): number => new TextEncoder().encode(text).length;

export type Fault = "empty" | "too_long";

/** Why it cannot be signed, if so; the program below looks again. */
export function faultOf(statement: string): Fault | null {
  let paragraphs = 0;
  for (const line of statement.split("\n")) {
    let room = 0;
    for (const word of line.split(/\s+/).filter((one) => one !== "")) {
      const bytes = size(word);
      if (bytes > PARAGRAPH_BYTES) return "too_long";
      if (room > bytes) room -= bytes + 1;
      else {
        paragraphs += 1;
        room = PARAGRAPH_BYTES - bytes;
      }
    }
  }
  if (paragraphs === 0) return "empty";
  return paragraphs > PARAGRAPHS ? "too_long" : null;
}

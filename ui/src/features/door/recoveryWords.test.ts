import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { FAKE_WORDS } from "../../backend/fake";
import { faultOf, typedWords } from "./recoveryWords.ts";
import { WORD_LIST } from "./wordlist.ts";

const right = FAKE_WORDS.join(" ");
const with_ = (position: number, word: string) => FAKE_WORDS.with(position - 1, word).join(" ");

test("the list is the one that BIP-39 published", () => {
  const digest = createHash("sha256")
    .update(`${WORD_LIST.join("\n")}\n`)
    .digest("hex");
  expect(digest).toBe("2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
});

test("words are read whatever stands between them", () => {
  expect(typedWords("  1. Abandon\n2) ABILITY,3: able –\t")).toEqual(["abandon", "ability", "able"]);
  expect(faultOf(FAKE_WORDS.map((word, at) => `${at + 1}. ${word}`).join("\n"))).toBeNull();
});

test("what was mistyped is named by its number, with the word that was meant where there is no doubt", () => {
  const unknown = (text: string) => faultOf(with_(3, text));
  const named = (typed: string, meant: string | null) => ({ fault: "unknown", words: [{ position: 3, typed, meant }] });
  expect(unknown("ablle")).toEqual(named("ablle", "able"));
  expect(unknown("zebar")).toEqual(named("zebar", "zebra"));
  expect(unknown("abandoned")).toEqual(named("abandoned", "abandon"));
  // Near to several words, or to none.
  expect(unknown("aple")).toEqual(named("aple", null));
  expect(unknown("xyzzy")).toEqual(named("xyzzy", null));
});

test("unknown words come first, then how many there are", () => {
  expect(faultOf("abandon xyzzy")).toMatchObject({ fault: "unknown" });
  expect(faultOf("abandon ability")).toEqual({ fault: "count", found: 2 });
  expect(faultOf(`${right} able`)).toEqual({ fault: "count", found: 25 });
  expect(faultOf(" 1. 2. ")).toEqual({ fault: "empty" });
  expect(faultOf(right)).toBeNull();
});

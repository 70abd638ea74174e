import { expect, test } from "vitest";
import en from "../../messages/en.json";
import es from "../../messages/es.json";

type Variants = { declarations: string[]; selectors: string[]; match: Record<string, string> }[];
type Catalogue = Record<string, string | Variants>;

const catalogues: Record<string, Catalogue> = { en, es };

const texts = (message: string | Variants): string[] =>
  typeof message === "string" ? [message] : message.flatMap(({ match }) => Object.values(match));

/** The names a caller has to pass, sorted. */
function inputs(message: string | Variants): string[] {
  const names =
    typeof message === "string"
      ? [...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      : message.flatMap(({ declarations }) => declarations.map((text) => /^input (\w+)$/.exec(text)?.[1]));
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

test("english and spanish say the same things", () => {
  expect(Object.keys(es).sort()).toEqual(Object.keys(en).sort());
});

test("a message takes the same arguments in both languages", () => {
  const of = (catalogue: Catalogue) =>
    Object.fromEntries(Object.entries(catalogue).map(([key, message]) => [key, inputs(message)]));
  expect(of(es)).toEqual(of(en));
});

test.each(Object.keys(catalogues))("%s: every message has words, and an answer for every number", (name) => {
  for (const [key, message] of Object.entries(catalogues[name] ?? {})) {
    expect(texts(message).length, key).toBeGreaterThan(0);
    for (const text of texts(message)) expect(text.trim(), key).not.toBe("");
    // Spanish has a third form, for millions: without a catch-all the key itself would be shown.
    if (typeof message !== "string")
      for (const { match } of message)
        expect(
          Object.keys(match).some((when) => !/=(?!\*)/.test(when)),
          key,
        ).toBe(true);
  }
});

test.each(Object.keys(catalogues))("%s: what is filled into a sentence was declared", (name) => {
  for (const [key, message] of Object.entries(catalogues[name] ?? {})) {
    if (typeof message === "string") continue;
    for (const { declarations, match } of message) {
      const known = declarations.map((text) => /^(?:input|local) (\w+)/.exec(text)?.[1]);
      for (const text of Object.values(match))
        for (const [, used] of text.matchAll(/\{(\w+)\}/g)) expect(known, key).toContain(used);
    }
  }
});

test("every message is said somewhere", () => {
  const sources = import.meta.glob<string>(["../**/*.svelte", "../**/*.ts", "!../**/*.test.ts", "!./generated/**"], {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const said = new Set(
    Object.values(sources).flatMap((text) => [...text.matchAll(/\bm\.(\w+)/g)].map(([, key]) => key)),
  );
  expect(said.size).toBeGreaterThan(500);
  expect(Object.keys(en).filter((key) => !key.startsWith("$") && !said.has(key))).toEqual([]);
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync("src/design/tokens.css", "utf8");

function colours(block: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = "", hex = ""] of block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)) found[name] = hex;
  return found;
}
const [lightBlock = "", darkBlock = "", systemDarkBlock = ""] = css.split(/\[data-theme="dark"\]|@media/);
const themes = { light: colours(lightBlock), dark: colours(darkBlock) };

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const SURFACES = ["paper", "sheet", "sunken"];
const SOFT = ["do-soft", "stop-soft", "danger-soft", "good-soft", "wait-soft"];

/** [what, on what, at least]: 4.5 for words, 3 for the edges and marks of controls (WCAG 1.4.3, 1.4.11). */
const PAIRS: [string, string, number][] = [
  ...[...SURFACES, ...SOFT].flatMap((on): [string, string, number][] => [
    ["ink", on, 7],
    ["ink-soft", on, 4.5],
    ["focus", on, 3],
  ]),
  ...["do", "do-strong", "stop", "danger", "good", "wait"].flatMap((tone) =>
    SURFACES.map((on): [string, string, number] => [tone, on, 4.5]),
  ),
  ...["do", "stop", "danger", "good", "wait"].map((tone): [string, string, number] => [tone, `${tone}-soft`, 4.5]),
  // The outlined buttons stand on every banner.
  ...SOFT.flatMap((on): [string, string, number][] => [
    ["do", on, 4.5],
    ["stop", on, 4.5],
  ]),
  ["do-strong", "do-soft", 4.5],
  ["on-do", "do", 4.5],
  ["on-do", "do-strong", 4.5],
  ["sheet", "stop", 4.5],
  ...SURFACES.map((on): [string, string, number] => ["line-strong", on, 3]),
];

test.each(Object.keys(themes) as (keyof typeof themes)[])("%s: what stands together can be told apart", (name) => {
  const theme = themes[name];
  for (const [what, on, least] of PAIRS) {
    const [a, b] = [theme[what], theme[on]];
    if (!a || !b) throw new Error(`no such colour: ${what} or ${on}`);
    expect(contrast(a, b), `${what} on ${on}`).toBeGreaterThanOrEqual(least);
  }
});

test("the system's dark is the dark that can be chosen", () => {
  expect(themes.dark).toHaveProperty("paper");
  expect(colours(systemDarkBlock)).toEqual(themes.dark);
});

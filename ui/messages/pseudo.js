/*
 * The pseudo-language "qps": English with accents, about a third longer, set from right to left. It shows words that
 * escaped the catalogue (they stay plain), boxes that are too small, and layout that assumes left to right.
 */

const ACCENTED = Object.fromEntries(
  [..."aáAÁcçCÇeéEÉiíIÍnñNÑoóOÓsšSŠuúUÚyýYÝzžZŽ"].reduce((pairs, letter, i, all) => {
    if (i % 2 === 0) pairs.push([letter, all[i + 1]]);
    return pairs;
  }, /** @type {string[][]} */ ([])),
);

/** @param {string} text a message as it stands in the catalogue; what is in {braces} stays as it is */
export function pseudo(text) {
  const words = text
    .split(/(\{[^}]*\})/)
    .map((part) => (part.startsWith("{") ? part : part.replace(/[A-Za-z]/g, (letter) => ACCENTED[letter] ?? letter)))
    .join("");
  const longer = "~".repeat(Math.ceil(text.replace(/\{[^}]*\}/g, "").length / 3));
  return `\u200f[${words} ${longer}]`;
}

/**
 * Applies `pseudo` to every sentence of a catalogue and leaves the plural rules alone.
 *
 * @param {Record<string, unknown>} catalogue
 */
export function pseudoCatalogue(catalogue) {
  return Object.fromEntries(
    Object.entries(catalogue).map(([key, message]) => {
      if (key === "$schema") return [key, message];
      if (typeof message === "string") return [key, pseudo(message)];
      const variants = /** @type {{ match: Record<string, string> }[]} */ (message);
      return [
        key,
        variants.map((variant) => ({
          ...variant,
          match: Object.fromEntries(Object.entries(variant.match).map(([when, text]) => [when, pseudo(text)])),
        })),
      ];
    }),
  );
}

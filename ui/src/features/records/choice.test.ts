import { expect, test } from "vitest";
import { EVERY_RECORD } from "../../backend";
import { EVERYTHING, filterOf, folded, isEverything, years } from "./choice";

test("nothing chosen finds everything", () => {
  expect(isEverything({ ...EVERYTHING, search: "  " })).toBe(true);
  expect(filterOf({ ...EVERYTHING, search: "  " })).toEqual(EVERY_RECORD);
});

test("years that were chosen the wrong way round are meant the right way round", () => {
  expect(filterOf({ ...EVERYTHING, from: "2026", to: "2020" })).toMatchObject({ since: "2020", until: "2026" });
  expect(filterOf({ ...EVERYTHING, from: "2026" })).toMatchObject({ since: "2026", until: null });
});

test("filters that are folded away are counted", () => {
  expect(folded({ ...EVERYTHING, kind: "allergy", search: "x" })).toBe(0);
  expect(folded({ ...EVERYTHING, from: "2020", to: "2021", badge: "verified", provider: "mrp1" })).toBe(3);
});

test("years go from the newest to the oldest", () => {
  expect(years(2024, 2026)).toEqual(["2026", "2025", "2024"]);
  expect(years(2027, 2026)).toEqual([]);
});

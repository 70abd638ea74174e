import { expect, test } from "vitest";
import { askedKinds, daysOf, lessOf, noteFits } from "./answers";

const request = { kinds: ["medication", "allergy"], days: 90, future: "included" } as const;
const asked = { ...request, kinds: [...request.kinds] };

test("what is not made less stays as asked", () => {
  expect(lessOf(asked, { kinds: ["allergy", "medication"], days: "90", future: true })).toEqual({
    kinds: null,
    days: null,
    without_future: false,
  });
});

test("fewer kinds, fewer days, nothing later", () => {
  expect(lessOf(asked, { kinds: ["allergy"], days: "7", future: false })).toEqual({
    kinds: ["allergy"],
    days: 7,
    without_future: true,
  });
});

test("no kinds, or no days, is not less but nothing", () => {
  expect(lessOf(asked, { kinds: [], days: "7", future: true })).toBeNull();
  expect(lessOf(asked, { kinds: ["imaging"], days: "7", future: true })).toBeNull();
  for (const days of ["", "0", "91", "1.5", "-3", "1e1", "many"]) expect(daysOf(asked, days)).toBeNull();
});

test("a request that names no kinds asks for all of them, and can be allowed in part", () => {
  const all = { ...asked, kinds: [] };
  expect(askedKinds(all)).toHaveLength(10);
  expect(lessOf(all, { kinds: ["allergy"], days: "90", future: true })?.kinds).toEqual(["allergy"]);
});

test("a note is measured as the ledger measures it", () => {
  expect(noteFits("x".repeat(120))).toBe(true);
  expect(noteFits("é".repeat(61))).toBe(false);
});

import { expect, test } from "vitest";
import type { GrantOutcome, GrantProgress } from "../../backend";
import { ALL_KINDS } from "../../domain/terms";
import { keepUnseen, kindsOf, resultOf } from "./chosen";

const grant = (progress: GrantProgress): GrantOutcome => ({
  grant: progress,
  provider: { address: "mrp1", name: "City Clinic", place: "Northport" },
  tx: "",
  progress,
  reason: null,
});

test.each<[GrantProgress[], string]>([
  [["on_ledger", "on_ledger"], "given"],
  [["on_ledger", "waiting"], "waiting"],
  [["on_ledger", "refused"], "partly"],
  [["waiting", "lapsed"], "partly"],
  [["refused", "lapsed"], "not"],
])("%j is %s", (progress, result) => {
  expect(resultOf(progress.map(grant))).toBe(result);
});

test("what is chosen and out of view stays chosen", () => {
  expect(keepUnseen(["a", "b"], ["b", "c"], ["c"])).toEqual(["a", "c"]);
  expect(keepUnseen([], ["a"], ["a"])).toEqual(["a"]);
});

test("the preset is medicines, allergies and problems; records one by one are no kinds", () => {
  expect(kindsOf("essentials", ["imaging"])).toEqual(["medication", "allergy", "problem"]);
  expect(kindsOf("kinds", ["imaging"])).toEqual(["imaging"]);
  expect(kindsOf("records", ["imaging"])).toEqual([]);
  expect(kindsOf("everything", [])).toEqual(ALL_KINDS);
});

import { expect, test } from "vitest";
import type { EmergencyView, ProviderName, RecordKind } from "../../backend";
import { chosenOf, decision, holds, rulesOf } from "./terms";

const named = (address: string): ProviderName => ({ address, name: address, place: "" });
const view = (address: string, allowed: boolean, kinds: RecordKind[] = []): EmergencyView => ({
  provider: named(address),
  allowed,
  kinds,
});

test("the same rule in another order is one rule for both providers", () => {
  const rules = rulesOf([view("a", true, ["allergy", "medication"]), view("b", true, ["medication", "allergy"])]);
  expect(rules).toEqual([{ allowed: true, kinds: ["medication", "allergy"], providers: [named("a"), named("b")] }]);
});

test("what differs stays apart; of what is not allowed the kinds do not matter", () => {
  const rules = rulesOf([view("a", false, ["allergy"]), view("b", true), view("c", false)]);
  expect(rules.map(({ allowed, providers }) => [allowed, providers.length])).toEqual([
    [false, 2],
    [true, 1],
  ]);
});

test("a rule is one of four choices; no kinds is everything, not nothing", () => {
  const choice = (of: EmergencyView) => rulesOf([of]).map(chosenOf)[0];
  expect(choice(view("a", false))).toBe("off");
  expect(choice(view("a", true))).toBe("everything");
  expect(choice(view("a", true, ["problem", "allergy", "medication"]))).toBe("essentials");
  expect(choice(view("a", true, ["allergy"]))).toBe("kinds");
});

test("no kind chosen is no decision: on the ledger it would mean everything", () => {
  expect(decision("kinds", [])).toBeNull();
  expect(decision("kinds", ["allergy"])).toEqual({ act: "set_emergency", allowed: true, kinds: ["allergy"] });
  expect(decision("everything", ["allergy"])).toEqual({ act: "set_emergency", allowed: true, kinds: [] });
  expect(decision("off", ["allergy"])).toEqual({ act: "set_emergency", allowed: false, kinds: [] });
});

test("what holds everywhere already need not be signed again", () => {
  const act = decision("essentials", []);
  if (!act) throw new Error("no decision");
  const kinds: RecordKind[] = ["medication", "allergy", "problem"];
  expect(holds(rulesOf([view("a", true, kinds)]), act)).toBe(true);
  expect(holds(rulesOf([view("a", true, kinds), view("b", false)]), act)).toBe(false);
});

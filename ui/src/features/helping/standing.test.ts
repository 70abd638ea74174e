import { expect, test } from "vitest";
import type { AppointmentView } from "../../backend";
import { canAsk, canGiveUp, inOrder, nameFits, next, nothingToSee, parts } from "./standing";

const DAY = 86_400;
const appointment = (part: Partial<AppointmentView> = {}): AppointmentView => ({
  provider: { address: "mrp1a", name: "City Clinic", place: "Lisbon" },
  relationship: "mrr1a",
  agent: "mra1a",
  guardian: false,
  right: "share",
  state: "active",
  begins_at: null,
  until: 400 * DAY,
  recovery: false,
  ...part,
});
const other = { address: "mrp1b", name: "Practice", place: "Faro" };

test("what is the same with two providers is said once", () => {
  const found = parts([appointment(), appointment({ provider: other })]);
  expect(found).toHaveLength(1);
  expect(found[0]?.providers).toEqual(["City Clinic (Lisbon)", "Practice (Faro)"]);
  expect(parts([appointment(), appointment({ provider: other, state: "invited" })])).toHaveLength(2);
});

test("a delegate who is a guardian, too, reads both; a guardian alone is not told of an end", () => {
  expect(parts([appointment({ guardian: true })]).map(({ state }) => state)).toEqual([
    "Active until 5 Feb 1971",
    "Guardian",
  ]);
  expect(parts([appointment({ guardian: true, right: null, state: null })]).map(({ state }) => state)).toEqual([
    "Guardian",
  ]);
  expect(parts([appointment({ right: null, state: null })]).map(({ state }) => state)).toEqual(["Ended"]);
});

test("a silence is waited for, a wait is asked for", () => {
  const silence = appointment({ state: "standby", begins_at: 30 * DAY });
  const wait = appointment({ state: "standby" });
  expect([canAsk(silence), canAsk(wait)]).toEqual([false, true]);
  expect(parts([silence])[0]?.note).toContain("until 31 Jan 1970");
  expect(parts([wait])[0]?.note).toContain("after you ask");
});

test("the most pressing comes first", () => {
  expect(next([])).toBe("none");
  expect(next([appointment()])).toBe("open");
  expect(next([appointment(), appointment({ state: "standby" })])).toBe("ask");
  expect(next([appointment({ state: "standby" }), appointment({ guardian: true, recovery: true })])).toBe("recover");
  expect(next([appointment({ guardian: true, recovery: true }), appointment({ state: "invited" })])).toBe("accept");
  const person = (label: string, appointments: AppointmentView[]) => ({
    number: 0,
    label,
    offered_at: 0,
    appointments,
  });
  const people = [person("Ana", []), person("Rui", [appointment()]), person("Zé", [appointment({ state: "invited" })])];
  expect(inOrder(people).map(({ label }) => label)).toEqual(["Zé", "Rui", "Ana"]);
});

test("only what is not over can be given up", () => {
  expect(canGiveUp([appointment({ state: "invited" })])).toBe(true);
  expect(canGiveUp([appointment({ state: "over" }), appointment({ right: null, state: null })])).toBe(false);
});

test("why there is nothing to see", () => {
  expect(nothingToSee([appointment({ state: "invited" })])).toContain("after you accept");
  expect(nothingToSee([appointment({ state: "beginning" })])).toContain("has begun");
  expect(nothingToSee([appointment({ state: "over" })])).toContain("is over");
  expect(nothingToSee([appointment({ guardian: true, right: null, state: null })])).toContain("guardian");
  expect(nothingToSee([appointment()])).toContain("next check");
  expect(nothingToSee([])).toContain("have not let you help");
});

test("names are measured in bytes", () => {
  expect([nameFits("é".repeat(40)), nameFits("é".repeat(41))]).toEqual([true, false]);
});

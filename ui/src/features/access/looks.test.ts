import { expect, test } from "vitest";
import type { AccessRow, ProviderName } from "../../backend";
import { byDay, daysAgo } from "../../domain/days";
import { keyOf, kindsOf, lookers, since } from "./looks";

const provider = (address: string, name: string, place: string): ProviderName => ({ address, name, place });
const north = provider("mrp1n", "City Clinic", "Northport");
const south = provider("mrp1s", "City Clinic", "Southport");

const at = (day: number, hour: number): number => new Date(2026, 4, day, hour).getTime() / 1000;
const look = (when: number, recipient: ProviderName | null = north): AccessRow => ({
  recipient,
  person: "",
  publisher: south,
  records: [],
  at: when,
  written_at: when,
  relationship: "r",
  position: 1,
  suspicion: null,
  ...(recipient ? { basis: "grant", grant: "g" } : { basis: "owner" }),
});

test("looks of one day stand together, in the order they came", () => {
  const rows = [look(at(4, 23)), look(at(4, 0)), look(at(3, 23)), look(at(1, 9))];
  expect(byDay(rows).map(({ rows: of }) => of.length)).toEqual([2, 1, 1]);
  expect(byDay(rows).flatMap(({ rows: of }) => of)).toEqual(rows);
});

test("today and yesterday go by the calendar, not by hours", () => {
  const [late] = byDay([look(at(3, 23))]);
  expect(daysAgo(late?.begins ?? 0, at(4, 1))).toBe(1);
  expect(daysAgo(late?.begins ?? 0, at(3, 23))).toBe(0);
});

test("a period begins so many days before now; any time has no beginning", () => {
  expect(since("any", 1_000_000_000)).toBeNull();
  expect(since("week", 1_000_000_000.7)).toBe(1_000_000_000 - 7 * 86_400);
});

test("every kind is named once, in the usual order; what is unknown is no kind", () => {
  const record = (kind: "allergy" | "medication" | null) => ({ id: null, title: null, kind });
  expect(kindsOf([record("allergy"), record(null), record("medication"), record("allergy")])).toEqual([
    "medication",
    "allergy",
  ]);
});

test("two of the same name are two, each with its place; the person is not among them", () => {
  expect(
    lookers([], [look(at(4, 9), south), look(at(3, 9), north), look(at(2, 9), north), look(at(1, 9), null)]),
  ).toEqual([north, south]);
});

test("the key of a look tells looks at the same second by different people apart", () => {
  expect(keyOf(look(at(4, 9), north))).not.toBe(keyOf(look(at(4, 9), south)));
  expect(keyOf(look(at(4, 9)))).toBe(keyOf(look(at(4, 9))));
});

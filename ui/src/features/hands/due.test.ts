import { expect, test } from "vitest";
import { dueOf } from "./due";

const NOW = Date.UTC(2026, 10, 26, 12) / 1000;

test("a day begins at midnight, UTC", () => {
  expect(dueOf("2030", "5", "4", NOW)).toEqual({ due: Date.UTC(2030, 4, 4) / 1000 });
});

test("what is missing, no day, or over is said so", () => {
  expect(dueOf("2030", "", "4", NOW)).toEqual({ fault: "missing" });
  expect(dueOf("2030", "4", "31", NOW)).toEqual({ fault: "none" });
  expect(dueOf("2027", "2", "29", NOW)).toEqual({ fault: "none" });
  expect(dueOf("2026", "11", "26", NOW)).toEqual({ fault: "past" });
});

import { expect, test } from "vitest";
import { greeting, standing } from "./greeting";

const freshness = { height: 1, head_time: 1, checked_at: 1, age_seconds: 10, fresh: true };
const failed = (code: "verification_failed" | "node_away") =>
  ({ state: "failed", problem: { code, detail: "" } }) as const;

test("the first name is greeted by the time of day", () => {
  expect(greeting("Amélia Ferreira-Novák", 9)).toBe("Good morning, Amélia");
  expect(greeting("李明澤", 13)).toBe("Good afternoon, 李明澤");
  expect(greeting("Amélia", 23)).toBe("Good evening, Amélia");
});

test("a lie is told as such, an absent node only makes things old", () => {
  expect(standing(freshness, failed("verification_failed"))).toBe("wrong");
  expect(standing(freshness, failed("node_away"))).toBe("old");
  expect(standing(freshness, null)).toBe("complete");
  expect(standing({ ...freshness, fresh: false }, null)).toBe("old");
  expect(standing({ ...freshness, checked_at: null }, null)).toBe("checking");
  expect(standing(null, null)).toBe("not_joined");
});

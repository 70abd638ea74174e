import { expect, test } from "vitest";
import type { SyncReport } from "../backend";
import { standing } from "./standing";

const NOW = 100_000;
const known = (checked_at: number | null) => ({ height: 1, head_time: 1, checked_at, age_seconds: 0, fresh: true });
const failed = (code: "verification_failed" | "node_away" | "disk") =>
  ({ state: "failed", problem: { code, detail: "" } }) as const;
const done = (stale_seconds: number | null) =>
  ({ state: "done", report: { stale_seconds, head_time: 5 } as SyncReport }) as const;

test("what was checked a moment ago is complete", () => {
  expect(standing(known(NOW - 120), done(null), NOW)).toEqual({ state: "complete", checked: NOW - 120 });
  expect(standing(known(NOW - 120), null, NOW).state).toBe("complete");
});

test("nothing is called complete that was checked hours ago", () => {
  expect(standing(known(NOW - 7200), done(null), NOW)).toMatchObject({ state: "old", why: "waiting" });
  expect(standing(known(NOW - 7200), { state: "stopped" }, NOW)).toMatchObject({ state: "old", why: "waiting" });
});

test("a ledger that stands still is not complete, however new the check", () => {
  expect(standing(known(NOW), done(900), NOW)).toEqual({ state: "old", checked: 5, why: "still" });
});

test("nobody answering only makes things old; a lie or a broken disk is told as such", () => {
  expect(standing(known(NOW - 60), failed("node_away"), NOW)).toMatchObject({ state: "old", why: "away" });
  expect(standing(known(NOW - 60), failed("verification_failed"), NOW).state).toBe("wrong");
  expect(standing(known(NOW - 60), failed("disk"), NOW).state).toBe("wrong");
});

test("before the first check nothing is claimed", () => {
  expect(standing(null, null, NOW).state).toBe("not_joined");
  expect(standing(known(null), null, NOW).state).toBe("checking");
  expect(standing(known(null), failed("node_away"), NOW)).toEqual({ state: "old", checked: null, why: "away" });
});

import { expect, test } from "vitest";
import type { GrantOutcome, GrantProgress, SharingView } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { stoppedAs, taken } from "./taken";

async function views(): Promise<SharingView[]> {
  const answer = await fakeBackend().sharing(true);
  if (!answer.ok) throw new Error(answer.problem.detail);
  return answer.value;
}

test("copies are counted under what holds now, with the last time", async () => {
  const all = await views();
  const last = Math.max(...all.map(({ last_used }) => last_used ?? 0));
  expect(taken(all)).toEqual({ copies: 12, last });
});

test("what has ended is not counted, and where nothing was taken there is no last time", async () => {
  const ended = (await views()).map((view) => ({
    ...view,
    grants: view.grants.map((grant) => ({ ...grant, state: "ended" as const })),
  }));
  expect(taken(ended)).toEqual({ copies: 0, last: null });
});

test.each<[GrantProgress[], string]>([
  [["on_ledger", "on_ledger"], "stopped"],
  [["on_ledger", "waiting"], "waiting"],
  [["waiting", "refused"], "refused"],
  [["lapsed"], "refused"],
])("%j is %s", (progress, as) => {
  const provider = { address: "mrp1", name: "City Clinic", place: "Northport" };
  const grants = progress.map((each): GrantOutcome => ({
    grant: each,
    provider,
    tx: "",
    progress: each,
    reason: null,
  }));
  expect(stoppedAs({ grants })).toBe(as);
});

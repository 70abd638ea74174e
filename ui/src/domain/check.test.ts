import { expect, test } from "vitest";
import type { Backend, CheckEvent } from "../backend";
import { fakeBackend } from "../backend/fake";
import { Check } from "./check.svelte";

function listened() {
  let tell: (event: CheckEvent) => void = () => undefined;
  const backend: Backend = {
    ...fakeBackend(),
    onCheck: (listener) => {
      tell = listener;
      return () => undefined;
    },
  };
  const check = new Check(backend);
  check.listen();
  return { check, tell: (event: CheckEvent) => tell(event) };
}

test("the last outcome stays in view while the next check runs", () => {
  const { check, tell } = listened();
  tell({ state: "started" });
  expect(check.now).toEqual({ state: "running", progress: null });
  const problem = { code: "node_away", detail: "nobody answers" } as const;
  tell({ state: "failed", problem });
  tell({ state: "running", progress: { step: "head" } });
  expect(check.now).toEqual({ state: "running", progress: { step: "head" } });
  expect(check.last).toEqual({ state: "failed", problem });
});

test("whatever ends a check has pages load again", () => {
  const { check, tell } = listened();
  tell({ state: "started" });
  expect(check.revision).toBe(0);
  tell({ state: "stopped" });
  check.changed();
  expect(check.revision).toBe(2);
});

test("a check that found nothing does not have pages load again", async () => {
  const check = new Check(fakeBackend());
  const stop = check.listen();
  await expect.poll(() => check.ended).toBe(1);
  expect(check.revision).toBe(0);
  stop();
});

test("the invented wallet tells of a whole check", async () => {
  const check = new Check(fakeBackend());
  const stop = check.listen();
  await expect.poll(() => check.now.state).toBe("done");
  stop();
});

import { expect, test } from "vitest";
import { bad, good, type Answer } from "../backend";
import { Acting } from "./acting.svelte";

test("what runs is not done a second time", async () => {
  const acting = new Acting();
  let finish: (answer: Answer<number>) => void = () => undefined;
  const first = acting.run(() => new Promise<Answer<number>>((resolve) => (finish = resolve)));
  expect(acting.busy).toBe(true);
  expect(await acting.run(() => Promise.resolve(good(2)))).toBeNull();
  finish(good(1));
  expect(await first).toEqual({ value: 1 });
  expect(acting.busy).toBe(false);
});

test("a problem is kept until it is tried again", async () => {
  const acting = new Acting();
  expect(await acting.run(() => Promise.resolve(bad("disk", "full")))).toBeNull();
  expect(acting.problem).toMatchObject({ code: "disk" });
  expect(await acting.run(() => Promise.resolve(good("done")))).toEqual({ value: "done" });
  expect(acting.problem).toBeNull();
});

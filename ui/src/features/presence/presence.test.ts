import { expect, test } from "vitest";
import { good } from "../../backend";
import { tellPresence } from "./presence";

test("a sign of life is told at once and then not again for a while", () => {
  let clock = 0;
  let told = 0;
  const backend = {
    stillHere: () => {
      told += 1;
      return Promise.resolve(good(null));
    },
  };
  const stop = tellPresence(backend, () => clock);
  window.dispatchEvent(new Event("keydown"));
  clock = 19_000;
  window.dispatchEvent(new Event("pointermove"));
  expect(told).toBe(1);
  clock = 21_000;
  window.dispatchEvent(new Event("pointermove"));
  expect(told).toBe(2);
  stop();
  clock = 60_000;
  window.dispatchEvent(new Event("keydown"));
  expect(told).toBe(2);
});

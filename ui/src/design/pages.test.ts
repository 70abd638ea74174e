import { expect, test, vi } from "vitest";
import { Pages } from "./pages.svelte.ts";

const settled = () => new Promise((done) => setTimeout(done));
const numbers = (offset: number, limit: number) => Promise.resolve(Array.from({ length: limit }, (_, i) => offset + i));

test("what is in view is asked for, once", async () => {
  const load = vi.fn(numbers);
  const pages = new Pages(load, 100);
  pages.want(95, 105);
  pages.want(96, 106);
  expect(pages.row(100)).toEqual({ state: "loading" });
  await settled();
  expect(load.mock.calls).toEqual([
    [0, 100],
    [100, 100],
  ]);
  expect(pages.row(100)).toEqual({ state: "here", item: 100 });
});

test("pages far from the view are forgotten", async () => {
  const pages = new Pages(numbers, 10, 3);
  for (const first of [0, 10, 20, 30]) {
    pages.want(first, first + 5);
    await settled();
  }
  expect(pages.held).toBe(3);
  expect(pages.row(0)).toEqual({ state: "loading" });
  expect(pages.row(35)).toEqual({ state: "here", item: 35 });
});

test("a page that failed can be asked for again", async () => {
  const load = vi.fn(numbers).mockRejectedValueOnce(new Error("offline"));
  const pages = new Pages(load, 10);
  pages.want(0, 5);
  await settled();
  expect(pages.row(3)).toEqual({ state: "failed" });
  pages.retry(3);
  await settled();
  expect(pages.row(3)).toEqual({ state: "here", item: 3 });
});

test("an answer for an older list is thrown away", async () => {
  let answer: (items: string[]) => void = () => undefined;
  const pages = new Pages(() => new Promise<string[]>((done) => (answer = done)), 10);
  pages.want(0, 5);
  const late = answer;
  pages.forget();
  pages.want(0, 5);
  answer(["new"]);
  late(["old"]);
  await settled();
  expect(pages.row(0)).toEqual({ state: "here", item: "new" });
});

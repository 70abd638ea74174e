import { expect, test, vi } from "vitest";
import { EVERY_RECORD } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { PAGE, Timeline } from "./timeline";

test("a page far down is the same as walking there, and no cursor is asked for twice", async () => {
  const backend = fakeBackend({ records: 1000 });
  const records = vi.spyOn(backend, "records");
  const timeline = new Timeline(backend, EVERY_RECORD);
  const far = await timeline.load(7 * PAGE);
  expect(records).toHaveBeenCalledTimes(8);
  const all = await backend.records(EVERY_RECORD, { after: null, limit: 1000 });
  if (!all.ok) throw new Error("no records");
  expect(far.map((row) => row.id)).toEqual(all.value.rows.slice(7 * PAGE, 8 * PAGE).map((row) => row.id));
  records.mockClear();
  await timeline.load(3 * PAGE);
  expect(records).toHaveBeenCalledTimes(1);
});

test("pages that are asked for together each come whole", async () => {
  const timeline = new Timeline(fakeBackend({ records: 450 }), EVERY_RECORD);
  const pages = await Promise.all([0, 2, 1, 4, 3].map((page) => timeline.load(page * PAGE)));
  expect(pages.map((rows) => rows.length)).toEqual([100, 100, 100, 50, 100]);
  expect(new Set(pages.flat().map((row) => row.id)).size).toBe(450);
});

test("far down is reached in large steps, and every page between is still right", async () => {
  const backend = fakeBackend({ records: 5000 });
  const records = vi.spyOn(backend, "records");
  const timeline = new Timeline(backend, EVERY_RECORD);
  await timeline.load(45 * PAGE);
  expect(records.mock.calls.length).toBe(10);
  const all = await backend.records(EVERY_RECORD, { after: null, limit: 5000 });
  if (!all.ok) throw new Error("no records");
  for (const page of [3, 12, 49, 44]) {
    const rows = await timeline.load(page * PAGE);
    expect(rows.map((row) => row.id)).toEqual(
      all.value.rows.slice(page * PAGE, (page + 1) * PAGE).map((row) => row.id),
    );
  }
});

test("a first page that was asked for already is not asked for again", async () => {
  const backend = fakeBackend({ records: 250 });
  const first = await backend.records(EVERY_RECORD, { after: null, limit: PAGE });
  if (!first.ok) throw new Error("no records");
  const records = vi.spyOn(backend, "records");
  const timeline = new Timeline(backend, EVERY_RECORD, undefined, first.value);
  expect(await timeline.load(0)).toBe(first.value.rows);
  await timeline.load(PAGE);
  expect(records).toHaveBeenCalledOnce();
});

test("a page that failed can be asked for again", async () => {
  const backend = fakeBackend({ records: 250 });
  const told = vi.fn();
  vi.spyOn(backend, "records").mockResolvedValueOnce({ ok: false, problem: { code: "data_unusable", detail: "" } });
  const timeline = new Timeline(backend, EVERY_RECORD, told);
  await expect(timeline.load(PAGE)).rejects.toThrow("data_unusable");
  expect(told).toHaveBeenCalledOnce();
  expect(await timeline.load(PAGE)).toHaveLength(PAGE);
});

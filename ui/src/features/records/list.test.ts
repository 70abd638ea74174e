import { expect, test, vi } from "vitest";
import { bad, type Backend, EVERY_RECORD } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { RecordList, oldestYear } from "./list.svelte";

const timelineOf = (list: RecordList) => (list.now.state === "here" ? list.now.timeline : undefined);

test("asking again keeps the list as long as nothing has changed", async () => {
  const backend = fakeBackend();
  const list = new RecordList(backend);
  await list.show(EVERY_RECORD);
  const before = timelineOf(list);
  expect(before).toBeDefined();
  await list.show(EVERY_RECORD);
  expect(timelineOf(list)).toBe(before);
  const page = await backend.records({ ...EVERY_RECORD, badge: "not_fetched" }, { after: null, limit: 1 });
  if (!page.ok || !page.value.rows[0]) throw new Error("no record without a copy");
  await backend.fetchRecord(page.value.rows[0].id, () => undefined);
  await list.show(EVERY_RECORD);
  expect(timelineOf(list)).not.toBe(before);
});

test("the answer to an older search does not overtake", async () => {
  const backend = fakeBackend();
  const inner = backend.countRecords.bind(backend);
  vi.spyOn(backend, "countRecords").mockImplementation(async (filter) => {
    if (filter.search === "slow") await new Promise((done) => setTimeout(done, 30));
    return inner(filter);
  });
  const list = new RecordList(backend);
  await Promise.all([
    list.show({ ...EVERY_RECORD, search: "slow" }),
    list.show({ ...EVERY_RECORD, search: "ramipril" }),
  ]);
  expect(list.now).toMatchObject({ state: "here", count: 3 });
});

test("a list that cannot be had says why", async () => {
  const backend: Backend = {
    ...fakeBackend(),
    records: () => Promise.resolve(bad("data_unusable", "damaged")),
  };
  const list = new RecordList(backend);
  await list.show(EVERY_RECORD);
  expect(list.now).toMatchObject({ state: "failed", problem: { code: "data_unusable" } });
});

test("the oldest year is found in few steps", async () => {
  const backend = fakeBackend();
  const counts = vi.spyOn(backend, "countRecords");
  expect(await oldestYear(backend, 2026)).toBe(2009);
  expect(counts.mock.calls.length).toBeLessThan(9);
});

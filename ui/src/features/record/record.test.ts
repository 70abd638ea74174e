import { expect, test } from "vitest";
import { EVERYTHING, fakeBackend } from "../../backend/fake";
import type { Badge } from "../../backend";
import { rows } from "./labels";
import { OneRecord } from "./record.svelte";

async function first(backend = fakeBackend(), badge: Badge = "not_fetched") {
  const page = await backend.records({ ...EVERYTHING, badge }, { after: null, limit: 1 });
  if (!page.ok || !page.value.rows[0]) throw new Error("no such record");
  return new OneRecord(backend, page.value.rows[0].id);
}

test("a copy that was fetched is readable at once", async () => {
  const record = await first();
  await record.load();
  expect(record.content.value).toBeUndefined();
  await record.fetch();
  expect(record.view.value?.badge).toBe("verified");
  expect(record.content.value?.lines.length).toBeGreaterThan(0);
});

test("a copy that does not match is told and not shown", async () => {
  const record = await first(fakeBackend(), "does_not_match");
  await record.load();
  await record.fetch();
  expect(record.fetching).toMatchObject({ state: "failed", problem: { code: "copy_does_not_match" } });
  expect(record.content.value).toBeUndefined();
});

test("a provider that is away leaves everything as it was", async () => {
  const record = await first(fakeBackend({ offline: true }));
  await record.load();
  await record.fetch();
  expect(record.fetching).toMatchObject({ state: "failed", problem: { code: "provider_away" } });
  expect(record.view.value?.badge).toBe("not_fetched");
});

test("dates are written as people write them and values stay as they are", () => {
  expect(
    rows([
      { label: "date", value: "2026-09-14" },
      { label: "value", value: "2026-09" },
    ]),
  ).toEqual([
    { label: "Date", value: "14 September 2026" },
    { label: "Value", value: "2026-09" },
  ]);
});

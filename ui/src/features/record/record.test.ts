import { expect, test, vi } from "vitest";
import { bad, good, EVERY_RECORD, type Badge } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { setLanguage } from "../../messages/index.svelte.ts";
import { LABELS, rows } from "./labels";
import { copyState, OneRecord } from "./record.svelte";

async function first(backend = fakeBackend(), badge: Badge = "not_fetched") {
  const page = await backend.records({ ...EVERY_RECORD, badge }, { after: null, limit: 1 });
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

test("a copy that is here is not read again by every check", async () => {
  const backend = fakeBackend();
  const summary = vi.spyOn(backend, "summary");
  const record = await first(backend, "verified");
  await record.load();
  await record.load();
  expect(summary).toHaveBeenCalledOnce();
});

test("a copy that was damaged meanwhile is offered to be fetched again", async () => {
  const backend = fakeBackend();
  const record = await first(backend, "verified");
  vi.spyOn(backend, "summary").mockResolvedValue(bad("data_unusable", "damaged"));
  const inner = backend.record.bind(backend);
  let damaged = false;
  vi.spyOn(backend, "record").mockImplementation(async (id) => {
    const answer = await inner(id);
    const gone = damaged;
    damaged = true;
    return answer.ok && gone ? good({ ...answer.value, copy: null, badge: "not_fetched", has_copy: false }) : answer;
  });
  await record.load();
  const view = record.view.value;
  expect(view && copyState(view, record.fetching)).toEqual({ state: "away" });
});

test("what is shown of a copy follows from the record alone", async () => {
  const record = await first();
  await record.load();
  const view = record.view.value;
  if (!view) throw new Error("no record");
  const idle = { state: "idle" } as const;
  const mismatch = { expected: "a", found: null, at: 1 };
  expect(copyState(view, idle)).toEqual({ state: "away" });
  expect(copyState({ ...view, badge: "cannot_be_read" }, idle)).toEqual({ state: "closed" });
  expect(copyState({ ...view, mismatch }, idle)).toEqual({ state: "mismatch", mismatch });
  expect(copyState({ ...view, mismatch, copy: { size: 1, verified_at: 1 } }, idle)).toEqual({ state: "here" });
});

test("every label has words of its own", () => {
  const words = Object.values(LABELS).map((label) => label());
  expect(words.every((word) => word !== "")).toBe(true);
  setLanguage("es");
  const spanish = Object.values(LABELS).map((label) => label());
  expect(spanish.every((word) => word !== "")).toBe(true);
  setLanguage("en", "en-GB");
});

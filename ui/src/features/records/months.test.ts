import { expect, test } from "vitest";
import { type RecordRow, EVERY_RECORD } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { heading, monthOf } from "./months";
import { noteOf, titleOf } from "./row";

async function rows(): Promise<RecordRow[]> {
  const answer = await fakeBackend().records(EVERY_RECORD, { after: null, limit: 100 });
  if (!answer.ok) throw new Error("no records");
  return answer.value.rows;
}

test("a month is named above its first record only", async () => {
  const all = await rows();
  const headings = all.map((row, at) => heading(row, all[at - 1])).filter((text) => text !== null);
  expect(headings[0]).toBe("December 2026");
  expect(headings).toContain("2016");
});

test("without a date a record stands in the month of its publishing", () => {
  expect(monthOf({ date: null, published_at: Date.UTC(2026, 4, 3) / 1000 })).toBe("2026-05");
  expect(monthOf({ date: "2016", published_at: 0 })).toBe("2016");
});

test("a status that changes what a title means stands in the title, all others below it", async () => {
  const all = await rows();
  const find = (status: string) => all.find((row) => row.status === status) ?? all[0];
  const [stopped, active] = [find("stopped"), find("active")];
  if (!stopped || !active) throw new Error("the story has both");
  expect(titleOf(stopped)).toBe("Ramipril 5 mg capsules (stopped)");
  expect(noteOf(stopped)).not.toContain("stopped");
  expect(titleOf(active)).toBe(active.title);
  expect(noteOf(active)).toContain("active");
});

test("a record whose description is closed has a name all the same, and two of one name are told apart", async () => {
  const [first] = await rows();
  if (!first) throw new Error("no records");
  expect(titleOf({ ...first, title: "" })).toBe("A record that cannot be read");
  expect(noteOf(first)).toContain(first.provider.place);
  expect(noteOf({ ...first, date: null })).toContain("published on");
});

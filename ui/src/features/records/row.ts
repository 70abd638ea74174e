/* The words of one row of the timeline. */
import type { RecordRow } from "../../backend";
import { statusWords } from "../../domain/status";
import { fullName } from "../../domain/terms";
import { partialDate, shortDay } from "../../messages/format.ts";
import { m } from "../../messages/index.svelte.ts";

/** Statuses that change what a title means: they stand in the title itself, so that nobody overlooks "stopped". */
const TELLING = new Set([
  "stopped",
  "cancelled",
  "entered-in-error",
  "inactive",
  "resolved",
  "not-done",
  "corrected",
  "on-hold",
  "refuted",
]);

export function titleOf(record: RecordRow): string {
  if (record.title === "") return m.record_untitled();
  return record.status && TELLING.has(record.status) ? `${record.title} (${statusWords(record.status)})` : record.title;
}

/** When, from whom with the place, by whom, and the status where it goes without saying. */
export const noteOf = (record: RecordRow): string =>
  [
    record.date ? partialDate(record.date) : m.records_published({ date: shortDay(record.published_at) }),
    fullName(record.provider),
    record.author,
    record.status && !TELLING.has(record.status) ? statusWords(record.status) : null,
  ]
    .filter(Boolean)
    .join(" · ");

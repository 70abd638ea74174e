/* When a record begins a new month of the timeline, and how the month is called. */
import type { RecordRow } from "../../backend";
import { partialDate } from "../../messages/format.ts";

const MONTH = "2026-05".length;

/** "2026-05", or "2026" where nothing more was stated. Without a date a record stands where it was published. */
export const monthOf = (record: Pick<RecordRow, "date" | "published_at">): string =>
  (record.date ?? new Date(record.published_at * 1000).toISOString()).slice(0, MONTH);

/** The heading above a record, where it is the first of its month. */
export function heading(record: RecordRow, before: RecordRow | undefined): string | null {
  const month = monthOf(record);
  return before && monthOf(before) === month ? null : partialDate(month);
}

/* When a record begins a new month of the timeline, and how the month is called. */
import type { RecordRow } from "../../backend";
import { partialDate } from "../../messages/format.ts";

const MONTH = "2026-05".length;

/** "2026-05", or "2026" where nothing more is known; nothing for a record without a date. */
export const monthOf = (record: RecordRow): string => record.date?.slice(0, MONTH) ?? "";

/** The heading above a record, where it is the first of its month. */
export function heading(record: RecordRow, before: RecordRow | undefined, undated: string): string | null {
  const month = monthOf(record);
  if (before && monthOf(before) === month) return null;
  return month === "" ? undated : partialDate(month);
}

/* Things that happened, put together by the day on which they did. Pure but for words: time comes as an argument. */
import { day as longDay, type Seconds } from "../messages/format.ts";
import { m } from "../messages/index.svelte.ts";

const DAY_SECONDS = 86_400;

export interface Day<Row> {
  /** Local midnight that begins it, in seconds. */
  begins: Seconds;
  rows: Row[];
}

const midnight = (seconds: Seconds): Seconds => {
  const date = new Date(seconds * 1000);
  date.setHours(0, 0, 0, 0);
  return date.getTime() / 1000;
};

/** Days with what happened on each, in the order of the rows. */
export function byDay<Row extends { at: Seconds }>(rows: readonly Row[]): Day<Row>[] {
  const days: Day<Row>[] = [];
  for (const row of rows) {
    const begins = midnight(row.at);
    const last = days.at(-1);
    if (last?.begins === begins) last.rows.push(row);
    else days.push({ begins, rows: [row] });
  }
  return days;
}

/** How many midnights lie between then and now: 0 is today, 1 yesterday. */
export const daysAgo = (begins: Seconds, now: Seconds): number => Math.round((midnight(now) - begins) / DAY_SECONDS);

/** "Today, 4 May 2026" */
export function dayHeading(begins: Seconds, now: Seconds): string {
  const ago = daysAgo(begins, now);
  const words = longDay(begins);
  return ago === 0 ? m.access_today({ day: words }) : ago === 1 ? m.access_yesterday({ day: words }) : words;
}

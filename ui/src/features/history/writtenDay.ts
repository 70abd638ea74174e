/* Days as people write them into a form. Pure. */

/** A day as it is written into a form: three parts, any of them wrong or missing. */
export interface WrittenDay {
  day: string;
  month: string;
  year: string;
}

const FIRST_YEAR = 1970;
const LAST_YEAR = 9999;

export const noDay = (): WrittenDay => ({ day: "", month: "", year: "" });

const isBlank = ({ day, month, year }: WrittenDay): boolean => `${day}${month}${year}`.trim() === "";

/** Local midnight that begins it: null when nothing is written, undefined when it is no day of the calendar. */
export function beginOf(written: WrittenDay): number | null | undefined {
  if (isBlank(written)) return null;
  const [day, month, year] = [written.day, written.month, written.year].map((part) =>
    /^\d{1,4}$/.test(part.trim()) ? Number(part.trim()) : Number.NaN,
  ) as [number, number, number];
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) return undefined;
  const date = new Date(year, month - 1, day);
  // JavaScript rolls 31 February over to March.
  return date.getMonth() === month - 1 && date.getDate() === day ? date.getTime() / 1000 : undefined;
}

/** Local midnight after one. */
export const nextDay = (begin: number): number => {
  const date = new Date(begin * 1000);
  date.setDate(date.getDate() + 1);
  return date.getTime() / 1000;
};

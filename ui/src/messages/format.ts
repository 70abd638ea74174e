/* Dates, sizes, counts and lists as people of the chosen language write them. All take the time as an argument. */
import { sentenceRegion, region } from "./index.svelte.ts";

/** Whole seconds since 1970, as Rust sends moments. */
export type Seconds = number;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Whether people of the region count the hours to 12 or to 24. */
const hours = () => new Intl.DateTimeFormat(region(), { hour: "numeric" }).resolvedOptions().hourCycle;

const at = (seconds: Seconds): Date => new Date(seconds * 1000);

/** "20 February 2027" */
export function day(seconds: Seconds): string {
  return new Intl.DateTimeFormat(sentenceRegion(), { dateStyle: "long" }).format(at(seconds));
}

/** "20 Feb 2027" */
export function shortDay(seconds: Seconds): string {
  return new Intl.DateTimeFormat(sentenceRegion(), { dateStyle: "medium" }).format(at(seconds));
}

/** "Tuesday, 20 February 2027 at 10:14" */
export function dayTime(seconds: Seconds): string {
  return new Intl.DateTimeFormat(sentenceRegion(), {
    dateStyle: "full",
    timeStyle: "short",
    hourCycle: hours(),
  }).format(at(seconds));
}

/** "10:14" */
export function time(seconds: Seconds): string {
  return new Intl.DateTimeFormat(region(), { timeStyle: "short" }).format(at(seconds));
}

/** "February 2027", for the headings of a timeline */
export function month(seconds: Seconds): string {
  return new Intl.DateTimeFormat(sentenceRegion(), { month: "long", year: "numeric" }).format(at(seconds));
}

/** "2 minutes ago", "yesterday", "in 3 months": distance from `now` in the largest unit that is at least one. */
export function ago(seconds: Seconds, now: Seconds): string {
  const distance = seconds - now;
  const size = Math.abs(distance);
  const relative = new Intl.RelativeTimeFormat(region(), { numeric: "auto" });
  if (size < MINUTE) return relative.format(0, "second");
  if (size < HOUR) return relative.format(Math.trunc(distance / MINUTE), "minute");
  if (size < DAY) return relative.format(Math.trunc(distance / HOUR), "hour");
  if (size < 31 * DAY) return relative.format(Math.trunc(distance / DAY), "day");
  if (size < 365 * DAY) return relative.format(Math.trunc(distance / (30.44 * DAY)), "month");
  return relative.format(Math.trunc(distance / (365.25 * DAY)), "year");
}

/**
 * A FHIR date as exact as it was written: "2026" → "2026", "2026-05" → "May 2026", "2026-05-04" → "4 May 2026". A
 * date with time shows its day as written there, whatever the time zone here. What is not a date is shown as it is.
 */
export function partialDate(text: string): string {
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?$/.exec(text);
  if (!parts) return text;
  const [, year, month, day] = parts;
  if (month === undefined) return String(year);
  const moment = new Date(Date.UTC(Number(year), Number(month) - 1, day === undefined ? 1 : Number(day)));
  // JavaScript rolls 31 February over to March; better the writer's own text than another day.
  if (Number.isNaN(moment.getTime()) || moment.getUTCMonth() !== Number(month) - 1) return text;
  return new Intl.DateTimeFormat(sentenceRegion(), {
    timeZone: "UTC",
    year: "numeric",
    month: "long",
    ...(day === undefined ? {} : { day: "numeric" }),
  }).format(moment);
}

/** "1,036" */
export function count(n: number): string {
  return new Intl.NumberFormat(region()).format(n);
}

/** "36 %", from a share between 0 and 1 */
export function percent(share: number): string {
  return new Intl.NumberFormat(region(), { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** "4.2 MB": decimal units, as file managers show them */
export function bytes(n: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const step = n < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  return new Intl.NumberFormat(region(), {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: step < 2 ? 0 : 1,
  }).format(n / 1000 ** step);
}

/** "a, b and c" */
export function list(items: readonly string[]): string {
  return new Intl.ListFormat(sentenceRegion(), { type: "conjunction" }).format(items);
}

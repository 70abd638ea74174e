/* With whom and from when: what is read, and what goes into a copy. */
import type { HistoryRequest, ProviderView } from "../../backend";

export type Period = "any" | "month" | "year" | "days";

/** A day as it is written into a form: three parts, any of them wrong or missing. */
export interface WrittenDay {
  day: string;
  month: string;
  year: string;
}

const DAY_SECONDS = 86_400;
const DAYS = { month: 30, year: 365 } as const;
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

const nextDay = (begin: number): number => {
  const date = new Date(begin * 1000);
  date.setDate(date.getDate() + 1);
  return date.getTime() / 1000;
};

export type Fault = "since" | "until" | "order";

export class Choice {
  /** Address of one provider; empty for all. */
  provider = $state("");
  period = $state<Period>("any");
  since = $state<WrittenDay>(noDay());
  until = $state<WrittenDay>(noDay());

  constructor(private readonly now: () => number = () => Date.now() / 1000) {}

  get filtered(): boolean {
    return this.provider !== "" || this.period !== "any";
  }

  /** What is wrong with the days, if anything. */
  readonly fault: Fault | null = $derived.by(() => {
    if (this.period !== "days") return null;
    const [since, until] = [beginOf(this.since), beginOf(this.until)];
    if (since === undefined) return "since";
    if (until === undefined) return "until";
    return since !== null && until !== null && until < since ? "order" : null;
  });

  everything(): void {
    this.provider = "";
    this.period = "any";
    this.since = noDay();
    this.until = noDay();
  }

  request(closed = false): HistoryRequest {
    return { providers: this.provider === "" ? [] : [this.provider], ...this.bounds(), closed };
  }

  private bounds(): Pick<HistoryRequest, "since" | "until"> {
    switch (this.period) {
      case "any":
        return { since: null, until: null };
      case "month":
      case "year":
        return { since: Math.floor(this.now()) - DAYS[this.period] * DAY_SECONDS, until: null };
      case "days": {
        const until = beginOf(this.until) ?? null;
        return { since: beginOf(this.since) ?? null, until: until === null ? null : nextDay(until) - 1 };
      }
    }
  }
}

/** Those with whom there is a history. */
export const withHistory = (providers: readonly ProviderView[]): ProviderView[] =>
  providers.filter(({ relationship }) => relationship !== null);

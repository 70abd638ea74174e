/* With whom and from when: what is read, and what goes into a copy. */
import type { HistoryRequest, ProviderView } from "../../backend";
import { beginOf, nextDay, noDay, type WrittenDay } from "./writtenDay";

export type Period = "any" | "month" | "year" | "days";

const DAY_SECONDS = 86_400;
const DAYS = { month: 30, year: 365 } as const;
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

/*
 * The list of records for one choice: how many there are, how many have no copy here, and their timeline. It is asked
 * for again whenever something may have changed, but replaced only when something has: else the place where one reads,
 * and the focus, would be lost with every check of the ledger.
 */
import {
  EVERY_RECORD,
  type Answer,
  type Backend,
  type Problem,
  type RecordFilter,
  type RecordPage,
} from "../../backend";
import { PAGE, Timeline } from "./timeline";

interface Found {
  count: number;
  /** Of these without a copy on this computer. */
  missing: number;
  first: RecordPage;
}

export type Listing =
  | { state: "loading" }
  | { state: "failed"; problem: Problem }
  | { state: "here"; count: number; missing: number; timeline: Timeline };

export class RecordList {
  now = $state.raw<Listing>({ state: "loading" });
  /** Why a page further down could not be had. */
  problem = $state.raw<Problem | null>(null);
  #asked = 0;
  #shown = "";

  constructor(private readonly backend: Backend) {}

  async show(filter: RecordFilter): Promise<void> {
    this.#asked += 1;
    const mine = this.#asked;
    const answer = await this.find(filter);
    if (mine !== this.#asked) return;
    this.problem = null;
    if (!answer.ok) {
      this.now = { state: "failed", problem: answer.problem };
      return;
    }
    const { count, missing, first } = answer.value;
    const shown = JSON.stringify([filter, count, missing, first.rows.map((row) => [row.id, row.badge])]);
    if (this.now.state === "here" && shown === this.#shown) return;
    this.#shown = shown;
    const timeline = new Timeline(this.backend, filter, (problem) => (this.problem = problem), first);
    this.now = { state: "here", count, missing, timeline };
  }

  private async find(filter: RecordFilter): Promise<Answer<Found>> {
    const [count, missing, first] = await Promise.all([
      this.backend.countRecords(filter),
      filter.badge === null || filter.badge === "not_fetched"
        ? this.backend.countRecords({ ...filter, badge: "not_fetched" })
        : Promise.resolve({ ok: true, value: 0 } as const),
      this.backend.records(filter, { after: null, limit: PAGE }),
    ]);
    if (!count.ok) return count;
    if (!missing.ok) return missing;
    if (!first.ok) return first;
    return { ok: true, value: { count: count.value, missing: missing.value, first: first.value } };
  }
}

const LONGEST_LIFE = 120;

/** The year of the oldest record, found by halves: a handful of counts, however many records there are. */
export async function oldestYear(backend: Backend, newest: number): Promise<number> {
  let [low, high] = [newest - LONGEST_LIFE, newest];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const count = await backend.countRecords({ ...EVERY_RECORD, until: String(middle) });
    if (!count.ok) return newest - LONGEST_LIFE;
    if (count.value > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

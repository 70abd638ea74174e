/*
 * Fetching copies one after another, with a count, until all are here or the person stops it. It belongs to the window, not
 * to a page: one goes on reading elsewhere while copies come.
 */
import { getContext, setContext } from "svelte";
import type { Backend, Problem, RecordFilter } from "../backend";

/** What kept some copies away: one entry for each kind of problem. */
export interface Kept {
  problem: Problem;
  titles: string[];
}

export type FetchAllState =
  | { state: "idle" }
  | { state: "running"; done: number; total: number; title: string }
  | { state: "done"; fetched: number; kept: Kept[]; stopped: boolean };

const AT_ONCE = 500;
const KEY = Symbol("fetchAll");

/** After these there is no use in going on: they are not about one record or one provider. */
const ENDS = new Set<Problem["code"]>(["locked", "disk", "internal", "vault_unusable", "data_unusable", "not_joined"]);

type Waiting = { id: string; title: string; provider: string };

export class FetchAll {
  now = $state.raw<FetchAllState>({ state: "idle" });
  #stopped = false;
  #current: string | null = null;

  constructor(
    private readonly backend: Backend,
    /** Told at the end: what is shown may have changed. */
    private readonly ended: () => void = () => undefined,
  ) {}

  async run(filter: RecordFilter): Promise<void> {
    if (this.now.state === "running") return;
    this.#stopped = false;
    this.now = { state: "running", done: 0, total: 0, title: "" };
    const kept: Kept[] = [];
    const keep = (problem: Problem, title?: string) => {
      let same = kept.find((other) => other.problem.code === problem.code);
      if (!same) kept.push((same = { problem, titles: [] }));
      if (title !== undefined) same.titles.push(title);
    };
    const waiting = await this.missing(filter, keep);
    // Each of its records would wait in vain as long as the first one did.
    const away: Record<string, Problem> = {};
    let fetched = 0;
    for (const [done, record] of waiting.entries()) {
      if (this.isStopped()) break;
      this.now = { state: "running", done, total: waiting.length, title: record.title };
      const silent = away[record.provider];
      if (silent) {
        keep(silent, record.title);
        continue;
      }
      this.#current = record.id;
      const answer = await this.backend.fetchRecord(record.id, () => undefined);
      this.#current = null;
      if (answer.ok) fetched += 1;
      else if (answer.problem.code !== "cancelled") {
        keep(answer.problem, record.title);
        if (answer.problem.code === "provider_away") away[record.provider] = answer.problem;
        if (ENDS.has(answer.problem.code)) break;
      }
    }
    this.now = { state: "done", fetched, kept, stopped: this.#stopped };
    this.ended();
  }

  /** The outcome was read. */
  close(): void {
    if (this.now.state === "done") this.now = { state: "idle" };
  }

  stop(): void {
    this.#stopped = true;
    if (this.#current !== null) void this.backend.cancelFetch(this.#current);
  }

  private isStopped(): boolean {
    return this.#stopped;
  }

  /** Everything that the filter finds and that has no copy here, in the order of the list. */
  private async missing(filter: RecordFilter, keep: (problem: Problem) => void): Promise<Waiting[]> {
    const rows: Waiting[] = [];
    let after: string | null = null;
    do {
      const page = await this.backend.records({ ...filter, badge: "not_fetched" }, { after, limit: AT_ONCE });
      if (!page.ok) {
        keep(page.problem);
        break;
      }
      for (const { id, title, provider } of page.value.rows) rows.push({ id, title, provider: provider.address });
      after = page.value.next;
    } while (after !== null && !this.isStopped());
    return rows;
  }
}

export const provideFetchAll = (fetching: FetchAll): FetchAll => setContext(KEY, fetching);

export const useFetchAll = (): FetchAll => getContext<FetchAll>(KEY);

/* Fetching copies one after another, with a count, until all are here or the person stops it. */
import type { Backend, Problem, RecordFilter, RecordRow } from "../../backend";

export type FetchAllState =
  | { state: "idle" }
  | { state: "running"; done: number; total: number; title: string }
  | { state: "done"; fetched: number; failed: { title: string; problem: Problem }[]; stopped: boolean };

const AT_ONCE = 200;

export class FetchAll {
  now = $state.raw<FetchAllState>({ state: "idle" });
  #stopped = false;
  #current: string | null = null;

  constructor(private readonly backend: Backend) {}

  async run(filter: RecordFilter): Promise<void> {
    if (this.now.state === "running") return;
    this.#stopped = false;
    const failed: { title: string; problem: Problem }[] = [];
    const waiting = await this.missing(filter, failed);
    let fetched = 0;
    for (const [done, record] of waiting.entries()) {
      if (this.isStopped()) break;
      this.now = { state: "running", done, total: waiting.length, title: record.title };
      this.#current = record.id;
      const answer = await this.backend.fetchRecord(record.id, () => undefined);
      if (answer.ok) fetched += 1;
      else if (answer.problem.code !== "cancelled") failed.push({ title: record.title, problem: answer.problem });
    }
    this.#current = null;
    this.now = { state: "done", fetched, failed, stopped: this.#stopped };
  }

  private isStopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#current !== null) void this.backend.cancelFetch(this.#current);
  }

  /** Everything that the filter finds and that has no copy here, in the order of the list. */
  private async missing(filter: RecordFilter, failed: { title: string; problem: Problem }[]): Promise<RecordRow[]> {
    const rows: RecordRow[] = [];
    let after: string | null = null;
    do {
      const page = await this.backend.records({ ...filter, badge: "not_fetched" }, { after, limit: AT_ONCE });
      if (!page.ok) {
        failed.push({ title: "", problem: page.problem });
        break;
      }
      rows.push(...page.value.rows);
      after = page.value.next;
    } while (after !== null);
    return rows;
  }
}

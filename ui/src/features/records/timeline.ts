/*
 * The timeline by row numbers, over pages that follow one another by cursor. A page far down is reached by the cursors
 * before it, in large steps; each step is taken once.
 */
import type { Backend, Cursor, Problem, RecordFilter, RecordPage, RecordRow } from "../../backend";

/** Rows of one page of the list. */
export const PAGE = 100;

/** Pages of a large step; so many rows are the most that one question may ask for. */
const STEP = 10;

export class Timeline {
  readonly #cursors: (Cursor | null)[] = [null];
  #walking: Promise<void> = Promise.resolve();
  #first: RecordPage | undefined;

  constructor(
    private readonly backend: Pick<Backend, "records">,
    private readonly filter: RecordFilter,
    private readonly onproblem: (problem: Problem) => void = () => undefined,
    /** The first page, where it was asked for already; used once. */
    first?: RecordPage,
  ) {
    this.#first = first;
    if (first?.next != null) this.#cursors[1] = first.next;
  }

  /** The rows from `offset`, which is a multiple of PAGE. Throws where they cannot be had; why was told before. */
  async load(offset: number): Promise<readonly RecordRow[]> {
    const page = Math.floor(offset / PAGE);
    if (page === 0 && this.#first) {
      const { rows } = this.#first;
      this.#first = undefined;
      return rows;
    }
    let rows: readonly RecordRow[] = [];
    // One at a time: pages that are asked for together share the cursors before them.
    this.#walking = this.#walking.then(
      () => undefined,
      () => undefined,
    );
    const mine = this.#walking.then(async () => {
      let at = Math.min(page, this.#cursors.length - 1);
      while (this.#cursors[at] === undefined) at -= 1;
      while (at < page) {
        const step = page - at >= STEP ? STEP : 1;
        const { next } = await this.ask(at, step * PAGE);
        // The list has become shorter than it was said to be.
        if (next === null) return;
        at += step;
        this.#cursors[at] = next;
      }
      const answer = await this.ask(at, PAGE);
      if (answer.next !== null) this.#cursors[at + 1] = answer.next;
      rows = answer.rows;
    });
    this.#walking = mine;
    await mine;
    return rows;
  }

  private async ask(at: number, limit: number): Promise<RecordPage> {
    const answer = await this.backend.records(this.filter, { after: this.#cursors[at] ?? null, limit });
    if (answer.ok) return answer.value;
    this.onproblem(answer.problem);
    throw new Error(answer.problem.code);
  }
}

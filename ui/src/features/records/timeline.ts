/*
 * The timeline by row numbers, over pages that follow one another by cursor. A page far down is reached by the cursors
 * before it, in large steps; each cursor is asked for once.
 */
import type { Backend, Cursor, Problem, RecordFilter, RecordRow } from "../../backend";

/** Rows of one page of the list. */
export const PAGE = 100;

export class Timeline {
  readonly #cursors: (Cursor | null)[] = [null];
  #walking: Promise<void> = Promise.resolve();

  constructor(
    private readonly backend: Pick<Backend, "records">,
    private readonly filter: RecordFilter,
    private readonly onproblem: (problem: Problem) => void = () => undefined,
  ) {}

  /** The rows from `offset`, which is a multiple of PAGE. Throws where they cannot be had; why was told before. */
  async load(offset: number): Promise<readonly RecordRow[]> {
    const page = Math.floor(offset / PAGE);
    let rows: readonly RecordRow[] = [];
    // One at a time: pages that are asked for together share the cursors before them.
    this.#walking = this.#walking.then(
      () => undefined,
      () => undefined,
    );
    const mine = this.#walking.then(async () => {
      for (let at = Math.min(page, this.#cursors.length - 1); at <= page; at += 1) {
        const after = this.#cursors[at];
        if (after === undefined) return;
        const answer = await this.backend.records(this.filter, { after, limit: PAGE });
        if (!answer.ok) {
          this.onproblem(answer.problem);
          throw new Error(answer.problem.code);
        }
        if (answer.value.next !== null) this.#cursors[at + 1] = answer.value.next;
        if (at === page) rows = answer.value.rows;
      }
    });
    this.#walking = mine;
    await mine;
    return rows;
  }
}

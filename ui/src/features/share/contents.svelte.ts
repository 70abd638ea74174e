/*
 * What there is to share: how many records of each kind and the newest of them, records found by words, and the titles of
 * those that were chosen one by one. Records that the grantee wrote are left out, as they are when the share is made.
 */
import { EVERY_RECORD, type Answer, type Backend, type Problem, type RecordKind, type RecordRow } from "../../backend";
import { Loaded } from "../../domain/loaded.svelte";
import { ALL_KINDS } from "../../domain/terms";

export interface OfKind {
  kind: RecordKind;
  count: number;
  /** The newest few. */
  newest: readonly RecordRow[];
}

export type Found = { rows: readonly RecordRow[]; next: string | null };

/** So many titles of a kind are shown. */
const FEW = 3;
const PAGE = 50;

type Asked = Pick<Backend, "countRecords" | "records" | "record">;

export class Contents {
  readonly kinds = new Loaded<OfKind[]>();
  readonly found = new Loaded<Found>();
  /** Titles of records that were seen here, by id. */
  titles = $state.raw<Readonly<Record<string, string>>>({});
  search = $state("");
  problem = $state.raw<Problem | null>(null);

  constructor(
    private readonly backend: Asked,
    /** Address of the grantee. */
    private readonly grantee: string,
  ) {}

  async load(): Promise<void> {
    await this.kinds.load(async () => {
      const kinds = await Promise.all(ALL_KINDS.map((kind) => this.#ofKind(kind)));
      const all: OfKind[] = [];
      for (const answer of kinds) {
        if (!answer.ok) return answer;
        all.push(answer.value);
      }
      return { ok: true, value: all };
    });
  }

  /** Looks for records by the words in `search`. */
  async look(): Promise<void> {
    await this.found.load(() => this.#page(null));
    if (this.found.value) this.#remember(this.found.value.rows);
  }

  async more(): Promise<void> {
    const before = this.found.value;
    if (!before || before.next === null) return;
    const answer = await this.#page(before.next);
    // Another search came in between: its list is not this one's continuation.
    if (this.found.value !== before) return;
    this.problem = answer.ok ? null : answer.problem;
    if (!answer.ok) return;
    this.found.now = {
      state: "here",
      value: { rows: [...before.rows, ...answer.value.rows], next: answer.value.next },
    };
    this.#remember(answer.value.rows);
  }

  /** Finds out what records are called that were chosen elsewhere. */
  async name(ids: readonly string[]): Promise<void> {
    const answers = await Promise.all(ids.filter((id) => !(id in this.titles)).map((id) => this.backend.record(id)));
    this.#remember(answers.flatMap((answer) => (answer.ok ? [answer.value] : [])));
  }

  async #ofKind(kind: RecordKind): Promise<Answer<OfKind>> {
    const [all, own, rows] = await Promise.all([
      this.backend.countRecords({ ...EVERY_RECORD, kind }),
      this.backend.countRecords({ ...EVERY_RECORD, kind, provider: this.grantee }),
      this.backend.records({ ...EVERY_RECORD, kind }, { after: null, limit: PAGE }),
    ]);
    if (!all.ok) return all;
    if (!own.ok) return own;
    if (!rows.ok) return rows;
    return {
      ok: true,
      value: { kind, count: all.value - own.value, newest: this.#notTheirs(rows.value.rows).slice(0, FEW) },
    };
  }

  async #page(after: string | null): Promise<Answer<Found>> {
    const search = this.search.trim();
    const answer = await this.backend.records(
      { ...EVERY_RECORD, search: search === "" ? null : search },
      { after, limit: PAGE },
    );
    return answer.ok
      ? { ok: true, value: { rows: this.#notTheirs(answer.value.rows), next: answer.value.next } }
      : answer;
  }

  #notTheirs(rows: readonly RecordRow[]): RecordRow[] {
    return rows.filter((row) => row.provider.address !== this.grantee);
  }

  #remember(rows: readonly { id: string; title: string }[]): void {
    this.titles = { ...this.titles, ...Object.fromEntries(rows.map(({ id, title }) => [id, title])) };
  }
}

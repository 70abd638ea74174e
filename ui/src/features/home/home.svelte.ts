/* The first page: what waits, and what is done about things that failed. */
import {
  EVERY_LOOK,
  EVERY_RECORD,
  type AccessRow,
  type Backend,
  type GrantProgress,
  type OverviewView,
  type PendingView,
  type Problem,
  type RecordRow,
} from "../../backend";
import { Loaded } from "../../domain/loaded.svelte";

/** Of each kind of thing so many are shown. */
export const SHOWN = 3;

export interface HomePage {
  overview: OverviewView;
  /** The newest records, by the date that they are about. */
  newest: RecordRow[];
  looks: AccessRow[];
}

/** What is being done about something that failed. */
export type Mending =
  | { state: "idle" }
  | { state: "busy"; id: string }
  | { state: "sent"; progress: GrantProgress }
  | { state: "failed"; id: string; problem: Problem };

const sameLook = (a: AccessRow, b: AccessRow): boolean =>
  a.written_at === b.written_at &&
  a.recipient?.address === b.recipient?.address &&
  a.publisher.address === b.publisher.address;

/** Suspicious ones first, then the newest; none twice. */
export const looksToShow = (suspicious: readonly AccessRow[], newest: readonly AccessRow[]): AccessRow[] =>
  [...suspicious, ...newest.filter((look) => !suspicious.some((other) => sameLook(look, other)))].slice(0, SHOWN);

export class Home {
  readonly page = new Loaded<HomePage>();
  mending = $state.raw<Mending>({ state: "idle" });

  constructor(private readonly backend: Backend) {}

  load(): Promise<void> {
    return this.page.load(async () => {
      const overview = await this.backend.overview();
      if (!overview.ok) return overview;
      const { look_ups, suspicious } = overview.value;
      const [records, wrong] = await Promise.all([
        this.backend.records(EVERY_RECORD, { after: null, limit: SHOWN }),
        suspicious > 0
          ? this.backend.accessLog({ ...EVERY_LOOK, suspicious_only: true }, { after: null, limit: SHOWN })
          : Promise.resolve({ ok: true, value: { rows: [], next: null } } as const),
      ]);
      if (!records.ok) return records;
      if (!wrong.ok) return wrong;
      const looks = looksToShow(wrong.value.rows, look_ups);
      return { ok: true, value: { overview: overview.value, newest: records.value.rows, looks } };
    });
  }

  async signAgain(failed: PendingView): Promise<void> {
    this.mending = { state: "busy", id: failed.id };
    const answer = await this.backend.signAgain(failed.id);
    this.mending = answer.ok
      ? { state: "sent", progress: answer.value }
      : { state: "failed", id: failed.id, problem: answer.problem };
    if (answer.ok) await this.load();
  }

  async forget(failed: PendingView): Promise<void> {
    this.mending = { state: "busy", id: failed.id };
    const answer = await this.backend.forgetPending(failed.id);
    this.mending = answer.ok ? { state: "idle" } : { state: "failed", id: failed.id, problem: answer.problem };
    if (answer.ok) await this.load();
  }
}

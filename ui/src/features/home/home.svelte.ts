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
  type ProposalView,
  type RecordRow,
} from "../../backend";
import { Loaded } from "../../domain/loaded.svelte";

/** Of each kind of thing so many are shown. */
export const SHOWN = 3;
/** Among so many of the newest records those to show are chosen. */
const LOOKED_AT = 12;
/** A proposal with less time left than this is prepared again before it is signed, in seconds. */
const LEAST_SECONDS = 5;

export interface HomePage {
  overview: OverviewView;
  /** The newest records, by the date that they are about. */
  newest: RecordRow[];
  looks: AccessRow[];
}

/** What is being done about something that failed. Nothing is signed before it was read. */
export type Mending =
  | { state: "idle" }
  | { state: "busy"; id: string }
  | { state: "review" | "signing"; failed: PendingView; proposal: ProposalView; again: boolean }
  | { state: "sent"; progress: GrantProgress }
  | { state: "failed"; id: string; problem: Problem };

const sameLook = (a: AccessRow, b: AccessRow): boolean =>
  a.written_at === b.written_at &&
  a.recipient?.address === b.recipient?.address &&
  a.publisher.address === b.publisher.address;

/** Suspicious ones first, then the newest; none twice. */
export const looksToShow = (suspicious: readonly AccessRow[], newest: readonly AccessRow[]): AccessRow[] =>
  [...suspicious, ...newest.filter((look) => !suspicious.some((other) => sameLook(look, other)))].slice(0, SHOWN);

/** What happened on a day first: a record without one, as a person's own details, is less news. */
export const recordsToShow = (newest: readonly RecordRow[]): RecordRow[] =>
  [...newest.filter(({ date }) => date !== null), ...newest.filter(({ date }) => date === null)].slice(0, SHOWN);

export class Home {
  readonly page = new Loaded<HomePage>();
  mending = $state.raw<Mending>({ state: "idle" });

  constructor(
    private readonly backend: Backend,
    private readonly seconds: () => number = () => Date.now() / 1000,
  ) {}

  load(): Promise<void> {
    return this.page.load(async () => {
      const overview = await this.backend.overview();
      if (!overview.ok) return overview;
      const { look_ups, suspicious } = overview.value;
      const [records, wrong] = await Promise.all([
        this.backend.records(EVERY_RECORD, { after: null, limit: LOOKED_AT }),
        suspicious > 0
          ? this.backend.accessLog({ ...EVERY_LOOK, suspicious_only: true }, { after: null, limit: SHOWN })
          : Promise.resolve({ ok: true, value: { rows: [], next: null } } as const),
      ]);
      if (!records.ok) return records;
      if (!wrong.ok) return wrong;
      const looks = looksToShow(wrong.value.rows, look_ups);
      return { ok: true, value: { overview: overview.value, newest: recordsToShow(records.value.rows), looks } };
    });
  }

  /** Prepares what failed, to be read; `again` when it was read before and has become too old. */
  async review(failed: PendingView, again = false): Promise<void> {
    this.mending = { state: "busy", id: failed.id };
    const answer = await this.backend.proposeAgain(failed.id);
    this.mending = answer.ok
      ? { state: "review", failed, proposal: answer.value, again }
      : { state: "failed", id: failed.id, problem: answer.problem };
  }

  /** Signs what was read. */
  async sign(): Promise<void> {
    if (this.mending.state !== "review") return;
    const { failed, proposal } = this.mending;
    if (this.seconds() > proposal.sign_before - LEAST_SECONDS) {
      await this.review(failed, true);
      return;
    }
    this.mending = { ...this.mending, state: "signing" };
    const answer = await this.backend.signAgain(proposal.id);
    if (answer.ok) {
      this.mending = { state: "sent", progress: answer.value };
      await this.load();
    } else if (answer.problem.code === "expired") await this.review(failed, true);
    else this.mending = { state: "failed", id: failed.id, problem: answer.problem };
  }

  /** Back from what was to be read: nothing is signed. */
  async back(): Promise<void> {
    if (this.mending.state !== "review") return;
    const { proposal } = this.mending;
    this.mending = { state: "idle" };
    await this.backend.dropProposal(proposal.id);
  }

  async forget(failed: PendingView): Promise<void> {
    this.mending = { state: "busy", id: failed.id };
    const answer = await this.backend.forgetPending(failed.id);
    this.mending = answer.ok ? { state: "idle" } : { state: "failed", id: failed.id, problem: answer.problem };
    if (answer.ok) await this.load();
  }
}

/*
 * Who looked: the pages of the log that are in view, those look-ups that are suspicious, and under which permission each
 * was made. The person's own fetches can be left out; the log knows no such filter, so that further pages are asked for
 * until there is something to show.
 */
import {
  EVERY_LOOK,
  type AccessFilter,
  type AccessRow,
  type Answer,
  type Backend,
  type Problem,
  type SharingView,
} from "../../backend";
import { keyOf, since, type Period } from "./looks";

export type Log =
  | { state: "loading" }
  | { state: "here"; rows: readonly AccessRow[]; next: string | null; more: "no" | "asking" | "failed" }
  | { state: "failed"; problem: Problem };

const PAGE = 100;
/** So many pages in a row may hold nothing to show before one has to ask for more. */
const MOST_PAGES = 20;

type Pages = { rows: AccessRow[]; next: string | null };

export class Access {
  log = $state.raw<Log>({ state: "loading" });
  suspicious = $state.raw<readonly AccessRow[]>([]);
  sharing = $state.raw<readonly SharingView[]>([]);
  othersOnly = $state(true);
  /** Address of one provider; empty for all. */
  who = $state("");
  period = $state<Period>("any");
  #asked = 0;

  constructor(
    private readonly backend: Pick<Backend, "accessLog" | "sharing">,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {}

  get filtered(): boolean {
    return this.who !== "" || this.period !== "any";
  }

  /** Reads everything again; what is in view stays until the answer is there. */
  async load(): Promise<void> {
    const mine = ++this.#asked;
    const [log, suspicious, sharing] = await Promise.all([
      this.#pages(null),
      this.backend.accessLog({ ...EVERY_LOOK, suspicious_only: true }, { after: null, limit: PAGE }),
      this.backend.sharing(true),
    ]);
    if (mine !== this.#asked) return;
    if (suspicious.ok) this.suspicious = suspicious.value.rows;
    if (sharing.ok) this.sharing = sharing.value;
    this.log = log.ok ? { state: "here", ...log.value, more: "no" } : { state: "failed", problem: log.problem };
  }

  async more(): Promise<void> {
    const before = this.log;
    if (before.state !== "here" || before.next === null || before.more === "asking") return;
    const mine = this.#asked;
    this.log = { ...before, more: "asking" };
    const answer = await this.#pages(before.next);
    if (mine !== this.#asked) return;
    const known = before.rows.map(keyOf);
    this.log = answer.ok
      ? {
          state: "here",
          rows: [...before.rows, ...answer.value.rows.filter((row) => !known.includes(keyOf(row)))],
          next: answer.value.next,
          more: "no",
        }
      : { ...before, more: "failed" };
  }

  async choose(part: { who?: string; period?: Period; othersOnly?: boolean }): Promise<void> {
    if (part.who !== undefined) this.who = part.who;
    if (part.period !== undefined) this.period = part.period;
    if (part.othersOnly !== undefined) this.othersOnly = part.othersOnly;
    await this.load();
  }

  async #pages(after: string | null): Promise<Answer<Pages>> {
    const filter: AccessFilter = {
      ...EVERY_LOOK,
      recipient: this.who === "" ? null : this.who,
      since: since(this.period, this.now()),
    };
    const found: Pages = { rows: [], next: after };
    for (let page = 0; page < MOST_PAGES && found.rows.length === 0; page += 1) {
      const answer = await this.backend.accessLog(filter, { after: found.next, limit: PAGE });
      if (!answer.ok) return answer;
      found.rows = answer.value.rows.filter((row) => !this.othersOnly || row.basis !== "owner");
      found.next = answer.value.next;
      if (found.next === null) break;
    }
    return { ok: true, value: found };
  }
}

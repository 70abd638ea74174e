/*
 * The check of the ledger that runs in the background, as the window knows it: how it stands, and a number that grows
 * whenever something that is shown may have changed.
 */
import { getContext, setContext } from "svelte";
import type { Backend, CheckEvent, Problem, SyncProgress, SyncReport, Unlisten } from "../backend";

export type CheckState =
  | { state: "idle" }
  | { state: "running"; progress: SyncProgress | null }
  | { state: "done"; report: SyncReport }
  | { state: "failed"; problem: Problem }
  | { state: "stopped" };

const KEY = Symbol("check");

export class Check {
  /** How the newest check stands. */
  now = $state<CheckState>({ state: "idle" });
  /** The last check that came to an end, well or badly: it stays in view while the next one runs. */
  last = $state<Exclude<CheckState, { state: "idle" } | { state: "running" }> | null>(null);
  /** Grows whenever something that is shown may have changed. Read it in an effect to load again. */
  revision = $state(0);
  /** Grows with the end of every check: how old everything is has changed, even where nothing else has. */
  ended = $state(0);

  constructor(private readonly backend: Backend) {}

  /** Listens until the returned function is called. */
  listen(): Unlisten {
    return this.backend.onCheck((event) => {
      this.hear(event);
    });
  }

  /** Checks now. */
  async begin(): Promise<void> {
    await this.backend.checkNow();
  }

  /** Stops the check that runs; what was verified so far is kept. */
  async cancel(): Promise<void> {
    await this.backend.cancelCheck();
  }

  /** Something was done here that changes what is shown. */
  changed(): void {
    this.revision += 1;
  }

  private hear(event: CheckEvent): void {
    switch (event.state) {
      case "started":
        this.now = { state: "running", progress: null };
        break;
      case "running":
        this.now = { state: "running", progress: event.progress };
        break;
      case "done":
      case "failed":
      case "stopped":
        this.now = event;
        this.last = event;
        this.ended += 1;
        // Where a check did not end well, part of it may have been kept.
        if (event.state !== "done" || isNews(event.report)) this.revision += 1;
        break;
    }
  }
}

/** Whether a check found anything that pages show. A list that is read must not be laid anew for nothing. */
const isNews = (report: SyncReport): boolean =>
  report.entries + report.new_providers + report.confirmed + report.restored + report.pending.length > 0 ||
  report.enrolled.length + report.enrolments_refused.length > 0;

export const provideCheck = (check: Check): Check => setContext(KEY, check);

export const useCheck = (): Check => getContext<Check>(KEY);

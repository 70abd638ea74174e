/* Whom this person helps: what is known at once, then what the ledger says, which takes a moment. */
import type { Backend, HelpedView, Problem } from "../../backend";
import { Loaded } from "../../domain/loaded.svelte";

export type Asking = { state: "idle" } | { state: "asking" } | { state: "failed"; problem: Problem };

export class People {
  readonly list = new Loaded<HelpedView[]>();
  asking = $state.raw<Asking>({ state: "idle" });

  constructor(private readonly backend: Backend) {}

  /** What is known here. */
  load(): Promise<void> {
    return this.list.load(() => this.backend.peopleIHelp());
  }

  /** What is known here, then what is new. */
  async begin(): Promise<void> {
    await this.load();
    if (this.list.value !== undefined && this.list.value.length > 0) await this.ask();
  }

  /** Asks the ledger what is new. When it does not answer, what is known stays. */
  async ask(): Promise<void> {
    if (this.asking.state === "asking") return;
    this.asking = { state: "asking" };
    const answer = await this.backend.checkPeopleIHelp();
    this.asking = answer.ok ? { state: "idle" } : { state: "failed", problem: answer.problem };
    // Part of it may have come before it failed; and people may have been added or renamed meanwhile.
    await this.load();
  }
}

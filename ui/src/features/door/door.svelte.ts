/* Who is here: nobody yet, and somebody is made welcome; or people who open their wallet. */
import type { Backend, PersonView, Problem } from "../../backend";
import { Newcomer } from "./newcomer.svelte.ts";
import { Unlock } from "./unlock.svelte.ts";

export type DoorState =
  | { at: "loading" }
  | { at: "failed"; problem: Problem }
  | { at: "unlock"; unlock: Unlock }
  | { at: "welcome"; newcomer: Newcomer }
  /** A history that somebody gave is checked: that needs no wallet. */
  | { at: "check"; before: DoorState };

export class Door {
  now = $state.raw<DoorState>({ at: "loading" });
  #people = $state.raw<readonly PersonView[]>([]);

  constructor(private readonly backend: Backend) {}

  /** Whether somebody has a wallet here. */
  get inhabited(): boolean {
    return this.#people.length > 0;
  }

  async load(): Promise<void> {
    this.now = { at: "loading" };
    const answer = await this.backend.people();
    if (!answer.ok) {
      this.now = { at: "failed", problem: answer.problem };
      return;
    }
    this.#people = answer.value;
    if (this.inhabited) this.toPeople();
    else this.welcome();
  }

  /** To the check of a history; what was begun here waits. */
  check(): void {
    if (this.now.at === "unlock" || this.now.at === "welcome") this.now = { at: "check", before: this.now };
  }

  /** Back from it, to where one was. */
  checked(): void {
    if (this.now.at === "check") this.now = this.now.before;
  }

  /** Somebody else, or a new wallet. */
  welcome(): void {
    this.now = { at: "welcome", newcomer: new Newcomer(this.backend, this.#people) };
  }

  toPeople(): void {
    if (this.now.at === "welcome") {
      if (this.now.newcomer.busy) return;
      this.now.newcomer.forget();
    }
    this.now = { at: "unlock", unlock: new Unlock(this.backend, this.#people) };
  }
}

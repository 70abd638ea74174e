/*
 * New recovery words after a loss: they are made, shown in a window of their own, and never come to this page. Whoever stops
 * in the middle goes on with the same words. The passphrase is forgotten as soon as it was used.
 */
import type { Backend, Problem } from "../../backend";

export type Asking =
  | { state: "closed" }
  | { state: "asking"; missing: boolean }
  | { state: "opening" }
  | { state: "shown" }
  | { state: "refused"; problem: Problem };

export class NewWords {
  now = $state.raw<Asking>({ state: "closed" });
  passphrase = $state("");
  /** A change is under way: the words are made, and the accounts have not moved. */
  underWay = $state(false);

  constructor(private readonly backend: Pick<Backend, "beginNewWords" | "newWordsUnderWay">) {}

  async load(): Promise<void> {
    const answer = await this.backend.newWordsUnderWay();
    if (answer.ok) this.underWay = answer.value;
  }

  ask(): void {
    this.passphrase = "";
    this.now = { state: "asking", missing: false };
  }

  close(): void {
    this.passphrase = "";
    this.now = { state: "closed" };
  }

  async begin(): Promise<void> {
    if (this.now.state === "opening") return;
    if (this.passphrase === "") {
      this.now = { state: "asking", missing: true };
      return;
    }
    this.now = { state: "opening" };
    const answer = await this.backend.beginNewWords(this.passphrase);
    this.passphrase = "";
    this.now = answer.ok ? { state: "shown" } : { state: "refused", problem: answer.problem };
    await this.load();
  }
}

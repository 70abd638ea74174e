/*
 * New recovery words after a loss: they are made, shown in a window of their own, and never come to this page. Whoever stops
 * in the middle goes on with the same words.
 */
import type { Backend } from "../../backend";
import { BehindPassphrase } from "../../domain/behindPassphrase.svelte";

export class NewWords extends BehindPassphrase {
  /** A change is under way: the words are made, and the accounts have not moved. */
  underWay = $state(false);

  constructor(private readonly backend: Pick<Backend, "beginNewWords" | "newWordsUnderWay">) {
    super((passphrase) => backend.beginNewWords(passphrase));
  }

  async load(): Promise<void> {
    const answer = await this.backend.newWordsUnderWay();
    if (answer.ok) this.underWay = answer.value;
  }

  async begin(): Promise<void> {
    if (await this.open()) await this.load();
  }
}

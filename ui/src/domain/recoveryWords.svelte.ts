/* The recovery words, shown again to whoever knows the passphrase. They never come to this page: a window of their own has them. */
import type { Backend, Problem } from "../backend";

export type Showing =
  | { state: "closed" }
  | { state: "asking"; missing: boolean }
  | { state: "opening" }
  | { state: "shown" }
  | { state: "refused"; problem: Problem };

export class RecoveryWords {
  now = $state.raw<Showing>({ state: "closed" });
  passphrase = $state("");
  /** When the words were checked, null for never; undefined while that is not known. */
  checkedAt = $state<number | null | undefined>(undefined);

  constructor(private readonly backend: Pick<Backend, "showWords" | "overview">) {}

  async load(): Promise<void> {
    const overview = await this.backend.overview();
    if (overview.ok) this.checkedAt = overview.value.words_checked;
  }

  ask(): void {
    this.passphrase = "";
    this.now = { state: "asking", missing: false };
  }

  close(): void {
    this.passphrase = "";
    this.now = { state: "closed" };
  }

  async show(): Promise<void> {
    if (this.now.state === "opening") return;
    if (this.passphrase === "") {
      this.now = { state: "asking", missing: true };
      return;
    }
    this.now = { state: "opening" };
    const answer = await this.backend.showWords(this.passphrase);
    this.passphrase = "";
    this.now = answer.ok ? { state: "shown" } : { state: "refused", problem: answer.problem };
  }
}

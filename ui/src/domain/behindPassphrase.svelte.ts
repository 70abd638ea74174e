/*
 * What the program below does only for whoever knows the passphrase, in a window of its own. The passphrase is forgotten as
 * soon as it was used.
 */
import type { Answer, Problem } from "../backend";

export type Asking =
  | { state: "closed" }
  | { state: "asking"; missing: boolean }
  | { state: "opening" }
  | { state: "shown" }
  | { state: "refused"; problem: Problem };

export class BehindPassphrase {
  now = $state.raw<Asking>({ state: "closed" });
  passphrase = $state("");

  constructor(private readonly unlocked: (passphrase: string) => Promise<Answer<null>>) {}

  ask(): void {
    this.passphrase = "";
    this.now = { state: "asking", missing: false };
  }

  close(): void {
    this.passphrase = "";
    this.now = { state: "closed" };
  }

  /** Does it with the passphrase that was typed; false when none was, or when it is being done already. */
  protected async open(): Promise<boolean> {
    if (this.now.state === "opening") return false;
    if (this.passphrase === "") {
      this.now = { state: "asking", missing: true };
      return false;
    }
    this.now = { state: "opening" };
    const answer = await this.unlocked(this.passphrase);
    this.passphrase = "";
    this.now = answer.ok ? { state: "shown" } : { state: "refused", problem: answer.problem };
    return true;
  }
}

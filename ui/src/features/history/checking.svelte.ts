/* A history file that somebody gave: what its check found. Needs no wallet. */
import type { Backend, CheckedHistory, Problem } from "../../backend";

export type Checking =
  | { state: "nothing" }
  | { state: "checking" }
  | { state: "checked"; found: CheckedHistory }
  /** It was looked at, and is not to be believed. */
  | { state: "refused"; problem: Problem }
  /** It could not be looked at. */
  | { state: "failed"; problem: Problem };

export class CheckFile {
  now = $state.raw<Checking>({ state: "nothing" });
  /** Text of a network file that was chosen to check with. */
  network = $state.raw<string | null>(null);

  constructor(private readonly backend: Pick<Backend, "checkHistoryFile" | "chooseNetworkFile">) {}

  /** True when there is something new to tell; not when the person thought better of it. */
  async check(): Promise<boolean> {
    if (this.now.state === "checking") return false;
    const before = this.now;
    this.now = { state: "checking" };
    const answer = await this.backend.checkHistoryFile(this.network);
    if (!answer.ok) {
      const refused = answer.problem.code === "verification_failed";
      if (!refused) this.network = null;
      this.now = { state: refused ? "refused" : "failed", problem: answer.problem };
      return true;
    }
    if (answer.value === null) {
      this.now = before;
      return false;
    }
    this.now = { state: "checked", found: answer.value };
    return true;
  }

  /** First the network file, then the history once more: the program below keeps no file. */
  async checkWithNetwork(): Promise<boolean> {
    if (this.now.state === "checking") return false;
    const answer = await this.backend.chooseNetworkFile();
    if (!answer.ok) {
      this.now = { state: "failed", problem: answer.problem };
      return true;
    }
    if (answer.value === null) return false;
    this.network = answer.value;
    return this.check();
  }
}

/*
 * Language, look and locking, as the person chooses them. A choice shows at once; when it cannot be kept, what was kept
 * before comes back and the problem is told.
 */
import type { Backend, Problem, Settings } from "../../backend";

export type Preferred = { state: "loading" } | { state: "here"; settings: Settings } | { state: "failed" };

export class Preferences {
  now = $state.raw<Preferred>({ state: "loading" });
  problem = $state.raw<Problem | null>(null);
  /** What the program below is known to have. */
  #kept: Settings | null = null;
  #changes = 0;

  constructor(private readonly backend: Pick<Backend, "settings" | "changeSettings" | "onSettings">) {}

  async load(): Promise<void> {
    this.problem = null;
    const answer = await this.backend.settings();
    if (answer.ok) this.#take(answer.value);
    else {
      this.problem = answer.problem;
      this.now = { state: "failed" };
    }
  }

  /** Follows what is changed in other windows, until the returned function is called. */
  follow(): () => void {
    return this.backend.onSettings((settings) => this.#take(settings));
  }

  async change(part: Partial<Settings>): Promise<void> {
    if (this.now.state !== "here") return;
    const settings = { ...this.now.settings, ...part };
    const mine = ++this.#changes;
    this.problem = null;
    this.now = { state: "here", settings };
    const answer = await this.backend.changeSettings(settings);
    if (answer.ok) this.#kept = settings;
    else if (mine === this.#changes) {
      this.problem = answer.problem;
      if (this.#kept) this.now = { state: "here", settings: this.#kept };
    }
  }

  #take(settings: Settings): void {
    this.#kept = settings;
    this.now = { state: "here", settings };
  }
}

/*
 * The consent history as it is read. It is asked for from a node, which takes a while: what was read before stays in view
 * while the same is asked for again, and when that fails; it never stands beside a choice that it does not answer.
 */
import type { Backend, HistoryPart, Problem, ProviderView } from "../../backend";
import { Choice, withHistory } from "./choice.svelte";
import { newestFirst, type Told } from "./lines";

const PAGE = 40;

export class ConsentHistory {
  readonly choice: Choice;
  parts = $state.raw<readonly HistoryPart[] | null>(null);
  asking = $state(false);
  problem = $state.raw<Problem | null>(null);
  providers = $state.raw<readonly ProviderView[]>([]);
  /** So many lines are in view. */
  shown = $state(PAGE);
  readonly lines: readonly Told[] = $derived(this.parts === null ? [] : newestFirst(this.parts));
  #asked = 0;
  /** What was asked for last, and with it what `parts` and `problem` answer. */
  #request = $state("");

  constructor(
    private readonly backend: Pick<Backend, "history" | "providers">,
    now?: () => number,
  ) {
    this.choice = new Choice(now);
  }

  /** What was read answers what is chosen now: not so while days are being written. */
  get answers(): boolean {
    return this.choice.fault === null && this.#request === this.#chosen();
  }

  /** Reads it, or reads it again. Days that are no days are not asked for. */
  async load(): Promise<void> {
    if (this.choice.fault !== null) return;
    const request = this.choice.request();
    const asked = this.#chosen();
    if (asked !== this.#request) {
      this.parts = null;
      this.shown = PAGE;
    }
    this.#request = asked;
    this.#asked += 1;
    const mine = this.#asked;
    this.asking = true;
    this.problem = null;
    const [answer, providers] = await Promise.all([this.backend.history(request), this.backend.providers(null)]);
    if (mine !== this.#asked) return;
    this.asking = false;
    if (providers.ok) this.providers = withHistory(providers.value);
    if (answer.ok) this.parts = answer.value;
    else {
      this.problem = answer.problem;
      // What does not exist is not kept in view; what could not be asked for again is.
      if (answer.problem.code === "invalid_input" || answer.problem.code === "not_joined") this.parts = null;
    }
  }

  /** The choice, told from every other. */
  #chosen(): string {
    const { period, provider } = this.choice;
    return JSON.stringify([provider, period, period === "days" ? this.choice.request() : null]);
  }

  more(): void {
    this.shown += PAGE;
  }

  /** For paper: everything. */
  all(): void {
    this.shown = this.lines.length;
  }
}

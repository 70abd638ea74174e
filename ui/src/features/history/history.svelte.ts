/*
 * The consent history as it is read. It is asked for from a node, which takes a while: what was read before stays in view
 * while the same is asked for again, and when that fails.
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
  #request = "";

  constructor(
    private readonly backend: Pick<Backend, "history" | "providers">,
    now?: () => number,
  ) {
    this.choice = new Choice(now);
  }

  /** Reads it, or reads it again. Days that are no days are not asked for. */
  async load(): Promise<void> {
    if (this.choice.fault !== null) return;
    const request = this.choice.request();
    const { period, provider } = this.choice;
    const asked = JSON.stringify([provider, period, period === "days" ? request : null]);
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

  more(): void {
    this.shown += PAGE;
  }

  /** For paper: everything. */
  all(): void {
    this.shown = this.lines.length;
  }
}

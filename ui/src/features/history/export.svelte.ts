/* A copy of the history for somebody else: in which form, what of it, and where it is then. */
import type { Backend, HistoryForm, Problem, SavedHistory } from "../../backend";
import type { Choice } from "./choice.svelte";

export type Opened = "open" | "closed";

export type Exporting =
  | { state: "choosing" }
  | { state: "saving" }
  | { state: "saved"; saved: SavedHistory }
  | { state: "failed"; problem: Problem };

export class Export {
  form = $state<HistoryForm>("pdf");
  opened = $state<Opened>("open");
  now = $state.raw<Exporting>({ state: "choosing" });

  constructor(
    private readonly backend: Pick<Backend, "exportHistory">,
    readonly choice: Choice,
  ) {}

  /** True when something is to be told: it is saved, or it failed. */
  async save(): Promise<boolean> {
    if (this.now.state === "saving" || this.choice.fault !== null) return false;
    this.now = { state: "saving" };
    const answer = await this.backend.exportHistory(this.choice.request(this.opened === "closed"), this.form);
    if (!answer.ok) this.now = { state: "failed", problem: answer.problem };
    else if (answer.value === null) this.now = { state: "choosing" };
    else this.now = { state: "saved", saved: answer.value };
    return this.now.state !== "choosing";
  }
}

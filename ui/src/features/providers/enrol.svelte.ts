/* Adding a provider: a code, whom it leads to, yes or no, and what came of it. */
import type { Backend, EnrolmentPreview, Problem, ProviderView } from "../../backend";

export type EnrolState =
  | { state: "code" }
  | { state: "looking" }
  | { state: "confirm"; preview: EnrolmentPreview }
  | { state: "enrolling"; preview: EnrolmentPreview }
  | { state: "done"; provider: ProviderView };

export class Enrolment {
  now = $state.raw<EnrolState>({ state: "code" });
  problem = $state.raw<Problem | null>(null);
  code = $state("");

  constructor(private readonly backend: Backend) {}

  /** Whom the code leads to; nothing is used up by looking. */
  async look(): Promise<void> {
    if (this.now.state !== "code" || this.code.trim() === "") return;
    this.now = { state: "looking" };
    const answer = await this.backend.previewEnrolment(this.code.trim());
    this.problem = answer.ok ? null : answer.problem;
    this.now = answer.ok ? { state: "confirm", preview: answer.value } : { state: "code" };
  }

  /** True when the relationship is there, or on its way. */
  async enrol(): Promise<boolean> {
    if (this.now.state !== "confirm") return false;
    const { preview } = this.now;
    this.now = { state: "enrolling", preview };
    const answer = await this.backend.enrol(this.code.trim());
    this.problem = answer.ok ? null : answer.problem;
    if (answer.ok) {
      this.code = "";
      this.now = { state: "done", provider: answer.value };
    } else {
      // Where a second try may help, the question stays; else another code is needed.
      this.now = AGAIN.has(answer.problem.code) ? { state: "confirm", preview } : { state: "code" };
    }
    return answer.ok;
  }

  /** Back to the code: another one, or none. */
  restart(): void {
    this.problem = null;
    this.now = { state: "code" };
  }
}

const AGAIN = new Set<Problem["code"]>(["node_away", "provider_away", "not_confirmed", "cancelled"]);

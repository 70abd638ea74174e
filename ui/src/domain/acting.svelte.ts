/* One thing that is being done below: it runs, or what kept it from being done. */
import type { Answer, Problem } from "../backend";

export class Acting {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** Does it, unless it is being done already; its value when it was done. */
  async run<T>(act: () => Promise<Answer<T>>): Promise<{ value: T } | null> {
    if (this.busy) return null;
    this.busy = true;
    this.problem = null;
    const answer = await act();
    this.busy = false;
    if (answer.ok) return { value: answer.value };
    this.problem = answer.problem;
    return null;
  }
}

/*
 * Whose wallet the window shows: one's own, or that of somebody who is helped. From the moment in which another one is asked
 * for until it is known which one is there, none is shown: no page may stand under the wrong name.
 */
import type { Answer, Backend, Problem, SessionView } from "../backend";
import type { Route } from "./route.svelte.ts";

export type Shown =
  | { state: "changing" }
  | { state: "shown"; session: SessionView; start?: Route; problem: Problem | null }
  | { state: "unknown"; problem: Problem };

export class Wallets {
  now = $state.raw<Shown>({ state: "changing" });

  constructor(
    private readonly backend: Backend,
    session: Answer<SessionView>,
  ) {
    this.show(session, null);
  }

  /** Shows the wallet of somebody who is helped. */
  help(number: number): Promise<void> {
    return this.change(() => this.backend.startHelping(number));
  }

  /** Shows one's own wallet again. */
  own(): Promise<void> {
    return this.change(() => this.backend.stopHelping());
  }

  /** Asks once more which one is there. */
  async ask(problem: Problem | null = null): Promise<void> {
    this.now = { state: "changing" };
    this.show(await this.backend.session(), problem);
  }

  private async change(ask: () => Promise<Answer<null>>): Promise<void> {
    if (this.now.state === "changing") return;
    this.now = { state: "changing" };
    const answer = await ask();
    await this.ask(answer.ok ? null : answer.problem);
  }

  private show(session: Answer<SessionView>, problem: Problem | null): void {
    if (!session.ok) this.now = { state: "unknown", problem: session.problem };
    else
      this.now = {
        state: "shown",
        session: session.value,
        problem,
        // Where it did not come about, one is back where one asked for it.
        ...(problem && !session.value.helping ? { start: { name: "helping" } as const } : {}),
      };
  }
}

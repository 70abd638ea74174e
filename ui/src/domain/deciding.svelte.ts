/* A decision on its way: prepared, read, signed. Nothing is signed before it was read. */
import type { Act, ActOutcome, Backend, Problem, ProposalView } from "../backend";

/** A proposal with less time left than this is prepared again before it is signed, in seconds. */
const LEAST_SECONDS = 5;

export type DecidingState =
  | { state: "preparing" }
  | { state: "review" | "signing"; proposal: ProposalView; again: boolean }
  | { state: "failed"; problem: Problem };

export class Deciding {
  now = $state.raw<DecidingState>({ state: "preparing" });
  #over = false;

  constructor(
    private readonly backend: Backend,
    private readonly act: Act,
    private readonly seconds: () => number = () => Date.now() / 1000,
  ) {}

  /** Prepares it, to be read; `again` when it was read before and has become too old. */
  async prepare(again = false): Promise<void> {
    this.now = { state: "preparing" };
    const answer = await this.backend.proposeAct(this.act);
    if (this.#over) {
      if (answer.ok) await this.backend.dropProposal(answer.value.id);
      return;
    }
    this.now = answer.ok
      ? { state: "review", proposal: answer.value, again }
      : { state: "failed", problem: answer.problem };
  }

  /** Signs what was read; gives what became of it. */
  async sign(): Promise<ActOutcome | null> {
    if (this.now.state !== "review") return null;
    const { proposal } = this.now;
    if (this.seconds() > proposal.sign_before - LEAST_SECONDS) {
      await this.prepare(true);
      return null;
    }
    this.now = { ...this.now, state: "signing" };
    const answer = await this.backend.signAct(proposal.id);
    if (answer.ok) return answer.value;
    if (answer.problem.code === "expired") await this.prepare(true);
    else this.now = { state: "failed", problem: answer.problem };
    return null;
  }

  /** The person went back: nothing is signed. */
  async drop(): Promise<void> {
    this.#over = true;
    if (this.now.state === "review") await this.backend.dropProposal(this.now.proposal.id);
  }
}

/** How a decision stands in all relationships together. */
export type DecidedAs = "done" | "waiting" | "partly" | "refused";

export function decidedAs(outcome: ActOutcome): DecidedAs {
  const failed = outcome.steps.filter(({ progress }) => progress === "refused" || progress === "lapsed");
  if (failed.length === outcome.steps.length) return "refused";
  if (failed.length > 0) return "partly";
  return outcome.steps.every(({ progress }) => progress === "on_ledger") ? "done" : "waiting";
}

/*
 * Giving access, step by step: who, what, how long, check and sign. What is to be signed is prepared below and only named
 * here by a number; going back drops it.
 */
import type {
  AllowLess,
  Answer,
  Backend,
  Problem,
  ProposalView,
  ProviderView,
  RecordKind,
  ShareOutcome,
  ShareRequest,
  Why,
} from "../../backend";

export type Scope = "essentials" | "kinds" | "records" | "everything";
export const DAYS = ["7", "30", "90", "365"] as const;
export type Days = (typeof DAYS)[number] | "other";

export type Step =
  | { step: "who" }
  | { step: "what" }
  | { step: "how_long" }
  | { step: "preparing" }
  | { step: "check"; proposal: ProposalView; again: boolean }
  | { step: "signing"; proposal: ProposalView }
  | { step: "done"; outcome: ShareOutcome };

const MOST_DAYS = 3650;
/** A proposal with less time left than this is prepared again before it is signed, in seconds. */
const LEAST_SECONDS = 5;

export class Share {
  now = $state.raw<Step>({ step: "who" });
  problem = $state.raw<Problem | null>(null);
  grantee = $state.raw<ProviderView | null>(null);
  scope = $state<Scope>("essentials");
  kinds = $state<RecordKind[]>([]);
  records = $state<string[]>([]);
  future = $state(true);
  days = $state<Days>("90");
  otherDays = $state("");
  why = $state<Why>("treatment");
  /** Where going back leads when the share answers a request: it has no steps before the check. */
  readonly answers: { request: string; less: AllowLess } | null;

  constructor(
    private readonly backend: Backend,
    given: { records?: string[] | undefined; request?: string | undefined; less?: AllowLess | undefined } = {},
    private readonly seconds: () => number = () => Date.now() / 1000,
  ) {
    this.answers =
      given.request === undefined
        ? null
        : { request: given.request, less: given.less ?? { kinds: null, days: null, without_future: false } };
    if (given.records !== undefined && given.records.length > 0) {
      this.scope = "records";
      this.records = given.records;
      this.future = false;
    }
  }

  choose(grantee: ProviderView): void {
    this.grantee = grantee;
    this.problem = null;
    this.now = { step: "what" };
  }

  /** Whether anything is chosen that could be shared. */
  get somethingChosen(): boolean {
    if (this.scope === "kinds") return this.kinds.length > 0;
    return this.scope !== "records" || this.records.length > 0;
  }

  /** Days as a number; none when what was typed is not 1 to 3,650. */
  get wholeDays(): number | null {
    const days = Number(this.days === "other" ? this.otherDays : this.days);
    return Number.isInteger(days) && days >= 1 && days <= MOST_DAYS ? days : null;
  }

  howLong(): void {
    this.problem = null;
    this.now = { step: "how_long" };
  }

  /** Prepares what would be signed, to be read. */
  async prepare(again = false): Promise<void> {
    this.problem = null;
    this.now = { step: "preparing" };
    const answer = await this.ask();
    if (answer?.ok) this.now = { step: "check", proposal: answer.value, again };
    else {
      this.problem = answer?.problem ?? null;
      this.now = this.answers ? { step: "preparing" } : { step: "how_long" };
    }
  }

  /** Signs what was read. What has become too old is prepared again, to be read once more. */
  async sign(): Promise<void> {
    if (this.now.step !== "check") return;
    const { proposal } = this.now;
    if (this.seconds() > proposal.sign_before - LEAST_SECONDS) {
      await this.prepare(true);
      return;
    }
    this.now = { step: "signing", proposal };
    const answer = await this.backend.signProposal(proposal.id);
    if (answer.ok) this.now = { step: "done", outcome: answer.value };
    else if (answer.problem.code === "expired") await this.prepare(true);
    else {
      this.problem = answer.problem;
      this.now = this.answers ? { step: "preparing" } : { step: "how_long" };
    }
  }

  /** One step back; false where there is none before. */
  async back(): Promise<boolean> {
    const at = this.now;
    this.problem = null;
    if (at.step === "check") await this.backend.dropProposal(at.proposal.id);
    if (this.answers || at.step === "who" || at.step === "done") return false;
    this.now = at.step === "what" ? { step: "who" } : at.step === "how_long" ? { step: "what" } : { step: "how_long" };
    return true;
  }

  /** The page is left: what waits to be signed is dropped. */
  leave(): void {
    if (this.now.step === "check") void this.backend.dropProposal(this.now.proposal.id);
  }

  private async ask(): Promise<Answer<ProposalView> | null> {
    if (this.answers) return this.backend.proposeAnswer(this.answers.request, this.answers.less);
    const request = this.request();
    return request && this.backend.proposeShare(request);
  }

  request(): ShareRequest | null {
    const days = this.wholeDays;
    if (!this.grantee || days === null) return null;
    const scopes = {
      essentials: { preset: "essentials" },
      kinds: { kinds: [...this.kinds] },
      records: { records: [...this.records] },
      everything: "everything",
    } as const;
    return {
      grantee: this.grantee.address,
      scope: scopes[this.scope] as ShareRequest["scope"],
      future: this.future ? "included" : "excluded",
      days,
      why: this.why,
      mode: "pull",
    };
  }
}

/* Decisions beside giving access in the invented town: prepared, read, signed. What each means stands beside what it changes. */
import type { Act, ActOutcome, Language, ProposalView, ProviderName, Sentence } from "../../bindings";
import { bad, good, type Answer } from "..";
import { digits } from "./town";
import type { FakeWallet } from "./wallet";

type Name = Act["act"];
export type ActOf<K extends Name> = Extract<Act, { act: K }>;

/** One kind of decision. */
export interface ActRule<K extends Name> {
  /** The question, then what it means: in one language. */
  says: (language: Language, act: ActOf<K>) => { title: string; lines: string[] };
  /** What is so afterwards; with a text, the program below refuses it with these words. */
  refuses?: (act: ActOf<K>) => string | null;
  apply: (act: ActOf<K>) => void;
  /** With which providers; absent, all of them. */
  providers?: (act: ActOf<K>) => ProviderName[];
}

export type ActRules = { [K in Name]?: ActRule<K> };

const VALID_SECONDS = 360;

/** The words in the language of the person. */
export const inLanguage = (language: Language, en: string, es: string): string => (language === "en" ? en : es);

const said = (text: string): Sentence => ({ code: "act", args: {}, values: {}, text });

export class ActDesk {
  private readonly kept = new Map<number, Act>();
  private next = 1_000;

  constructor(
    private readonly wallet: FakeWallet,
    private readonly rules: ActRules,
    /** While one acts for somebody: what does not belong to the appointment, and for whom one signs. */
    private readonly acting?: { refuses: (act: Act) => string | null; forWhom: () => string | null },
  ) {}

  private rule(act: Act): ActRule<Name> | undefined {
    return this.rules[act.act] as ActRule<Name> | undefined;
  }

  propose(act: Act): Answer<ProposalView> {
    const rule = this.rule(act);
    if (!rule) return bad("invalid_input", "This cannot be done with invented people.");
    const refused = this.acting?.refuses(act) ?? rule.refuses?.(act) ?? null;
    if (refused !== null) return bad("invalid_input", refused);
    const { title, lines: means } = rule.says(this.wallet.settings.language, act);
    const whom = this.acting?.forWhom() ?? null;
    const lines = whom === null ? means : [...means, whom];
    this.next += 1;
    this.kept.set(this.next, act);
    const hash = digits(`act ${String(this.next)}`, 64);
    return good({
      id: this.next,
      review: {
        title: said(title),
        sentences: lines.map(said),
        opens: [],
        skipped: [],
        details: [
          {
            relationship: `mrr1q${digits("amelia", 32)}`,
            body_hash: hash,
            actions: [`${act.act}: …`],
            valid_until: this.wallet.now() + VALID_SECONDS,
          },
        ],
      },
      sign_before: this.wallet.now() + VALID_SECONDS - 60,
    });
  }

  sign(id: number, offline: boolean): Answer<ActOutcome> {
    const act = this.kept.get(id);
    if (!act) return bad("expired", "Time has passed since this was prepared. Prepare it again.");
    this.kept.delete(id);
    const rule = this.rule(act);
    // Before it is so: afterwards it may apply nowhere.
    const providers = rule?.providers?.(act) ?? this.wallet.mine();
    if (!offline) rule?.apply(act);
    return good({
      steps: providers.map((provider) => ({
        provider,
        tx: digits(`${provider.address}${String(id)}`, 64),
        progress: offline ? "waiting" : "on_ledger",
        reason: null,
      })),
    });
  }

  drop(id: number): void {
    this.kept.delete(id);
  }
}

/*
 * Another passphrase in place of the one that holds. What could be guessed at once is refused here, before anything is
 * sent; whoever could not see what they typed types it twice. All of it is forgotten as soon as it is not needed.
 */
import type { Backend, Problem, Strength } from "../../backend";

/** So long nothing is typed before the strength is asked for. */
const PAUSE_MS = 300;

export type Change =
  | { state: "closed" }
  | { state: "open" }
  | { state: "saving" }
  | { state: "saved" }
  | { state: "refused"; problem: Problem };

export type Fault =
  | { field: "old"; what: "empty" }
  | { field: "fresh"; what: "empty" | "too_short" | "very_weak" | "same" }
  | { field: "again"; what: "different" };

export class PassphraseChange {
  now = $state.raw<Change>({ state: "closed" });
  old = $state("");
  again = $state("");
  shown = $state(false);
  strength = $state<Strength | null>(null);
  fault = $state.raw<Fault | null>(null);
  #fresh = $state("");
  #judgedText = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly backend: Pick<Backend, "changePassphrase" | "passphraseStrength" | "session">) {}

  get fresh(): string {
    return this.#fresh;
  }

  set fresh(text: string) {
    if (text === this.#fresh) return;
    this.#fresh = text;
    this.fault = null;
    clearTimeout(this.#timer);
    if (text === "") this.strength = null;
    else this.#timer = setTimeout(() => void this.#judge(), PAUSE_MS);
  }

  open(): void {
    this.#forget();
    this.now = { state: "open" };
  }

  close(): void {
    this.#forget();
    this.now = { state: "closed" };
  }

  async save(): Promise<void> {
    if (this.now.state === "saving") return;
    this.now = { state: "saving" };
    this.fault = await this.#look();
    if (this.fault) {
      this.now = { state: "open" };
      return;
    }
    const answer = await this.backend.changePassphrase(this.old, this.#fresh);
    if (answer.ok) {
      this.#forget();
      this.now = { state: "saved" };
    } else this.now = { state: "refused", problem: answer.problem };
  }

  async #look(): Promise<Fault | null> {
    if (this.old === "") return { field: "old", what: "empty" };
    if (this.#fresh === "") return { field: "fresh", what: "empty" };
    if (this.#fresh === this.old) return { field: "fresh", what: "same" };
    clearTimeout(this.#timer);
    if (this.#judgedText !== this.#fresh) await this.#judge();
    if (this.strength === "too_short" || this.strength === "very_weak") return { field: "fresh", what: this.strength };
    return !this.shown && this.again !== this.#fresh ? { field: "again", what: "different" } : null;
  }

  /** Judged with the person's name in mind: it makes a poor passphrase. */
  async #judge(): Promise<void> {
    const text = this.#fresh;
    const session = await this.backend.session();
    const answer = await this.backend.passphraseStrength(text, session.ok ? session.value.person.label : "");
    // An answer about what no longer stands there says nothing.
    if (text !== this.#fresh || !answer.ok) return;
    this.#judgedText = text;
    this.strength = answer.value;
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.old = "";
    this.#fresh = "";
    this.again = "";
    this.#judgedText = "";
    this.shown = false;
    this.strength = null;
    this.fault = null;
  }
}

/*
 * Choosing a passphrase: five words are offered; whoever wants to types their own, which is judged while they type. Of
 * their own, the wallet refuses what could be guessed at once.
 */
import type { Backend, Problem, Strength } from "../../backend";

/** So long nothing is typed before the strength is asked for. */
const PAUSE = 300;

export type Offer = { state: "loading" } | { state: "here"; text: string } | { state: "failed"; problem: Problem };

/** How the passphrase comes about: "taken" is the offered one, accepted. */
export type Way = "offered" | "taken" | "own";

export type Judged =
  | { state: "nothing" }
  | { state: "asking" }
  | { state: "judged"; text: string; strength: Strength }
  | { state: "failed"; problem: Problem };

export type PassphraseFault = "empty" | "too_short" | "very_weak" | "different";

export class NewPassphrase {
  way = $state<Way>("offered");
  offer = $state.raw<Offer>({ state: "loading" });
  judged = $state.raw<Judged>({ state: "nothing" });
  fault = $state<PassphraseFault | null>(null);
  /** Typed a second time, where the first could not be seen. */
  again = $state("");
  #text = $state("");
  #shown = $state(false);
  /** The text as the person last saw it. */
  #seen = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #offers = 0;

  constructor(
    private readonly backend: Pick<Backend, "suggestPassphrase" | "passphraseStrength">,
    private readonly label: () => string,
  ) {}

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    if (text === this.#text) return;
    this.#text = text;
    if (this.#shown) this.#seen = text;
    this.fault = null;
    clearTimeout(this.#timer);
    if (text === "") this.judged = { state: "nothing" };
    else this.#timer = setTimeout(() => void this.judge(), PAUSE);
  }

  get shown(): boolean {
    return this.#shown;
  }

  set shown(shown: boolean) {
    this.#shown = shown;
    if (shown) this.#seen = this.#text;
  }

  /** Whoever has seen what they typed need not type it twice. */
  get needsAgain(): boolean {
    return !this.#shown && (this.#text === "" || this.#seen !== this.#text);
  }

  /** Fetches words to offer: the first, or others. */
  async another(): Promise<void> {
    const mine = ++this.#offers;
    // The words in view stay until others are here, so that the page does not jump.
    if (this.offer.state === "failed") this.offer = { state: "loading" };
    const answer = await this.backend.suggestPassphrase();
    if (mine !== this.#offers || this.way === "taken") return;
    this.offer = answer.ok ? { state: "here", text: answer.value } : { state: "failed", problem: answer.problem };
  }

  take(): void {
    if (this.offer.state === "here") this.way = "taken";
  }

  /** Back to the offer, or to typing; what was typed is forgotten. */
  choose(way: "offered" | "own"): void {
    this.way = way;
    this.#forgetTyped();
  }

  /** The passphrase, when it may be used; otherwise `fault` says why not. */
  async accept(): Promise<string | null> {
    if (this.way !== "own") return this.way === "taken" && this.offer.state === "here" ? this.offer.text : null;
    const text = this.#text;
    this.fault = text === "" ? "empty" : null;
    if (this.fault) return null;
    clearTimeout(this.#timer);
    if (this.judged.state !== "judged" || this.judged.text !== text) await this.judge();
    if (this.judged.state !== "judged" || this.judged.text !== text) return null;
    const { strength } = this.judged;
    if (strength === "too_short" || strength === "very_weak") this.fault = strength;
    else if (this.needsAgain && this.again !== text) this.fault = "different";
    return this.fault ? null : text;
  }

  /** Forgets everything: the wallet is made, or the person went away. */
  forget(): void {
    this.way = "offered";
    this.offer = { state: "loading" };
    this.#forgetTyped();
  }

  #forgetTyped(): void {
    clearTimeout(this.#timer);
    this.#text = "";
    this.#seen = "";
    this.again = "";
    this.#shown = false;
    this.fault = null;
    this.judged = { state: "nothing" };
  }

  private async judge(): Promise<void> {
    const text = this.#text;
    if (this.judged.state !== "judged") this.judged = { state: "asking" };
    const answer = await this.backend.passphraseStrength(text, this.label());
    // An answer about what stands there no longer says nothing.
    if (text !== this.#text) return;
    this.judged = answer.ok
      ? { state: "judged", text, strength: answer.value }
      : { state: "failed", problem: answer.problem };
  }
}

/*
 * The way of somebody who has no wallet on this computer: a new one, one from 24 words, or a look at invented people.
 * One question on each page, at most five pages.
 */
import type { Backend, PersonView, Problem } from "../../backend";
import { NewPassphrase } from "./passphrase.svelte.ts";
import { faultOf, typedWords, type WordsFault } from "./recoveryWords.ts";

export type Step = "look" | "choice" | "name" | "words" | "passphrase" | "ready";
export type Path = "new" | "restore";
export type NameFault = "empty" | "long" | "taken";

/** What is being done below. */
export type Doing =
  | { state: "nothing" }
  | { state: "busy" }
  | { state: "failed"; problem: Problem }
  /** Another window takes this one's place; until then nothing can be pressed. */
  | { state: "done" };

/** The program's limit, in bytes of UTF-8. */
const LONGEST_NAME = 64;

type Below = Pick<
  Backend,
  "suggestPassphrase" | "passphraseStrength" | "createWallet" | "restoreWallet" | "checkWords" | "lookAround"
>;

export class Newcomer {
  step = $state<Step>("look");
  path = $state<Path>("new");
  doing = $state.raw<Doing>({ state: "nothing" });
  nameFault = $state<NameFault | null>(null);
  wordsFault = $state.raw<WordsFault | null>(null);
  readonly passphrase: NewPassphrase;
  #name = $state("");
  #words = $state("");

  constructor(
    private readonly backend: Below,
    private readonly people: readonly PersonView[],
  ) {
    // Where people are at home already, language and size of text were chosen; they stay in reach at the top.
    if (people.length > 0) this.step = "choice";
    this.passphrase = new NewPassphrase(backend, () => this.#name);
  }

  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
    this.nameFault = null;
  }

  get words(): string {
    return this.#words;
  }

  set words(words: string) {
    this.#words = words;
    this.wordsFault = null;
  }

  get busy(): boolean {
    return this.doing.state === "busy" || this.doing.state === "done";
  }

  readonly steps: readonly Step[] = $derived.by(() => {
    const first: Step[] = this.people.length > 0 ? ["choice", "name"] : ["look", "choice", "name"];
    const then: Step[] = this.path === "new" ? ["passphrase", "ready"] : ["words", "passphrase"];
    return [...first, ...then];
  });

  /** Whether there is a page before this one. */
  get first(): boolean {
    return this.steps[0] === this.step;
  }

  choose(path: Path): void {
    this.path = path;
    this.#go("name");
  }

  back(): void {
    if (this.busy) return;
    const before = this.steps[this.steps.indexOf(this.step) - 1];
    if (before) this.#go(before);
  }

  /** On to the next page, if this one is as it must be; after the last one, the wallet is made. */
  async next(): Promise<void> {
    if (this.busy) return;
    switch (this.step) {
      case "look":
        this.#go("choice");
        break;
      case "choice":
        break;
      case "name":
        this.nameFault = this.#checkName();
        if (this.nameFault === null) this.#go(this.path === "new" ? "passphrase" : "words");
        break;
      case "words":
        this.doing = { state: "busy" };
        if (await this.checkWords()) this.#go("passphrase");
        break;
      case "passphrase":
        this.doing = { state: "busy" };
        if ((await this.passphrase.accept()) === null) this.doing = { state: "nothing" };
        else if (this.path === "new") this.#go("ready");
        else await this.#finish();
        break;
      case "ready":
        await this.#finish();
        break;
    }
  }

  /** Says what is wrong with the words, if anything. The list tells most; whether they fit together is asked below. */
  async checkWords(): Promise<boolean> {
    const text = this.#words;
    this.wordsFault = faultOf(text);
    const failed = this.wordsFault !== null;
    if (failed) {
      if (this.doing.state === "busy") this.doing = { state: "nothing" };
      return false;
    }
    const answer = await this.backend.checkWords(typedWords(text).join(" "));
    if (text !== this.#words) {
      this.doing = { state: "nothing" };
      return false;
    }
    if (answer.ok) return true;
    if (answer.problem.code === "invalid_input") {
      this.wordsFault = { fault: "together" };
      this.doing = { state: "nothing" };
    } else this.doing = { state: "failed", problem: answer.problem };
    return false;
  }

  /** The field was left: what is wrong with the words is said, without holding anybody up. */
  async leaveWords(): Promise<void> {
    // Whoever only passed through an empty field, or is on the way elsewhere, has done nothing wrong.
    if (this.#words.trim() === "" || this.busy || this.step !== "words") return;
    await this.checkWords();
  }

  async lookAround(): Promise<void> {
    if (this.busy) return;
    this.doing = { state: "busy" };
    const answer = await this.backend.lookAround();
    this.doing = answer.ok ? { state: "done" } : { state: "failed", problem: answer.problem };
  }

  /** The person goes away from here. */
  forget(): void {
    this.name = "";
    this.words = "";
    this.passphrase.forget();
  }

  #go(step: Step): void {
    this.doing = { state: "nothing" };
    this.step = step;
    if (step === "passphrase" && this.passphrase.offer.state !== "here") void this.passphrase.another();
  }

  #checkName(): NameFault | null {
    const name = this.#name.trim();
    if (name === "") return "empty";
    if (new TextEncoder().encode(name.normalize("NFC")).length > LONGEST_NAME) return "long";
    // Two of one name could not be told apart when a wallet is opened.
    return this.people.some((person) => fold(person.label) === fold(name)) ? "taken" : null;
  }

  async #finish(): Promise<void> {
    this.doing = { state: "busy" };
    const passphrase = await this.passphrase.accept();
    if (passphrase === null) {
      this.#go("passphrase");
      return;
    }
    const name = this.#name.trim();
    const answer =
      this.path === "new"
        ? await this.backend.createWallet(name, passphrase)
        : await this.backend.restoreWallet(name, passphrase, typedWords(this.#words).join(" "));
    if (answer.ok) {
      this.doing = { state: "done" };
      this.words = "";
      this.passphrase.forget();
    } else this.doing = { state: "failed", problem: answer.problem };
  }
}

const fold = (text: string): string => text.normalize("NFC").trim().toLowerCase();

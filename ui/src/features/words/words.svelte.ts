/*
 * The recovery words: shown, hidden, then three of them asked for. Words are here only while they are shown; coming
 * back to them asks for them anew.
 */
import type { Backend, Problem, WordsQuestion } from "../../backend";

export type WordsState =
  | { at: "loading" }
  /** The wallet was locked meanwhile: there are no words to show. */
  | { at: "locked" }
  | { at: "failed"; problem: Problem }
  /** `missed`: an answer was wrong, and the paper is compared once more. */
  | { at: "shown"; words: readonly string[]; missed: boolean }
  | { at: "asking"; questions: readonly WordsQuestion[] }
  | { at: "checking"; questions: readonly WordsQuestion[] }
  | { at: "right" }
  /** The person wants to check another day, and is told what that means. */
  | { at: "later" }
  /** Another window takes this one's place. */
  | { at: "leaving" };

type Below = Pick<Backend, "wordsShown" | "askWords" | "answerWords" | "wordsDone">;

export class Words {
  now = $state.raw<WordsState>({ at: "loading" });
  /** One for each question, in their order. */
  answers = $state<(string | undefined)[]>([]);
  /** Questions without an answer were pointed out. */
  incomplete = $state(false);
  readonly missing = $derived(this.answers.filter((answer) => answer === undefined).length);

  constructor(private readonly backend: Below) {}

  async show(missed = false): Promise<void> {
    this.now = { at: "loading" };
    const answer = await this.backend.wordsShown();
    if (answer.ok) this.now = { at: "shown", words: answer.value, missed };
    else this.#refused(answer.problem);
  }

  /** They are written down: they disappear, and questions come. */
  async written(): Promise<void> {
    if (this.now.at !== "shown") return;
    this.now = { at: "loading" };
    const answer = await this.backend.askWords();
    if (answer.ok) {
      this.answers = answer.value.map(() => undefined);
      this.incomplete = false;
      this.now = { at: "asking", questions: answer.value };
    } else this.#refused(answer.problem);
  }

  async check(): Promise<void> {
    if (this.now.at !== "asking") return;
    const given = this.answers.filter((answer) => answer !== undefined);
    this.incomplete = this.missing > 0;
    if (this.incomplete) return;
    this.now = { at: "checking", questions: this.now.questions };
    const answer = await this.backend.answerWords(given);
    if (!answer.ok) this.#refused(answer.problem);
    else if (answer.value) {
      this.answers = [];
      this.now = { at: "right" };
    } else await this.show(true);
  }

  /** Not now: says what that means before anything is closed. */
  later(): void {
    this.answers = [];
    this.now = { at: "later" };
  }

  /** On to the wallet. */
  async done(): Promise<void> {
    if (this.now.at === "leaving") return;
    this.now = { at: "leaving" };
    const answer = await this.backend.wordsDone();
    if (!answer.ok) this.#refused(answer.problem);
  }

  #refused(problem: Problem): void {
    this.now = problem.code === "locked" ? { at: "locked" } : { at: "failed", problem };
  }
}

/*
 * Something that is asked for and shown: on its way, here, or refused. What is here stays in view while it is asked for
 * again, and an answer that was overtaken by a later question is thrown away.
 */
import type { Answer, Problem } from "../backend";

export type Load<T> = { state: "loading" } | { state: "here"; value: T } | { state: "failed"; problem: Problem };

export class Loaded<T> {
  now = $state.raw<Load<T>>({ state: "loading" });
  #asked = 0;

  async load(ask: () => Promise<Answer<T>>): Promise<void> {
    this.#asked += 1;
    const mine = this.#asked;
    const answer = await ask();
    if (mine !== this.#asked) return;
    this.now = answer.ok ? { state: "here", value: answer.value } : { state: "failed", problem: answer.problem };
  }

  get value(): T | undefined {
    return this.now.state === "here" ? this.now.value : undefined;
  }
}

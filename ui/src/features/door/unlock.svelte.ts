/* Opening the wallet of somebody who has one on this computer. */
import type { Backend, PersonId, PersonView, Problem } from "../../backend";

export type UnlockState =
  | { state: "waiting" }
  /** Nobody was chosen, or nothing was typed. */
  | { state: "incomplete"; missing: "person" | "passphrase" }
  /** About a second: a passphrase is slow to try on purpose. */
  | { state: "busy" }
  | { state: "wrong" }
  | { state: "failed"; problem: Problem }
  /** This window is closed from below; until then nothing can be pressed. */
  | { state: "open" };

export class Unlock {
  now = $state.raw<UnlockState>({ state: "waiting" });
  passphrase = $state("");
  shown = $state(false);
  #chosen = $state<PersonId | null>(null);
  /** Those whose wallet can be opened, and those whose wallet cannot, with the reason. */
  readonly able: readonly PersonView[];
  readonly unable: readonly PersonView[];

  constructor(
    private readonly backend: Pick<Backend, "unlock">,
    people: readonly PersonView[],
  ) {
    this.able = people.filter((person) => person.problem === null);
    this.unable = people.filter((person) => person.problem !== null);
    // With several people nobody is chosen for them: a passphrase would be tried on the wrong wallet.
    if (this.able.length === 1) this.#chosen = this.able[0]?.id ?? null;
  }

  get chosen(): PersonId | null {
    return this.#chosen;
  }

  set chosen(person: PersonId | null) {
    if (person !== this.#chosen) this.passphrase = "";
    this.#chosen = person;
    this.now = { state: "waiting" };
  }

  get busy(): boolean {
    return this.now.state === "busy" || this.now.state === "open";
  }

  async open(): Promise<void> {
    if (this.busy) return;
    const person = this.chosen;
    if (person === null) this.now = { state: "incomplete", missing: "person" };
    else if (this.passphrase === "") this.now = { state: "incomplete", missing: "passphrase" };
    else {
      this.now = { state: "busy" };
      const answer = await this.backend.unlock(person, this.passphrase);
      if (answer.ok) {
        this.passphrase = "";
        this.now = { state: "open" };
      } else if (answer.problem.code === "wrong_passphrase") this.now = { state: "wrong" };
      else this.now = { state: "failed", problem: answer.problem };
    }
  }
}

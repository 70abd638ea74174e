/* Joining a network: a file or pasted text, what it says, yes or no. */
import type { Answer, Backend, NetworkPreview, Problem } from "../../backend";

export type JoinState =
  | { state: "text" }
  | { state: "looking" }
  | { state: "confirm"; preview: NetworkPreview }
  | { state: "joining"; preview: NetworkPreview };

export class Joining {
  now = $state.raw<JoinState>({ state: "text" });
  problem = $state.raw<Problem | null>(null);
  text = $state("");

  constructor(private readonly backend: Backend) {}

  /** Asks for a file; nothing happens when the person thinks better of it. */
  async choose(): Promise<void> {
    const answer = await this.backend.chooseNetworkFile();
    if (!answer.ok) this.problem = answer.problem;
    else if (answer.value !== null) {
      this.text = answer.value;
      await this.look();
    }
  }

  async look(): Promise<void> {
    if (this.now.state !== "text" || this.text.trim() === "") return;
    this.now = { state: "looking" };
    const answer: Answer<NetworkPreview> = await this.backend.previewNetwork(this.text);
    this.problem = answer.ok ? null : answer.problem;
    this.now = answer.ok ? { state: "confirm", preview: answer.value } : { state: "text" };
  }

  /** True when the network was joined. */
  async join(): Promise<boolean> {
    if (this.now.state !== "confirm") return false;
    const { preview } = this.now;
    this.now = { state: "joining", preview };
    const answer = await this.backend.joinNetwork(this.text);
    this.problem = answer.ok ? null : answer.problem;
    this.now = { state: "confirm", preview };
    return answer.ok;
  }

  restart(): void {
    this.problem = null;
    this.now = { state: "text" };
  }
}

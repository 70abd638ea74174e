/* One record: what is known of it, its copy on the way, and what the copy says. */
import type { Backend, FetchProgress, Picture, Problem, RecordView, SummaryLine } from "../../backend";
import { Loaded } from "../../domain/loaded.svelte";

export type Fetching =
  { state: "idle" } | { state: "running"; progress: FetchProgress } | { state: "failed"; problem: Problem };

/** What a copy looks like. */
export interface Content {
  lines: SummaryLine[];
  picture: Picture | null;
}

export class OneRecord {
  readonly view = new Loaded<RecordView>();
  readonly content = new Loaded<Content>();
  fetching = $state.raw<Fetching>({ state: "idle" });

  constructor(
    private readonly backend: Backend,
    readonly id: string,
  ) {}

  async load(): Promise<void> {
    await this.view.load(() => this.backend.record(this.id));
    if (this.view.value?.copy) await this.read();
  }

  async fetch(): Promise<void> {
    const size = this.view.value?.size ?? 0;
    this.fetching = { state: "running", progress: { received: 0, size } };
    const answer = await this.backend.fetchRecord(this.id, (progress) => {
      if (this.fetching.state === "running") this.fetching = { state: "running", progress };
    });
    this.fetching =
      answer.ok || answer.problem.code === "cancelled"
        ? { state: "idle" }
        : { state: "failed", problem: answer.problem };
    await this.load();
  }

  async cancel(): Promise<void> {
    await this.backend.cancelFetch(this.id);
  }

  private async read(): Promise<void> {
    await this.content.load(async () => {
      const picture = await this.backend.picture(this.id);
      if (!picture.ok) return picture;
      const lines = await this.backend.summary(this.id);
      return lines.ok ? { ok: true, value: { lines: lines.value, picture: picture.value } } : lines;
    });
  }
}

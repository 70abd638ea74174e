/* One record: what is known of it, its copy on the way, and what the copy says. */
import type {
  Backend,
  FetchProgress,
  Freshness,
  MismatchView,
  Picture,
  Problem,
  RecordView,
  SummaryLine,
} from "../../backend";
import { Loaded } from "../../domain/loaded.svelte";

export type Fetching =
  { state: "idle" } | { state: "running"; progress: FetchProgress } | { state: "failed"; problem: Problem };

/** What a copy looks like. */
export interface Content {
  lines: SummaryLine[];
  picture: Picture | null;
}

/** What there is to see of the copy. */
export type CopyState =
  | { state: "here" }
  | { state: "running"; progress: FetchProgress }
  | { state: "mismatch"; mismatch: MismatchView }
  | { state: "closed" }
  | { state: "away" };

export class OneRecord {
  readonly view = new Loaded<RecordView>();
  readonly content = new Loaded<Content>();
  fetching = $state.raw<Fetching>({ state: "idle" });
  freshness = $state.raw<Freshness | null>(null);
  #read: number | undefined;

  constructor(
    private readonly backend: Backend,
    readonly id: string,
  ) {}

  async load(): Promise<void> {
    await this.view.load(() => this.backend.record(this.id));
    const network = await this.backend.network();
    if (network.ok) this.freshness = network.value?.freshness ?? null;
    const copy = this.view.value?.copy;
    // A copy does not change: it is read again only when it is another one, or could not be read.
    if (copy && (copy.verified_at !== this.#read || this.content.now.state !== "here")) {
      this.#read = copy.verified_at;
      await this.read();
    }
  }

  async fetch(): Promise<void> {
    const size = this.view.value?.size ?? 0;
    this.fetching = { state: "running", progress: { received: 0, size } };
    const answer = await this.backend.fetchRecord(this.id, (progress) => {
      if (this.fetching.state === "running") this.fetching = { state: "running", progress };
    });
    await this.load();
    this.fetching =
      answer.ok || answer.problem.code === "cancelled"
        ? { state: "idle" }
        : { state: "failed", problem: answer.problem };
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
    // A damaged copy is thrown away below, to be fetched again.
    if (this.content.now.state === "failed") await this.view.load(() => this.backend.record(this.id));
  }
}

export function copyState(view: RecordView, fetching: Fetching): CopyState {
  if (fetching.state === "running") return fetching;
  if (view.copy) return { state: "here" };
  if (view.mismatch) return { state: "mismatch", mismatch: view.mismatch };
  return view.badge === "cannot_be_read" ? { state: "closed" } : { state: "away" };
}

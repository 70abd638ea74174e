/*
 * The pages of a long list that are held in memory. A row that is not there yet is asked for once; pages far from where
 * one reads are forgotten again; an answer that comes after `forget()` is thrown away, for it belongs to an older list.
 */
import { SvelteMap } from "svelte/reactivity";

export type Load<Item> = (offset: number, limit: number) => Promise<readonly Item[]>;

type Page<Item> = { state: "loading" } | { state: "here"; items: readonly Item[] } | { state: "failed" };
export type Row<Item> = { state: "loading" } | { state: "here"; item: Item } | { state: "failed" };

export class Pages<Item> {
  readonly #pages = new SvelteMap<number, Page<Item>>();
  #generation = 0;

  constructor(
    private readonly load: Load<Item>,
    readonly pageSize = 100,
    private readonly kept = 20,
  ) {}

  row(index: number): Row<Item> {
    const page = this.#pages.get(Math.floor(index / this.pageSize));
    if (page?.state !== "here") return page ?? { state: "loading" };
    const item = page.items[index % this.pageSize];
    return item === undefined ? { state: "failed" } : { state: "here", item };
  }

  /** Asks for what is missing of the rows `first` to `last`, both included. */
  want(first: number, last: number): void {
    const from = Math.floor(first / this.pageSize);
    const to = Math.floor(last / this.pageSize);
    for (let page = from; page <= to; page++) if (!this.#pages.has(page)) void this.#fetch(page);
    if (this.#pages.size > this.kept) this.#drop(from, to);
  }

  retry(index: number): void {
    void this.#fetch(Math.floor(index / this.pageSize));
  }

  /** The list has become another one. */
  forget(): void {
    this.#generation++;
    this.#pages.clear();
  }

  get held(): number {
    return this.#pages.size;
  }

  async #fetch(page: number): Promise<void> {
    const generation = this.#generation;
    this.#pages.set(page, { state: "loading" });
    let answer: Page<Item>;
    try {
      answer = { state: "here", items: await this.load(page * this.pageSize, this.pageSize) };
    } catch {
      // Why is told by whoever loads; here it only matters that these rows are not there.
      answer = { state: "failed" };
    }
    if (generation === this.#generation && this.#pages.has(page)) this.#pages.set(page, answer);
  }

  #drop(from: number, to: number): void {
    const distance = (page: number) => Math.max(from - page, page - to, 0);
    const farthest = [...this.#pages.keys()].sort((a, b) => distance(b) - distance(a));
    for (const page of farthest.slice(0, this.#pages.size - this.kept))
      if (distance(page) > 0) this.#pages.delete(page);
  }
}

/* The recovery words, shown again to whoever knows the passphrase. They never come to this page: a window of their own has them. */
import type { Backend } from "../backend";
import { BehindPassphrase } from "./behindPassphrase.svelte";

export class RecoveryWords extends BehindPassphrase {
  /** When the words were checked, null for never; undefined while that is not known. */
  checkedAt = $state<number | null | undefined>(undefined);

  constructor(private readonly backend: Pick<Backend, "showWords" | "overview">) {
    super((passphrase) => backend.showWords(passphrase));
  }

  async load(): Promise<void> {
    const overview = await this.backend.overview();
    if (overview.ok) this.checkedAt = overview.value.words_checked;
  }

  async show(): Promise<void> {
    await this.open();
  }
}

/* The settings as they are now, for controls that show and change them. Putting them on the page is done elsewhere. */
import type { Backend, Settings, Unlisten } from "../../backend";

export class CurrentSettings {
  now = $state.raw<Settings | null>(null);

  constructor(private readonly backend: Pick<Backend, "settings" | "onSettings">) {}

  /** Follows changes until the returned function is called. */
  follow(): Unlisten {
    const stop = this.backend.onSettings((settings) => (this.now = settings));
    void this.backend.settings().then((answer) => {
      if (answer.ok) this.now = answer.value;
    });
    return stop;
  }
}

/* The settings of the windows, put on the page: language, theme, size of text. Follows changes made in any window. */
import type { Backend, Settings, Unlisten } from "../../backend";
import { setTextSize, setTheme } from "../../design/index.ts";
import { setLanguage } from "../../messages/index.svelte.ts";

const PERCENT = { normal: 100, larger: 125, large: 150, largest: 200 } as const satisfies Record<
  Settings["text_size"],
  number
>;

export function apply(settings: Settings): void {
  setLanguage(settings.language);
  setTheme(settings.theme);
  setTextSize(PERCENT[settings.text_size]);
}

/** Applies the settings as they are. Before the first page is drawn, so that nothing flickers in another language or theme. */
export async function applySettings(backend: Backend): Promise<void> {
  const settings = await backend.settings();
  if (settings.ok) apply(settings.value);
}

/** Applies the settings now and whenever they change, until the returned function is called. */
export function follow(backend: Backend): Unlisten {
  void applySettings(backend);
  return backend.onSettings(apply);
}

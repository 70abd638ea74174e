/* The program below, or invented people where there is none and in the window to look around. */
import type { Backend } from "../backend";

export async function openBackend(window: "door" | "main" | "words"): Promise<Backend> {
  if ("__TAURI_INTERNALS__" in globalThis) {
    const { tauriBackend } = await import("../backend/tauri");
    if (tauriBackend.window !== "sample") return tauriBackend;
    const { fakeBackend } = await import("../backend/fake");
    const settings = await tauriBackend.settings();
    const invented = fakeBackend({ window: "sample", ...(settings.ok && { settings: settings.value }) });
    // Its settings and the way out are real; the invented people speak the language that is set.
    tauriBackend.onSettings((changed) => void invented.changeSettings(changed));
    return {
      ...invented,
      settings: () => tauriBackend.settings(),
      changeSettings: (changed) => tauriBackend.changeSettings(changed),
      onSettings: (listener) => tauriBackend.onSettings(listener),
      leaveSample: () => tauriBackend.leaveSample(),
    };
  }
  const { fakeBackend } = await import("../backend/fake");
  const asked = new URLSearchParams(location.search);
  const language = asked.get("language");
  const records = Number(asked.get("records") ?? Number.NaN);
  return fakeBackend({
    window,
    empty: asked.has("empty"),
    offline: asked.has("offline"),
    lies: asked.has("lies"),
    failed: asked.has("failed"),
    altered: asked.has("altered"),
    manages: asked.has("manages"),
    ...(language === "en" || language === "es" ? { settings: { language } } : {}),
    ...(Number.isSafeInteger(records) ? { records } : {}),
  });
}

/*
 * Every word of the window, in the chosen language. `m.home_title()` reads the language when it is called, so that
 * words in markup and in $derived change with it, without a restart.
 */
import { isLocale, overwriteGetLocale, type Locale } from "./generated/runtime.js";

export { m } from "./generated/messages.js";

/** "qps" is the pseudo-language for layout tests; it is never offered to a person. */
export type Language = Locale;

/** The languages a person can choose, each under its own name. */
export const LANGUAGES = [
  { code: "en", name: "English" },
  { code: "es", name: "Español" },
] as const satisfies readonly { code: Language; name: string }[];

const chosen = $state<{ language: Language; region: string }>({ language: "en", region: "en-GB" });

overwriteGetLocale(() => chosen.language);

export const language = (): Language => chosen.language;

/** The tag for dates and numbers: the language, with the person's region where the system names one. */
export const region = (): string => chosen.region;

export const direction = (of: Language = chosen.language): "ltr" | "rtl" => (of === "qps" ? "rtl" : "ltr");

/**
 * The tag for days and lists: in English they are written as in the sentences that are signed, "26 Nov 2026" and "a, b and
 * c", wherever one lives. Two ways to write a day on one page would make people doubt both.
 */
export const sentenceRegion = (): string => (chosen.language === "es" ? chosen.region : "en-GB");

/** Switches the language at once and tells assistive technology and layout by `lang` and `dir`. */
export function setLanguage(language: Language, region = usualRegion(language)): void {
  chosen.language = language;
  chosen.region = region;
  // The pseudo-language is English to a screen reader: no voice speaks it.
  document.documentElement.lang = language === "qps" ? "en" : language;
  document.documentElement.dir = direction(language);
}

/** The first language of the system which the catalogues have. */
export function systemLanguage(preferred: readonly string[] = navigator.languages): Language {
  for (const tag of preferred) {
    const primary = tag.split("-")[0]?.toLowerCase();
    if (primary && primary !== "qps" && isLocale(primary)) return primary;
  }
  return "en";
}

function usualRegion(language: Language): string {
  const spoken = language === "qps" ? "en" : language;
  const ofSystem = navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${spoken}-`));
  return ofSystem ?? (spoken === "es" ? "es-ES" : "en-GB");
}

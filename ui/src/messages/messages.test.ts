import { beforeEach, expect, test } from "vitest";
import { ago, bytes, count, day, list, partialDate } from "./format.ts";
import { direction, language, m, setLanguage, systemLanguage } from "./index.svelte.ts";

beforeEach(() => setLanguage("en", "en-GB"));

test("the language changes without a restart, and the page says so", () => {
  expect(m.common_back()).toBe("Go back");
  setLanguage("es");
  expect(m.common_back()).toBe("Volver");
  expect(document.documentElement.lang).toBe("es");
  expect(document.documentElement.dir).toBe("ltr");
});

test("the pseudo-language runs from right to left and keeps what is filled in", () => {
  setLanguage("qps");
  expect(language()).toBe("qps");
  expect(direction()).toBe("rtl");
  expect(document.documentElement.dir).toBe("rtl");
  expect(m.design_step_of({ step: 2, total: 4 })).toContain("2 óf 4");
});

test("numbers in sentences follow the language", () => {
  expect(m.design_progress_of({ done: 1200, total: 36192 })).toBe("1,200 of 36,192");
  setLanguage("es");
  expect(m.shell_new({ count: 1 })).toBe("1 nueva");
  expect(m.shell_new({ count: 1_000_000 })).toBe("1.000.000 nuevas");
});

test("the system's first known language is taken, never the pseudo-language", () => {
  expect(systemLanguage(["pt-PT", "es-MX", "en"])).toBe("es");
  expect(systemLanguage(["qps", "fr"])).toBe("en");
});

test("a partial date is shown as exactly as it was written", () => {
  expect(partialDate("2026")).toBe("2026");
  expect(partialDate("2026-05")).toBe("May 2026");
  expect(partialDate("2026-05-04")).toBe("4 May 2026");
  expect(partialDate("2026-05-04T23:30:00-11:00")).toBe("4 May 2026");
  setLanguage("es", "es-ES");
  expect(partialDate("2026-05-04")).toBe("4 de mayo de 2026");
});

test("what is no date stays as it was written", () => {
  for (const text of ["", "2026-02-31", "2026-13", "around May", "04/05/2026"]) expect(partialDate(text)).toBe(text);
});

test("distance in time is told in the largest whole unit", () => {
  const now = 1_795_000_000;
  expect(ago(now - 20, now)).toBe("now");
  expect(ago(now - 120, now)).toBe("2 minutes ago");
  expect(ago(now - 26 * 3600, now)).toBe("yesterday");
  expect(ago(now + 45 * 86400, now)).toBe("next month");
  expect(ago(now - 800 * 86400, now)).toBe("2 years ago");
});

test("counts, sizes, lists and days are written as the language writes them", () => {
  expect(count(1036)).toBe("1,036");
  expect(bytes(0)).toBe("0 bytes");
  expect(bytes(999)).toBe("999 bytes");
  expect(bytes(4_210_000)).toBe("4.2 MB");
  expect(list(["medicines", "allergies", "problems"])).toBe("medicines, allergies and problems");
  expect(day(1_771_545_600)).toBe("20 February 2026");
  setLanguage("es", "es-ES");
  expect(list(["a", "b", "c"])).toBe("a, b y c");
});

import { expect, test, vi } from "vitest";
import { bad, good, type HistoryPart } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { CheckFile } from "./checking.svelte";
import { m } from "../../messages/index.svelte.ts";
import { Choice } from "./choice.svelte";
import { Export } from "./export.svelte";
import { ConsentHistory } from "./history.svelte";
import { counted, isWhole, newestFirst, openedWords } from "./lines";
import { beginOf } from "./writtenDay";

const line = (position: number, at: number, open = true) => ({ position, at, text: String(position), open });
const part = (provider: string, ...lines: HistoryPart["lines"]): HistoryPart => ({
  provider,
  from: 0,
  to: lines.length,
  of: lines.length,
  lines,
});
const NOW = new Date(2026, 10, 26, 12).getTime() / 1000;

test("logs are told as one, newest first; of one second the later entry first", () => {
  const told = newestFirst([part("a", line(0, 1), line(1, 5), line(2, 5)), part("b", line(0, 3))]);
  expect(told.map(({ provider, position }) => `${provider}${String(position)}`)).toEqual(["a2", "a1", "b0", "a0"]);
});

test("what stays closed is counted apart; a log is whole only with both its ends", () => {
  expect(counted([line(0, 1), line(1, 2, false), line(2, 3, false)])).toEqual({ open: 1, closed: 2 });
  const whole = part("a", line(0, 1), line(1, 2));
  expect([whole, { ...whole, from: 1 }, { ...whole, of: 3 }].map(isWhole)).toEqual([true, false, false]);
});

test("what can be read agrees with its number, in both languages", () => {
  const said = [
    { open: 1, closed: 0 },
    { open: 5, closed: 0 },
    { open: 1, closed: 3 },
    { open: 2, closed: 1 },
  ].map(openedWords);
  expect(said).toEqual([
    "It can be read",
    "All can be read",
    "1 can be read, 3 stay closed",
    "2 can be read, 1 stays closed",
  ]);
  const spanish = (open: number, closed: number) => m.history_opened_of({ open, closed }, { locale: "es" });
  expect(spanish(1, 3)).toBe("1 se puede leer, 3 quedan cerradas");
  expect(spanish(2, 1)).toBe("2 se pueden leer, 1 queda cerrada");
  expect(m.guardians_delay_is({ days: 1 }, { locale: "es" })).toBe("Después usted tiene 1 día para decir que no.");
  expect(m.helpers_recovery_agreed({ count: 1, needed: 2 })).toBe("1 guardian agreed so far; 2 must agree.");
});

test("a written day is a day of the calendar, nothing, or a fault", () => {
  const written = (day: string, month: string, year: string) => beginOf({ day, month, year });
  expect(written("29", "2", "2028")).toBe(new Date(2028, 1, 29).getTime() / 1000);
  expect(written("", "", "")).toBeNull();
  for (const wrong of [
    written("29", "2", "2027"),
    written("1", "", "2026"),
    written("1", "5", "26"),
    written("x", "5", "2026"),
  ])
    expect(wrong).toBeUndefined();
});

test("the last day counts to its end, and an end before the beginning is a fault", () => {
  const choice = new Choice(() => NOW);
  choice.period = "days";
  choice.since = { day: "4", month: "5", year: "2026" };
  choice.until = { day: "4", month: "5", year: "2026" };
  expect(choice.fault).toBeNull();
  const { since, until } = choice.request();
  expect((until ?? 0) - (since ?? 0)).toBe(86_399);
  choice.until = { day: "3", month: "5", year: "2026" };
  expect(choice.fault).toBe("order");
});

test("what was read stays in view when the node is away, but not when something else was chosen", async () => {
  const backend = fakeBackend();
  const history = new ConsentHistory(backend, () => NOW);
  await history.load();
  const all = history.lines.length;
  expect(all).toBeGreaterThan(15);
  vi.spyOn(backend, "history").mockResolvedValue(bad("node_away", "away"));
  await history.load();
  expect(history.lines.length).toBe(all);
  expect(history.problem?.code).toBe("node_away");
  history.choice.period = "year";
  await history.load();
  expect(history.parts).toBeNull();
});

test("days that are being written are answered by nothing until they are asked for", async () => {
  const history = new ConsentHistory(fakeBackend(), () => NOW);
  await history.load();
  expect(history.answers).toBe(true);
  history.choice.period = "days";
  expect(history.answers).toBe(false);
  history.choice.since = { day: "31", month: "2", year: "2020" };
  await history.load();
  expect(history.answers).toBe(false);
  history.choice.since = { day: "28", month: "2", year: "2020" };
  await history.load();
  expect(history.answers).toBe(true);
  expect(history.parts).not.toBeNull();
});

test("an answer that a later choice has overtaken is thrown away", async () => {
  const backend = fakeBackend();
  let late: (() => void) | undefined;
  const first = new Promise<void>((done) => (late = done));
  vi.spyOn(backend, "history").mockImplementationOnce(async () => {
    await first;
    return good([part("late", line(0, 1))]);
  });
  const history = new ConsentHistory(backend);
  const slow = history.load();
  history.choice.provider = history.providers[0]?.address ?? "";
  history.choice.period = "month";
  await history.load();
  late?.();
  await slow;
  expect(history.lines.some(({ provider }) => provider === "late")).toBe(false);
});

test("a copy is saved as it was chosen; whoever thinks better of it is told nothing", async () => {
  const backend = fakeBackend();
  const save = vi.spyOn(backend, "exportHistory");
  const copy = new Export(backend, new Choice());
  copy.form = "verifiable";
  copy.opened = "closed";
  expect(await copy.save()).toBe(true);
  expect(save).toHaveBeenCalledWith({ providers: [], since: null, until: null, closed: true }, "verifiable");
  expect(copy.now).toMatchObject({ state: "saved", saved: { exported: { opened: 0 } } });
  save.mockResolvedValue(good(null));
  expect(await copy.save()).toBe(false);
  expect(copy.now.state).toBe("choosing");
});

test("without a network a file is not proved; with a network file it is", async () => {
  const file = new CheckFile(fakeBackend({ window: "door" }));
  await file.check();
  expect(file.now).toMatchObject({ state: "checked", found: { anchored: false } });
  await file.checkWithNetwork();
  expect(file.now).toMatchObject({ state: "checked", found: { anchored: true } });
});

test("an altered file is refused; a network file that cannot be read is not kept", async () => {
  const altered = new CheckFile(fakeBackend({ altered: true }));
  await altered.check();
  expect(altered.now.state).toBe("refused");
  const backend = fakeBackend();
  vi.spyOn(backend, "chooseNetworkFile").mockResolvedValue(good("a letter"));
  const file = new CheckFile(backend);
  await file.checkWithNetwork();
  expect(file.now.state).toBe("failed");
  expect(file.network).toBeNull();
});

test("whoever chooses no file stays where they were", async () => {
  const backend = fakeBackend();
  const file = new CheckFile(backend);
  await file.check();
  const before = file.now;
  vi.spyOn(backend, "checkHistoryFile").mockResolvedValue(good(null));
  expect(await file.check()).toBe(false);
  expect(file.now).toEqual(before);
});

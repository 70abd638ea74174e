import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { bad, good, type Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import HistoryView from "./HistoryView.svelte";

const open = (backend: Backend) => show(backend, HistoryView, {});
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const heading = (name: string) => screen.findByRole("heading", { level: 1, name });

test("what was given, stopped and released stands in one list, with what was asked of the ledger", async () => {
  open(fakeBackend());
  await heading("Consent history");
  const list = within(await screen.findByRole("region", { name: /^\d+ entries$/ }));
  expect(list.getByText("Checked with the ledger: no entry is missing.")).toBeTruthy();
  expect(list.getByText(/^The patient let Lantern Pharmacy .* for treatment\.$/)).toBeTruthy();
  expect(list.getByText(/stopped the access of Saltmere General Hospital \(77 Harbour Way, Northport\)/)).toBeTruthy();
  expect(list.getByText(/in an emergency: “Came in by ambulance/)).toBeTruthy();
  expect(list.getAllByText(/^Entry \d+ with Lantern Pharmacy/).length).toBeGreaterThan(0);
});

test("one provider's part is shown alone, and everything again", async () => {
  open(fakeBackend());
  await screen.findByRole("region", { name: /entries$/ });
  await userEvent.selectOptions(screen.getByLabelText("With whom"), "Lantern Pharmacy, 9 Fish Market, Saltmere");
  const part = within(await screen.findByRole("region", { name: "1 entry" }));
  expect(part.getByText(/no entry is missing in what you chose/)).toBeTruthy();
  await userEvent.selectOptions(screen.getByLabelText("When"), "The last 30 days");
  expect(await screen.findByText("Nothing can be shown for what you chose.")).toBeTruthy();
  await press("Show everything");
  expect(await screen.findByRole("region", { name: /^\d\d entries$/ })).toBeTruthy();
});

test("a day that does not exist is said at its field, and is not asked for", async () => {
  const backend = fakeBackend();
  const history = vi.spyOn(backend, "history");
  open(backend);
  await screen.findByRole("region", { name: /entries$/ });
  await userEvent.selectOptions(screen.getByLabelText("When"), "Between two days");
  const since = within(screen.getByRole("group", { name: "From this day" }));
  await userEvent.type(since.getByLabelText("Day"), "31");
  await userEvent.selectOptions(since.getByLabelText("Month"), "February");
  await userEvent.type(since.getByLabelText("Year"), "2026");
  const asked = history.mock.calls.length;
  await press("Show these days");
  expect(since.getByText(/Write a day that exists/)).toBeTruthy();
  expect(history).toHaveBeenCalledTimes(asked);
});

test("a list never stands beside days that it does not answer", async () => {
  const backend = fakeBackend();
  open(backend);
  await screen.findByRole("region", { name: /entries$/ });
  const assured = () => screen.queryByText(/no entry is missing/);
  expect(assured()).not.toBeNull();
  await userEvent.selectOptions(screen.getByLabelText("When"), "Between two days");
  expect(assured()).toBeNull();
  expect(screen.queryByRole("region", { name: /entr(y|ies)$/ })).toBeNull();
  expect(screen.getByText(/^Write one day or both\. Then press “Show these days”/)).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Print" }).disabled).toBe(true);
  const since = within(screen.getByRole("group", { name: "From this day" }));
  await userEvent.type(since.getByLabelText("Day"), "1");
  await userEvent.selectOptions(since.getByLabelText("Month"), "January");
  await userEvent.type(since.getByLabelText("Year"), "2020");
  expect(assured()).toBeNull();
  await press("Show these days");
  const part = within(await screen.findByRole("region", { name: /entries$/ }));
  expect(part.getByText("From 1 January 2020 until today.")).toBeTruthy();
  expect(part.getByText(/no entry is missing in what you chose/)).toBeTruthy();
  await userEvent.type(since.getByLabelText("Year"), "{Backspace}1");
  expect(assured()).toBeNull();
  expect(screen.queryByRole("region", { name: /entries$/ })).toBeNull();
});

test("the node is away: it is said calmly, and asked again", async () => {
  const backend = fakeBackend();
  vi.spyOn(backend, "history").mockResolvedValueOnce(bad("node_away", "No ledger node answers."));
  open(backend);
  expect(await screen.findByText("The ledger does not answer.")).toBeTruthy();
  await press("Try again");
  expect(await screen.findByRole("region", { name: /entries$/ })).toBeTruthy();
});

test("nothing yet", async () => {
  const backend = fakeBackend({ empty: true });
  vi.spyOn(backend, "history").mockResolvedValue(bad("invalid_input", "there is nothing"));
  open(backend);
  expect(await screen.findByText("There is no history yet.")).toBeTruthy();
});

test("a closed copy is saved, and where it is takes the focus", async () => {
  const backend = fakeBackend();
  const save = vi.spyOn(backend, "exportHistory");
  open(backend);
  await screen.findByRole("region", { name: /entries$/ });
  await press("Save a copy");
  await heading("Save a copy");
  await userEvent.click(screen.getByLabelText("A file that anybody can check"));
  await userEvent.click(screen.getByLabelText("Leave it closed"));
  await press("Save the file");
  expect(save).toHaveBeenCalledWith({ providers: [], since: null, until: null, closed: true }, "verifiable");
  const told = within(await screen.findByRole("group", { name: "What came of it" }));
  expect(await told.findByText("The copy is saved.")).toBeTruthy();
  expect(told.getByText(/consent-history\.medrec-history$/)).toBeTruthy();
  expect(document.activeElement?.getAttribute("aria-label")).toBe("What came of it");
  await press("Back to the history");
  await heading("Consent history");
});

test("a good file: what is proved, whose it says it is, and what stays closed", async () => {
  open(fakeBackend());
  await press("Check a history that somebody gave me");
  await press("Choose the file");
  expect(await screen.findByText("This file is true.")).toBeTruthy();
  expect(screen.getByText("The file says so. Nothing proves the name.")).toBeTruthy();
  expect(screen.getByText("3 of the 4 who keep the ledger")).toBeTruthy();
  expect(screen.getAllByText("Closed in this copy").length).toBe(3);
  expect(document.activeElement?.getAttribute("aria-label")).toBe("What the check found");
});

test("one entry is told as one", async () => {
  const backend = fakeBackend();
  const found = await backend.checkHistoryFile(null);
  if (!found.ok || !found.value) throw new Error("refused");
  const [part] = found.value.parts.filter(({ lines }) => lines.length > 3);
  if (!part) throw new Error("no part");
  const one = { ...part, from: 3, to: 4, lines: part.lines.slice(3, 4) };
  vi.spyOn(backend, "checkHistoryFile").mockResolvedValue(good({ ...found.value, parts: [one] }));
  open(backend);
  await press("Check a history that somebody gave me");
  await press("Choose the file");
  expect(await screen.findByText(`Entry 3 is here, of ${String(part.of)} in all.`)).toBeTruthy();
  expect(screen.getByText(/Nothing in it was changed\./, { selector: "p" }).textContent).not.toMatch(/Between them/);
});

test("a file that was changed is refused, and nothing of it is shown", async () => {
  open(fakeBackend({ altered: true }));
  await press("Check a history that somebody gave me");
  await press("Choose the file");
  const card = within(await screen.findByRole("region", { name: "This file was changed or is not what it says" }));
  expect(card.getByText("Nothing in it can be trusted.")).toBeTruthy();
  expect(card.getByText(/what is shown is not what was sealed/)).toBeTruthy();
  expect(screen.queryByText(/^Entry \d+/)).toBeNull();
});

test("a file without a network only agrees with itself: a network file proves it", async () => {
  const backend = fakeBackend({ window: "door" });
  const check = vi.spyOn(backend, "checkHistoryFile");
  open(backend);
  await press("Check a history that somebody gave me");
  await press("Choose the file");
  expect(await screen.findByText("Not proved: anybody can make up such a file.")).toBeTruthy();
  await press("Check with a network file");
  expect(await screen.findByText("This file is true.")).toBeTruthy();
  expect(check).toHaveBeenLastCalledWith(expect.stringContaining("chain_id"));
  vi.spyOn(backend, "checkHistoryFile").mockResolvedValue(good(null));
  await press("Check another file");
  expect(screen.getByText("This file is true.")).toBeTruthy();
});

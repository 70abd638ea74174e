import { cleanup, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { type Backend, type Badge, type RecordRow, EVERY_RECORD } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import RecordView from "./RecordView.svelte";

async function open(backend: Backend, search: string | null, badge: Badge | null = null) {
  const page = await backend.records({ ...EVERY_RECORD, search, badge }, { after: null, limit: 1 });
  const row = page.ok ? page.value.rows[0] : undefined;
  if (!row) throw new Error("no such record");
  return { row, ...at(backend, row.id) };
}
function at(backend: Backend, id: RecordRow["id"]) {
  const [go, back] = [vi.fn(), vi.fn()];
  show(backend, RecordView, { id, go, back });
  return { go, back };
}
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

test("a copy is read in plain lines, with its dates as people write them", async () => {
  await open(fakeBackend(), "amlodipine");
  expect(await screen.findByText("One tablet in the morning")).toBeTruthy();
  const label = screen.getByText("How to take it");
  expect(label.tagName).toBe("DT");
  expect(screen.getByText("Status: active")).toBeTruthy();
});

test("a record without a copy is fetched by one press, and then read; the focus is not lost", async () => {
  await open(fakeBackend(), "potassium");
  await press("Get a copy");
  expect(await screen.findByText("3.5–5.3 mmol/L")).toBeTruthy();
  expect(screen.getByText("Verified copy")).toBeTruthy();
  const content = screen.getByRole("group", { name: "What the record says" });
  await vi.waitFor(() => expect(document.activeElement).toBe(content));
});

test("fetching shows how far it is and can be stopped", async () => {
  const backend = fakeBackend({ delay: 30 });
  const cancel = vi.spyOn(backend, "cancelFetch");
  await open(backend, "potassium");
  await press("Get a copy");
  expect(await screen.findByRole("progressbar")).toBeTruthy();
  await press("Cancel");
  expect(cancel).toHaveBeenCalledOnce();
  expect(await screen.findByRole("button", { name: "Get a copy" })).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("what does not match is said in red with what to do, and nothing of it is shown", async () => {
  await open(fakeBackend(), null, "does_not_match");
  const alert = within(await screen.findByRole("alert"));
  expect(alert.getByText("This is not the record that was signed!")).toBeTruthy();
  expect(alert.getByText(/^Tell Saltmere General Hospital, 1 Infirmary Road, Saltmere\./)).toBeTruthy();
  expect(alert.getByText("What was signed")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Save a copy" })).toBeNull();
  await press("Try again");
  expect(await screen.findByText("This is not the record that was signed!")).toBeTruthy();
});

test("the history goes from the first version to the newest and says what replaced what", async () => {
  const { go, row } = await open(fakeBackend(), "potassium");
  const history = within(await screen.findByRole("region", { name: "History" }));
  const versions = history.getAllByRole("listitem").map((item) => item.textContent);
  expect(versions[0]).toMatch(/Version 1.*Replaced by version 2 on/s);
  expect(versions[1]).toMatch(/Version 2.*Newest.*You are here/s);
  await userEvent.click(history.getByRole("button", { name: "Open Version 1" }));
  const older = (go.mock.calls[0]?.[0] as { id: string }).id;
  cleanup();
  const { go: again } = at(fakeBackend(), older);
  await press("Open the newest");
  expect(again).toHaveBeenCalledWith({ name: "record", id: row.id });
});

test("the proof is told in words first", async () => {
  await open(fakeBackend(), "amlodipine");
  await userEvent.click(await screen.findByText("How do I know this is unaltered?"));
  expect(screen.getByText(/signed this record on/)).toBeTruthy();
  expect(screen.getByText(/^It is entry \d+ of 31\./)).toBeTruthy();
  expect(screen.getByText(/^The list was checked as it stood on/)).toBeTruthy();
  expect(screen.getByText("Commitment")).toBeTruthy();
});

test("a record is saved, printed, shared and left", async () => {
  const backend = fakeBackend();
  const save = vi.spyOn(backend, "saveCopy");
  const print = vi.fn();
  vi.stubGlobal("print", print);
  const { go, back, row } = await open(backend, "amlodipine");
  await press("Save a copy");
  await press("Print");
  await press("Give access to this record");
  await press("Go back");
  expect(save).toHaveBeenCalledWith(row.id);
  expect(print).toHaveBeenCalledOnce();
  expect(go).toHaveBeenCalledWith({ name: "share", records: [row.id] });
  expect(back).toHaveBeenCalledOnce();
  vi.unstubAllGlobals();
});

test("a picture has words for those who do not see it", async () => {
  await open(fakeBackend(), "ECG");
  expect(await screen.findByRole("img", { name: "Picture: ECG" })).toBeTruthy();
});

test("a record that was said to be wrong shows so, with the words", async () => {
  const { go } = await open(fakeBackend(), "No known allergies");
  const said = within(await screen.findByRole("region", { name: "You said that this is wrong" }));
  expect(said.getByText("I am allergic to penicillin. The hospital wrote it down.")).toBeTruthy();
  await press("What you said is wrong");
  expect(go).toHaveBeenCalledWith({ name: "disputes" });
});

test("something wrong is said in one's own words, and the record keeps its badge beside them", async () => {
  await open(fakeBackend(), "amlodipine");
  await press("Something is wrong here");
  await userEvent.type(await screen.findByLabelText("Say it in your words"), "I take half a tablet.");
  await press("Check and sign");
  expect(await screen.findByText("Say that “Amlodipine 5 mg tablets” is wrong?")).toBeTruthy();
  await press("Say that it is wrong");
  await screen.findByLabelText("The letter");
  await press("Done");
  const said = within(await screen.findByRole("region", { name: "You said that this is wrong" }));
  expect(said.getByText("I take half a tablet.")).toBeTruthy();
  expect(screen.getByText("Verified copy")).toBeTruthy();
});

import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { bad, type Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import AccessView from "./AccessView.svelte";
import DisputesView from "./DisputesView.svelte";

const open = (backend: Backend, go = vi.fn()) => {
  show(backend, DisputesView, { go, back: vi.fn() });
  return go;
};
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

test("what was said to be wrong is listed with whom, when and in which words; the record is one press away", async () => {
  const go = open(fakeBackend());
  const said = within(await screen.findByRole("region", { name: "No known allergies" }));
  expect(said.getByText("With Tidewell Family Practice, 14 Quay Street, Saltmere")).toBeTruthy();
  expect(said.getByText("I am allergic to penicillin. The hospital wrote it down.")).toBeTruthy();
  expect(said.getByText(/^Said on/)).toBeTruthy();
  await press("Open the record No known allergies");
  expect(go).toHaveBeenCalledWith(expect.objectContaining({ name: "record" }));
});

test("the letter can be changed and saved as it was changed; nothing is signed", async () => {
  const backend = fakeBackend();
  const [save, propose] = [vi.spyOn(backend, "saveLetter"), vi.spyOn(backend, "proposeAct")];
  open(backend);
  await press(/^Write the letter/);
  const letter = await screen.findByLabelText<HTMLTextAreaElement>("The letter");
  expect(letter.value).toContain("the record “No known allergies”");
  await userEvent.type(letter, "Thank you.");
  await press("Save the letter");
  expect(save).toHaveBeenCalledWith(expect.stringMatching(/Thank you\.$/));
  expect(await screen.findByText(/^Saved:/)).toBeTruthy();
  expect(propose).not.toHaveBeenCalled();
});

test("nothing was said, and what fails can be tried again", async () => {
  open(fakeBackend({ empty: true }));
  expect(await screen.findByText("You have not said that something is wrong.")).toBeTruthy();
  const disputes = vi.fn<Backend["disputes"]>(() => Promise.resolve(bad("disk", "full")));
  open({ ...fakeBackend(), disputes });
  await press("Try again");
  expect(disputes).toHaveBeenCalledTimes(2);
});

test("an emergency look that nobody recognises is said so, signed, and there is a letter about it", async () => {
  const backend = fakeBackend();
  const propose = vi.spyOn(backend, "proposeAct");
  show(backend, AccessView, { go: vi.fn() });
  await press(/^I don't recognise this/);
  await press("Check and sign");
  expect(await screen.findByText("Please say what is wrong.")).toBeTruthy();
  expect(propose).not.toHaveBeenCalled();
  await userEvent.type(screen.getByLabelText("Say it in your words"), "I was at home that day.");
  await press("Check and sign");
  expect(propose).toHaveBeenCalledWith({
    act: "dispute",
    relationship: "mrr1sample",
    position: 14,
    statement: "I was at home that day.",
  });
  await press("Say that it is wrong");
  const letter = await screen.findByLabelText<HTMLTextAreaElement>("The letter");
  expect(letter.value).toContain("Brought in by ambulance");
  expect(letter.value).toContain("I was at home that day.");
  await press("Done");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(await screen.findByText("You said that this is wrong")).toBeTruthy();
});

test("going back from the signature keeps the words that were typed", async () => {
  const backend = fakeBackend();
  const sign = vi.spyOn(backend, "signAct");
  show(backend, AccessView, { go: vi.fn() });
  await press(/^I don't recognise this/);
  await userEvent.type(screen.getByLabelText("Say it in your words"), "Not me.");
  await press("Check and sign");
  await screen.findByText(/Nothing is erased: your words stand beside the entry/);
  await press("Go back");
  expect((await screen.findByLabelText<HTMLTextAreaElement>("Say it in your words")).value).toBe("Not me.");
  expect(sign).not.toHaveBeenCalled();
});

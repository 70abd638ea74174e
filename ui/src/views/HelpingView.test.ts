import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import HelpingView from "./HelpingView.svelte";

const open = (backend: Backend, onopen = vi.fn()) => show(backend, HelpingView, { own: "Amélia", onopen });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const card = async (name: string) => within(await screen.findByRole("region", { name }));

test("each person says what one may do there, with whom and until when", async () => {
  open(fakeBackend());
  const rosa = await card("Rosa, my mother");
  expect(rosa.getByText(/give and stop access/)).toBeTruthy();
  expect(rosa.getByText(/^Active until/)).toBeTruthy();
  expect(rosa.getByText(/you can help them get back in/)).toBeTruthy();
  expect(rosa.getAllByText(/Saltmere General Hospital.*Tidewell Family Practice/)).toHaveLength(2);
  const neighbour = await card("Mr. Okafor next door");
  expect(neighbour.getByText(/They have not let you help yet/)).toBeTruthy();
  expect(neighbour.queryByRole("button", { name: /Open their wallet/ })).toBeNull();
});

test("whoever waits for this person comes first, and opening their wallet signs nothing", async () => {
  const backend = fakeBackend();
  const propose = vi.spyOn(backend, "proposeAct");
  const onopen = vi.fn();
  open(backend, onopen);
  const [first] = await screen.findAllByRole("heading", { level: 2 });
  expect(first?.textContent).toBe("Uncle Benedek");
  await press("Look and accept: Uncle Benedek");
  expect(onopen).toHaveBeenCalledWith(2);
  expect(propose).not.toHaveBeenCalled();
});

test("an offer gives a code to hand over, and the person stands in the list", async () => {
  const backend = fakeBackend();
  const offer = vi.spyOn(backend, "offerHelp");
  open(backend);
  await press("Offer to help somebody");
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByRole<HTMLButtonElement>("button", { name: "Make the code" }).disabled).toBe(true);
  await userEvent.type(dialog.getByLabelText("Whom do you want to help?"), " Tomás ");
  expect(dialog.getByLabelText<HTMLInputElement>("Your name, as they will see it").value).toBe("Amélia");
  await userEvent.click(dialog.getByRole("button", { name: "Make the code" }));
  expect(offer).toHaveBeenCalledWith("Tomás", "Amélia");
  expect(await dialog.findByText(/Give this code to Tomás/)).toBeTruthy();
  expect(document.activeElement?.textContent).toContain("Give this code to Tomás");
  await userEvent.click(dialog.getByRole("button", { name: "Close" }));
  expect(await screen.findByRole("region", { name: "Tomás" })).toBeTruthy();
});

test("a name that is too long is named before it is sent", async () => {
  open(fakeBackend());
  await press("Offer to help somebody");
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(dialog.getByLabelText("Whom do you want to help?"));
  await userEvent.paste("é".repeat(41));
  expect(dialog.getByText(/This is too long/)).toBeTruthy();
  expect(dialog.getByRole<HTMLButtonElement>("button", { name: "Make the code" }).disabled).toBe(true);
});

test("a code is shown again, and a name is changed", async () => {
  open(fakeBackend());
  await press("Show the code again: Mr. Okafor next door");
  expect(await screen.findByText(/Give this code to Mr. Okafor next door/)).toBeTruthy();
  await press("Close");
  await press("Change the name: Mr. Okafor next door");
  const name = await screen.findByLabelText("What do you call this person?", { selector: "input" });
  await userEvent.clear(name);
  await userEvent.type(name, "Emeka");
  await press("Keep this name");
  expect(await screen.findByRole("region", { name: "Emeka" })).toBeTruthy();
});

test("when the ledger does not answer, what is known stays and says so", async () => {
  open(fakeBackend({ offline: true }));
  expect(await screen.findByText("What is new could not be asked.")).toBeTruthy();
  expect(await screen.findByRole("region", { name: "Rosa, my mother" })).toBeTruthy();
});

test("nobody is helped yet", async () => {
  const backend = fakeBackend({ empty: true });
  const check = vi.spyOn(backend, "checkPeopleIHelp");
  open(backend);
  expect(await screen.findByText("You help nobody yet")).toBeTruthy();
  expect(check).not.toHaveBeenCalled();
  await press("Offer to help somebody");
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.type(dialog.getByLabelText("Whom do you want to help?"), "Rosa");
  await userEvent.click(dialog.getByRole("button", { name: "Make the code" }));
  expect(await dialog.findByText(/No network was joined/)).toBeTruthy();
});

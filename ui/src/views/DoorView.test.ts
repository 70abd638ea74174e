import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Backend } from "../backend";
import { good } from "../backend";
import { FAKE_PASSPHRASE, FAKE_WORDS, fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import DoorView from "./DoorView.svelte";

const open = (backend: Backend) => show(backend, DoorView, {});
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const heading = (name: string) => screen.findByRole("heading", { level: 1, name });

/** As far as the page of the passphrase. */
async function toPassphrase() {
  await press("Continue");
  await press("I am new");
  await userEvent.type(await screen.findByLabelText("Your name"), "Zoë{Enter}");
  await heading("Choose a passphrase");
}

test("a wrong passphrase is told with what to do, and the field keeps the focus", async () => {
  const backend = fakeBackend();
  open(backend);
  await userEvent.click(await screen.findByLabelText("Ελένη Σταθοπούλου"));
  const field = screen.getByLabelText<HTMLInputElement>("Passphrase");
  await userEvent.type(field, "something else{Enter}");
  const error = await screen.findByText(/does not open the wallet\. Try again/);
  expect(field.getAttribute("aria-describedby")).toBe(error.closest("[id]")?.id);
  expect(document.activeElement).toBe(field);
  expect(field.value).toBe("something else");
  await userEvent.clear(field);
  await userEvent.type(field, `${FAKE_PASSPHRASE}{Enter}`);
  expect(await screen.findByText("Your wallet is opening…")).toBeTruthy();
});

test("the only person need not be chosen; the field waits for the passphrase", async () => {
  const backend = fakeBackend();
  vi.spyOn(backend, "people").mockResolvedValue(good([{ id: "a1", label: "Amália Rocha", problem: null }]));
  const unlock = vi.spyOn(backend, "unlock");
  open(backend);
  expect(await screen.findByText("Amália Rocha")).toBeTruthy();
  expect(screen.queryByRole("radio")).toBeNull();
  expect(document.activeElement).toBe(screen.getByLabelText("Passphrase"));
  await userEvent.keyboard("hers{Enter}");
  expect(unlock).toHaveBeenCalledWith("a1", "hers");
});

test("a passphrase can be shown and pasted", async () => {
  open(fakeBackend());
  const field = await screen.findByLabelText<HTMLInputElement>("Passphrase");
  expect(field.type).toBe("password");
  await press(/^Show/);
  expect(field.type).toBe("text");
  field.focus();
  await userEvent.paste("from the paper");
  expect(field.value).toBe("from the paper");
});

test("nobody chosen is said at the names, which get the focus", async () => {
  open(fakeBackend());
  await press("Unlock");
  expect(screen.getByText("Choose your name first.")).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText("Amélia Ferreira-Novák"));
});

test("a wallet that cannot be opened is listed with its reason, and is no choice", async () => {
  const backend = fakeBackend();
  const problem = "The file ends too early.";
  vi.spyOn(backend, "people").mockResolvedValue(good([{ id: "a1", label: "Amália Rocha", problem }]));
  open(backend);
  expect(await screen.findByText(problem)).toBeTruthy();
  expect(screen.queryByLabelText("Passphrase")).toBeNull();
  await press("Someone else, or a new wallet");
  await heading("How do you want to start?");
});

test("language and size of text are in reach at the top of every page", async () => {
  const backend = fakeBackend();
  const changed = vi.spyOn(backend, "changeSettings");
  open(backend);
  const top = within(await screen.findByRole("group", { name: "Language and text size" }));
  await userEvent.selectOptions(top.getByLabelText("Text size"), "Very large");
  expect(changed).toHaveBeenLastCalledWith(expect.objectContaining({ text_size: "largest", language: "en" }));
  await userEvent.selectOptions(top.getByLabelText("Language"), "Español");
  expect(changed).toHaveBeenLastCalledWith(expect.objectContaining({ text_size: "largest", language: "es" }));
});

test("a new wallet: each page begins at its heading, and the offered words are enough", async () => {
  const backend = fakeBackend({ empty: true });
  const create = vi.spyOn(backend, "createWallet");
  open(backend);
  await heading("Welcome");
  await toPassphrase();
  expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1 }));
  expect(screen.queryByRole("button", { name: "Continue" })).toBeNull();
  await press("Use this one");
  expect(screen.getByText(FAKE_PASSPHRASE)).toBeTruthy();
  expect(document.activeElement?.textContent).toContain(FAKE_PASSPHRASE);
  await press("Continue");
  await heading("Ready to make your wallet");
  expect(create).not.toHaveBeenCalled();
  await press("Make my wallet");
  expect(create).toHaveBeenCalledWith("Zoë", FAKE_PASSPHRASE);
  expect(await screen.findByText("Your wallet is opening…")).toBeTruthy();
});

test("a passphrase that is guessed at once is refused, with the reason", async () => {
  const backend = fakeBackend({ empty: true });
  vi.spyOn(backend, "passphraseStrength").mockResolvedValue(good("very_weak"));
  open(backend);
  await toPassphrase();
  await press("I want to make up my own");
  const field = screen.getByLabelText("Your own passphrase");
  expect(document.activeElement).toBe(field);
  await userEvent.type(field, "password");
  await userEvent.type(screen.getByLabelText("The same once more"), "password{Enter}");
  expect(await screen.findByText(/This can be guessed at once\./)).toBeTruthy();
  expect(document.activeElement).toBe(field);
  await heading("Choose a passphrase");
});

test("whoever shows their own passphrase need not type it twice", async () => {
  open(fakeBackend({ empty: true }));
  await toPassphrase();
  await press("I want to make up my own");
  await press(/^Show\s*Your own passphrase/);
  expect(screen.queryByLabelText("The same once more")).toBeNull();
  await userEvent.type(screen.getByLabelText("Your own passphrase"), "correct horse battery staple");
  await press("Continue");
  await heading("Ready to make your wallet");
});

test("an unknown word is named by its number when the field is left", async () => {
  const backend = fakeBackend({ empty: true });
  const restore = vi.spyOn(backend, "restoreWallet");
  open(backend);
  await press("Continue");
  await press("I have my 24 words");
  await userEvent.type(await screen.findByLabelText("Your name"), "Zoë{Enter}");
  const field = await screen.findByLabelText<HTMLTextAreaElement>("Your 24 words");
  field.focus();
  await userEvent.paste(FAKE_WORDS.with(6, "xyzzy").with(1, "abilty").join(" "));
  expect(screen.getByText("24 of 24 words")).toBeTruthy();
  await userEvent.tab();
  expect(await screen.findByText(/number 2 \(“abilty”, perhaps “ability”\) and number 7 \(“xyzzy”\)/)).toBeTruthy();
  await press("Continue");
  expect(document.activeElement).toBe(field);
  await userEvent.clear(field);
  await userEvent.paste(FAKE_WORDS.join(" "));
  await press("Continue");
  await press("Use this one");
  await press("Bring my wallet back");
  expect(restore).toHaveBeenCalledWith("Zoë", FAKE_PASSPHRASE, FAKE_WORDS.join(" "));
});

test("looking around opens the window of invented people", async () => {
  const backend = fakeBackend({ empty: true });
  const look = vi.spyOn(backend, "lookAround");
  open(backend);
  await press("Continue");
  await press("Look around first");
  expect(look).toHaveBeenCalledOnce();
});

test("a history that somebody gave is checked without a wallet, and the way back leads where one was", async () => {
  open(fakeBackend({ window: "door" }));
  await userEvent.click(await screen.findByLabelText("Amélia Ferreira-Novák"));
  await press("Check a history that somebody gave me");
  await heading("Check a history that somebody gave me");
  await press("Choose the file");
  expect(await screen.findByText("Not proved: anybody can make up such a file.")).toBeTruthy();
  await press("Go back");
  expect((await screen.findByLabelText<HTMLInputElement>("Amélia Ferreira-Novák")).checked).toBe(true);
});

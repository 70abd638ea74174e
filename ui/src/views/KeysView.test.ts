import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { good, type Backend, type DelegateView } from "../backend";
import { FAKE_PASSPHRASE, fakeBackend } from "../backend/fake";
import { PRACTICE } from "../backend/fake/town";
import { show } from "../domain/testing/show";
import KeysView from "./KeysView.svelte";

const open = (backend: Backend) => show(backend, KeysView, { back: vi.fn() });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const dialog = async () => within(await screen.findByRole("dialog"));

test("after a lost computer the keys are changed", async () => {
  open(fakeBackend());
  await press("Change the keys");
  const question = await dialog();
  expect(await question.findByText(/old copies of the keys open nothing new/)).toBeTruthy();
  await userEvent.click(question.getByRole("button", { name: "Change the keys" }));
  expect(await screen.findByText("The keys are changed. A lost computer sees nothing new.")).toBeTruthy();
});

test("new words are asked for with the passphrase, then the accounts move", async () => {
  const backend = fakeBackend();
  const begin = vi.spyOn(backend, "beginNewWords");
  open(backend);
  await press("Get new words");
  const field = screen.getByLabelText<HTMLInputElement>("Your passphrase");
  expect(document.activeElement).toBe(field);
  await userEvent.type(field, `${FAKE_PASSPHRASE}{Enter}`);
  expect(begin).toHaveBeenCalledWith(FAKE_PASSPHRASE);
  expect(await screen.findByText(/shown in a window of their own/)).toBeTruthy();
  await press("Continue: move my accounts");
  const question = await dialog();
  expect(await question.findByText(/the old ones open nothing/)).toBeTruthy();
  await userEvent.click(question.getByRole("button", { name: "Move my accounts" }));
  expect(await screen.findByText(/You can destroy the old ones/)).toBeTruthy();
  await vi.waitFor(() => expect(screen.queryByRole("button", { name: "Continue: move my accounts" })).toBeNull());
});

test("a wrong passphrase is told and forgotten", async () => {
  open(fakeBackend());
  await press("Get new words");
  await userEvent.type(screen.getByLabelText("Your passphrase"), "wrong{Enter}");
  expect(await screen.findByText(/passphrase/i, { selector: ".title" })).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("Your passphrase").value).toBe("");
  expect(screen.queryByRole("button", { name: "Continue: move my accounts" })).toBeNull();
});

test("who has lost everything gets a code for the guardians", async () => {
  const backend = fakeBackend();
  const ask = vi.spyOn(backend, "askForRecovery");
  open(backend);
  await userEvent.type(await screen.findByLabelText(/as your guardians know it/), "Amélia");
  await press("Make the code");
  expect(ask).toHaveBeenCalledWith("Amélia");
  expect(await screen.findByRole("group", { name: "Code for your guardians" })).toBeTruthy();
});

test("a sign of life is offered only where somebody waits for a silence", async () => {
  const delegate: DelegateView = {
    appointment: "a",
    name: "Clara",
    relation: "",
    right: "see",
    until: 2_000_000_000,
    state: "standby",
    begins_at: null,
    providers: [PRACTICE],
    appointed_at: 1,
    begins: "after_silence",
    days: 60,
  };
  open({ ...fakeBackend(), delegates: () => Promise.resolve(good([{ ...delegate, state: "over" }])) });
  await screen.findByRole("button", { name: "Change the keys" });
  expect(screen.queryByRole("region", { name: "Show that you are there" })).toBeNull();
  open({ ...fakeBackend(), delegates: () => Promise.resolve(good([delegate])) });
  await press("Show that you are there");
  await userEvent.click(await (await dialog()).findByRole("button", { name: "I am there" }));
  expect(await screen.findByText("Noted. The wait begins anew.")).toBeTruthy();
});

import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { good } from "../backend";
import { FAKE_PASSPHRASE, fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import SettingsView from "./SettingsView.svelte";

test("a theme is one press away and says that it holds", async () => {
  const backend = fakeBackend();
  show(backend, SettingsView, { go: vi.fn() });
  const dark = await screen.findByRole("button", { name: "Dark" });
  await userEvent.click(dark);
  expect(dark.getAttribute("aria-pressed")).toBe("true");
  expect(await backend.settings()).toMatchObject({ value: { theme: "dark" } });
});

test("the minutes until locking stand in a list, with the ones that hold chosen", async () => {
  const backend = fakeBackend();
  show(backend, SettingsView, { go: vi.fn() });
  const minutes: HTMLSelectElement = await screen.findByLabelText(/it locks after/);
  expect([...minutes.options].map((option) => option.textContent)).toEqual([
    "1 minute",
    "5 minutes",
    "10 minutes",
    "30 minutes",
    "60 minutes",
  ]);
  expect(minutes.selectedIndex).toBe(2);
});

test("a new passphrase is typed, and that it holds is announced", async () => {
  show(fakeBackend(), SettingsView, { go: vi.fn() });
  await userEvent.click(await screen.findByRole("button", { name: "Change passphrase" }));
  const form = within(screen.getByRole("form", { name: "Change passphrase" }));
  const old = form.getByLabelText("Passphrase until now");
  await waitFor(() => expect(document.activeElement).toBe(old));
  await userEvent.type(old, FAKE_PASSPHRASE);
  await userEvent.type(form.getByLabelText("New passphrase"), "violet harbour button seven lamp");
  await userEvent.type(form.getByLabelText("New passphrase once more"), "violet harbour button seven lamp");
  await userEvent.click(form.getByRole("button", { name: "Save new passphrase" }));
  expect((await screen.findByText("Your new passphrase holds from now on.")).closest("[aria-live]")).not.toBeNull();
});

test("entries that cannot be read are told of, with their provider and why", async () => {
  const found = await fakeBackend().providers("tidewell");
  if (!found.ok || !found.value[0]) throw new Error("the practice is missing");
  const entry = { relationship: "mrr1q", position: 7, action: null, at: null, reason: "closed" as const };
  const provider = found.value[0];
  show({ ...fakeBackend(), unreadable: () => Promise.resolve(good([{ ...entry, provider }])) }, SettingsView, {
    go: vi.fn(),
  });
  const opener = await screen.findByText("Show 1 entry");
  await userEvent.click(opener);
  const inside = within(screen.getByRole("region", { name: "What cannot be read" }));
  expect(inside.getByText(/Tidewell Family Practice, 14 Quay Street/)).toBeTruthy();
  expect(inside.getByText("It was not sealed for this wallet.")).toBeTruthy();
});

test("the words of the ledger are folded", async () => {
  show(fakeBackend(), SettingsView, { go: vi.fn() });
  const hash = await screen.findByText("Genesis hash");
  expect(hash.closest("details")?.open).toBe(false);
});

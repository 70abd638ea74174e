import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import ProvidersView from "./ProvidersView.svelte";

const open = (backend: Backend, go = vi.fn()) => {
  show(backend, ProvidersView, { go });
  return go;
};
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const focusOn = (element: Element) => vi.waitFor(() => expect(document.activeElement).toBe(element));
const card = async (name: string) => within(await screen.findByRole("region", { name }));

test("a person without a network joins one, then adds a provider", async () => {
  open(fakeBackend({ empty: true }));
  await press("Choose the file");
  expect(await screen.findByRole("heading", { name: "This is the network saltmere-1." })).toBeTruthy();
  await focusOn(screen.getByRole("group", { name: "Join a network" }));
  await press("Join");
  expect(await screen.findByLabelText("Enrolment code")).toBeTruthy();
  await focusOn(screen.getByRole("heading", { level: 1 }));
});

test("a provider is named with its place before the person says yes", async () => {
  const go = open(fakeBackend());
  await userEvent.type(await screen.findByLabelText("Enrolment code"), "mrenrol1qqqqqqqqqq");
  await press("Look whose code this is");
  const add = await card("Add a provider");
  expect(await add.findByText("77 Harbour Way, Northport")).toBeTruthy();
  await press("Yes, enrol");
  expect(
    await add.findByText("You are enrolled with Saltmere General Hospital, 77 Harbour Way, Northport"),
  ).toBeTruthy();
  await vi.waitFor(async () =>
    expect((await card("Your providers")).getAllByText("Saltmere General Hospital")).toHaveLength(2),
  );
  await press("See my records");
  expect(go).toHaveBeenCalledWith({ name: "records" });
});

test("searching the directory leaves one's own providers where they are", async () => {
  open(fakeBackend());
  const others = await card("Others in the directory");
  await others.findByText("77 Harbour Way, Northport");
  await userEvent.type(others.getByLabelText("Search by name or place"), "zzz");
  expect(await others.findByText("Nobody of this name or place. Try other words.")).toBeTruthy();
  expect((await card("Your providers")).getByText("Lantern Pharmacy")).toBeTruthy();
});

test("a code that is none says so and can be corrected", async () => {
  open(fakeBackend());
  const field = await screen.findByLabelText("Enrolment code");
  await userEvent.type(field, "nonsense");
  await press("Look whose code this is");
  expect(await screen.findByText("This cannot be used as it is.")).toBeTruthy();
  expect(screen.getByLabelText<HTMLTextAreaElement>("Enrolment code").value).toBe("nonsense");
});

test("an account is closed only after honest words and a signature", async () => {
  const backend = fakeBackend();
  const sign = vi.spyOn(backend, "signAct");
  open(backend);
  await press(/^Close this account: Lantern Pharmacy/);
  const first = within(await screen.findByRole("dialog"));
  expect(first.getByText(/^This cannot be undone/)).toBeTruthy();
  await userEvent.click(first.getByRole("button", { name: "Read what you would sign" }));
  expect(await screen.findByText(/can add no more records for you here/)).toBeTruthy();
  expect(sign).not.toHaveBeenCalled();
  await press("Close it for good");
  expect(await screen.findByText(/^The account with Lantern Pharmacy, .* is closed\.$/)).toBeTruthy();
});

test("going back closes nothing", async () => {
  const backend = fakeBackend();
  const propose = vi.spyOn(backend, "proposeAct");
  open(backend);
  await press(/^Close this account: Lantern Pharmacy/);
  await press("Go back");
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(propose).not.toHaveBeenCalled();
});

test("an account that was closed says so, and cannot be closed once more", async () => {
  open(fakeBackend());
  await press(/^Close this account: Lantern Pharmacy/);
  await press("Read what you would sign");
  await press("Close it for good");
  const mine = await card("Your providers");
  expect(await mine.findByText(/Closed on /)).toBeTruthy();
  expect(mine.queryByRole("button", { name: /^Close this account: Lantern/ })).toBeNull();
});

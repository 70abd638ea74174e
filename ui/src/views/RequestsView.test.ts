import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Backend } from "../backend";
import { good } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import RequestsView from "./RequestsView.svelte";

const open = (backend: Backend, go = vi.fn()) => show(backend, RequestsView, { go });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

test("a request says who asks, for what, in whose words and until when it can be answered", async () => {
  open(fakeBackend());
  const card = within(await screen.findByRole("region", { name: "Abbey Gardens Specialist Clinic" }));
  expect(card.getByText("3 Abbey Gardens, Market Aldwick")).toBeTruthy();
  expect(card.getByText(/asks to see your medicines, allergies, problems/)).toBeTruthy();
  expect(card.getByText(/prepare your first appointment/).tagName).toBe("BLOCKQUOTE");
  expect(card.getByText("Dr. Rhys Mostyn")).toBeTruthy();
  expect(card.getByText(/asked 5 hours ago · answer until/)).toBeTruthy();
});

test("allowing leads to the page where it is read and signed, and signs nothing here", async () => {
  const backend = fakeBackend();
  const [propose, sign] = [vi.spyOn(backend, "proposeAnswer"), vi.spyOn(backend, "signProposal")];
  const go = vi.fn();
  open(backend, go);
  await press("Look and allow");
  expect(go).toHaveBeenCalledWith({ name: "share", request: expect.any(String) as string });
  expect(propose).not.toHaveBeenCalled();
  expect(sign).not.toHaveBeenCalled();
});

test("allowing less sends less", async () => {
  const go = vi.fn();
  open(fakeBackend(), go);
  await press("Allow less");
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(dialog.getByLabelText("Test results"));
  const days = dialog.getByLabelText("For how many days?");
  await userEvent.clear(days);
  await userEvent.type(days, "120");
  expect(dialog.getByRole<HTMLButtonElement>("button", { name: "Check and sign" }).disabled).toBe(true);
  expect(dialog.getByText("Write a number from 1 to 90.")).toBeTruthy();
  await userEvent.clear(days);
  await userEvent.type(days, "14");
  await userEvent.click(dialog.getByRole("button", { name: "Check and sign" }));
  expect(go).toHaveBeenCalledWith({
    name: "share",
    request: expect.any(String) as string,
    less: { kinds: ["medication", "allergy", "problem"], days: 14, without_future: false },
  });
});

test("declining asks once more, takes a note, and says what became of it", async () => {
  const backend = fakeBackend();
  const decline = vi.spyOn(backend, "decline");
  open(backend);
  await press("Decline");
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.type(dialog.getByLabelText("A word to them"), "Please call me.");
  expect(decline).not.toHaveBeenCalled();
  await userEvent.click(dialog.getByRole("button", { name: "Decline" }));
  expect(decline).toHaveBeenCalledWith(expect.any(String), "Please call me.");
  const answer = await screen.findByRole("group", { name: "Your answer" });
  expect(answer.textContent).toContain("Declined. They are told.");
  expect(document.activeElement).toBe(answer);
  expect(await screen.findByText("1 answered before")).toBeTruthy();
});

test("a note that is too long is named before it is sent", async () => {
  open(fakeBackend());
  await press("Decline");
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(dialog.getByLabelText("A word to them"));
  await userEvent.paste("é".repeat(70));
  expect(dialog.getByText(/This is too long/)).toBeTruthy();
  expect(dialog.getByRole<HTMLButtonElement>("button", { name: "Decline" }).disabled).toBe(true);
});

test("an answer that waits is not told as told", async () => {
  const backend = fakeBackend({ offline: true });
  open({ ...backend, decline: () => Promise.resolve(good("waiting" as const)) });
  await press("Decline");
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Decline" }));
  expect(await screen.findByText(/as soon as the ledger answers/)).toBeTruthy();
});

test("nobody asks", async () => {
  open(fakeBackend({ empty: true }));
  expect(await screen.findByText("Nobody is asking")).toBeTruthy();
});

import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { bad, good, type Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import SharingView from "./SharingView.svelte";

const open = (backend: Backend, go = vi.fn()) => show(backend, SharingView, { go });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

test("a card says who, where, what, until when and how often", async () => {
  open(fakeBackend());
  const card = within(await screen.findByRole("region", { name: "Lantern Pharmacy" }));
  expect(card.getByText("9 Fish Market, Saltmere")).toBeTruthy();
  expect(card.getByText(/^Can see your medicines and allergies until/)).toBeTruthy();
  expect(card.getByText(/^Looked once/)).toBeTruthy();
});

test("stopping tells first what it cannot take back, and stops nothing before the second press", async () => {
  const backend = fakeBackend();
  const stop = vi.spyOn(backend, "stop");
  open(backend);
  await press("Stop access for Tidewell Family Practice, 14 Quay Street, Saltmere");
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/^Copies that they took stay with them: 9, last on/)).toBeTruthy();
  expect(document.activeElement).toBe(dialog.getByRole("heading"));
  await userEvent.keyboard("{Enter}");
  expect(stop).not.toHaveBeenCalled();
  await userEvent.click(dialog.getByRole("button", { name: "Stop access" }));
  const outcome = await screen.findByRole("group", { name: "What became of it" });
  expect(within(outcome).getByText(/cannot fetch more/)).toBeTruthy();
  expect(within(outcome).getByText(/already taken stay where they are: 9/)).toBeTruthy();
  expect(document.activeElement).toBe(outcome);
});

test("going back stops nothing", async () => {
  const backend = fakeBackend();
  const stop = vi.spyOn(backend, "stop");
  open(backend);
  await press(/^Stop access for Lantern/);
  await press("Go back");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(stop).not.toHaveBeenCalled();
});

test("everything can be stopped at once", async () => {
  const backend = fakeBackend();
  const stop = vi.spyOn(backend, "stop");
  open(backend);
  await press("Stop all");
  expect((await screen.findByRole("dialog")).textContent).toContain("stay with them: 12");
  await press("Stop access");
  expect(stop).toHaveBeenCalledWith("everything");
  expect(await screen.findByText("Nobody can see your records")).toBeTruthy();
});

test("a refused stop is no success", async () => {
  const backend = fakeBackend();
  const inner = backend.stop.bind(backend);
  backend.stop = async (target) => {
    const answer = await inner(target);
    if (!answer.ok) return answer;
    return good({
      ...answer.value,
      grants: answer.value.grants.map((grant) => ({ ...grant, progress: "refused" as const, reason: "no such grant" })),
      sentences: [],
    });
  };
  open(backend);
  await press(/^Stop access for Lantern/);
  await press("Stop access");
  expect((await screen.findByText(/They may still have access/)).closest("[role=alert]")).not.toBeNull();
  expect(screen.getByText(/no such grant/).closest("details")?.open).toBe(false);
});

test("what goes wrong is told in the question, which stays", async () => {
  open({ ...fakeBackend(), stop: () => Promise.resolve(bad("disk", "full")) });
  await press(/^Stop access for Lantern/);
  await press("Stop access");
  expect(within(await screen.findByRole("dialog")).getByText(/disk is full/)).toBeTruthy();
});

test("nobody can see anything", async () => {
  open(fakeBackend({ empty: true }));
  expect(await screen.findByText("Nobody can see your records")).toBeTruthy();
});

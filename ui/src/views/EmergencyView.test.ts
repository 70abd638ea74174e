import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { bad, good, type Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import { CLINIC, PRACTICE } from "../backend/fake/town";
import { show } from "../domain/testing/show";
import EmergencyView from "./EmergencyView.svelte";

const open = (backend: Backend) => show(backend, EmergencyView, {});
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const card = async (name: string) => within(await screen.findByRole("region", { name }));

test("it says what it is, how it is now, and for whom", async () => {
  open(fakeBackend());
  expect(await screen.findByText(/72 hours at the latest/)).toBeTruthy();
  const now = await card("How it is now");
  expect(now.getByText("In an emergency they may see: medicines, allergies and problems.")).toBeTruthy();
  expect(now.getByText("Lantern Pharmacy, 9 Fish Market, Saltmere")).toBeTruthy();
});

test("allowing nothing is read, signed and told; the card goes away with it", async () => {
  const backend = fakeBackend();
  const sign = vi.spyOn(backend, "signAct");
  open(backend);
  expect(await screen.findByText(/opens nothing by itself/)).toBeTruthy();
  await userEvent.click(await screen.findByLabelText("Nothing"));
  await press("Check and sign");
  const dialog = within(await screen.findByRole("dialog"));
  expect(await dialog.findByText(/^In an emergency nobody can see your records with/)).toBeTruthy();
  await userEvent.keyboard("{Enter}");
  expect(sign).not.toHaveBeenCalled();
  await userEvent.click(dialog.getByRole("button", { name: "Allow nothing" }));
  const outcome = await screen.findByRole("group", { name: "What became of it" });
  expect(document.activeElement).toBe(outcome);
  expect(await screen.findByText("Nobody may look in an emergency.")).toBeTruthy();
  expect(screen.queryByText("Your emergency card")).toBeNull();
});

test("what holds already is not signed again, and no kind at all is no choice", async () => {
  const backend = fakeBackend();
  const propose = vi.spyOn(backend, "proposeAct");
  open(backend);
  expect((await screen.findByRole<HTMLButtonElement>("button", { name: "Check and sign" })).disabled).toBe(true);
  await userEvent.click(screen.getByLabelText("Kinds that I choose"));
  await press("Check and sign");
  expect(await screen.findByText("Choose at least one kind.")).toBeTruthy();
  expect(propose).not.toHaveBeenCalled();
  await userEvent.click(screen.getByLabelText("Allergies"));
  await press("Check and sign");
  expect(propose).toHaveBeenCalledWith({ act: "set_emergency", allowed: true, kinds: ["allergy"] });
});

test("providers that differ are shown apart", async () => {
  const emergency: Backend["emergency"] = () =>
    Promise.resolve(
      good([
        { provider: CLINIC, allowed: true, kinds: [] },
        { provider: PRACTICE, allowed: false, kinds: [] },
      ]),
    );
  open({ ...fakeBackend(), emergency });
  const now = await card("How it is now");
  expect(now.getByText("It is not the same everywhere.")).toBeTruthy();
  expect(now.getByText("In an emergency they may see everything.")).toBeTruthy();
  expect(now.getByText("Nobody may look in an emergency.")).toBeTruthy();
});

test("the card is printed with the name and the doctor's sentence, and nothing of health", async () => {
  const print = vi.fn();
  vi.stubGlobal("print", print);
  open(fakeBackend());
  await userEvent.type(await screen.findByLabelText("Name on the card"), " (Ama)");
  await press("Print the card");
  expect(print).toHaveBeenCalledOnce();
  const sheet = document.querySelector(".print-sheet");
  expect(sheet?.parentElement).toBe(document.body);
  expect(sheet?.textContent).toContain("Amélia Ferreira-Novák (Ama)");
  expect(sheet?.textContent).toContain("It is no key.");
  vi.unstubAllGlobals();
});

test("without a provider there is nothing to choose; what fails can be tried again", async () => {
  open(fakeBackend({ empty: true }));
  expect(await screen.findByText("You have no provider yet.")).toBeTruthy();
  const emergency = vi.fn<Backend["emergency"]>(() => Promise.resolve(bad("disk", "full")));
  open({ ...fakeBackend(), emergency });
  await press("Try again");
  expect(emergency).toHaveBeenCalledTimes(2);
});

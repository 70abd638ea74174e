import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import HandsView from "./HandsView.svelte";

const open = (backend: Backend) => show(backend, HandsView, { back: vi.fn() });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const YEAR = String(new Date().getFullYear() + 2);

test("the parent asks, the child answers", async () => {
  const backend = fakeBackend();
  const answer = vi.spyOn(backend, "answerHandover");
  open(backend);
  await press("Make the code");
  expect(await screen.findByRole("group", { name: "Code for the child" })).toBeTruthy();
  await press("Make the answer");
  expect(await screen.findByText("Please paste the code first.")).toBeTruthy();
  expect(answer).not.toHaveBeenCalled();
  await userEvent.type(screen.getByLabelText("The parent's code"), "mrhand1qqqqqqqqqq");
  await press("Make the answer");
  expect(await screen.findByRole("group", { name: "Answer for the parent" })).toBeTruthy();
});

test("a promise has a day, is read with it and signed", async () => {
  const backend = fakeBackend();
  const propose = vi.spyOn(backend, "proposeAct");
  open(backend);
  await userEvent.type(await screen.findByLabelText("The child's answer"), "mrtake1qqqqqqqqqq");
  await press("Check and sign");
  expect(await screen.findByText("Please choose a day, a month and a year.")).toBeTruthy();
  await userEvent.selectOptions(screen.getByLabelText("Day"), "4");
  await userEvent.selectOptions(screen.getByLabelText("Month"), "May");
  await userEvent.selectOptions(screen.getByLabelText("Year"), YEAR);
  await press("Check and sign");
  expect(propose).toHaveBeenCalledWith({
    act: "promise_handover",
    offer: "mrtake1qqqqqqqqqq",
    due: Date.UTC(Number(YEAR), 4, 4) / 1000,
  });
  const question = within(await screen.findByRole("dialog"));
  expect(await question.findByText(/You cannot put it off or take the promise back/)).toBeTruthy();
  await userEvent.click(question.getByRole("button", { name: "Promise it" }));
  expect(await screen.findByText(`Promised. The accounts change hands on 4 May ${YEAR}.`)).toBeTruthy();
});

test("a code that is none is refused in the question, and nothing is signed", async () => {
  open(fakeBackend());
  await userEvent.type(await screen.findByLabelText("The child's answer"), "nonsense");
  await userEvent.selectOptions(screen.getByLabelText("Day"), "4");
  await userEvent.selectOptions(screen.getByLabelText("Month"), "May");
  await userEvent.selectOptions(screen.getByLabelText("Year"), YEAR);
  await press("Check and sign");
  const question = within(await screen.findByRole("dialog"));
  expect(await question.findByText("This cannot be used as it is.")).toBeTruthy();
  expect(question.queryByRole("button", { name: "Promise it" })).toBeNull();
});

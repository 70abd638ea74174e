import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { bad, type Backend } from "../backend";
import { FAKE_WORDS, fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import WordsView from "./WordsView.svelte";

const open = (backend: Backend) => show(backend, WordsView, {});
const press = async (name: string) => userEvent.click(await screen.findByRole("button", { name }));
const heading = (name: string) => screen.findByRole("heading", { level: 1, name });

async function answer(word: (position: number) => string) {
  for (const group of await screen.findAllByRole("group")) {
    const asked = Number(/\d+/.exec(group.textContent)?.[0]);
    await userEvent.click(within(group).getByLabelText(word(asked)));
  }
  await press("Check my answers");
}

test("the words stand in order, numbered, and cannot be copied by a button", async () => {
  open(fakeBackend());
  await heading("Your 24 recovery words");
  const items = within(screen.getByRole("list", { name: "The 24 words" })).getAllByRole("listitem");
  expect(items.map((item) => item.textContent.trim())).toEqual(FAKE_WORDS.map((word, at) => `${at + 1}${word}`));
  expect(screen.getAllByRole("button").map((button) => button.textContent.trim())).toEqual([
    "I have written them down",
    "Check later",
  ]);
});

test("the words disappear before questions come; right answers lead to the wallet", async () => {
  const backend = fakeBackend();
  const done = vi.spyOn(backend, "wordsDone");
  open(backend);
  await press("I have written them down");
  await heading("Check your paper");
  expect(screen.queryByText("abandon")).toBeNull();
  await answer((position) => FAKE_WORDS[position - 1] ?? "");
  await heading("Done. Your paper is right.");
  expect(done).not.toHaveBeenCalled();
  await press("Go to my wallet");
  expect(done).toHaveBeenCalledOnce();
});

test("a wrong answer leads kindly back to the words", async () => {
  open(fakeBackend());
  await press("I have written them down");
  await answer(() => "zebra");
  expect((await screen.findByText("Not every answer was right")).closest("[role=status]")).toBeTruthy();
  expect(screen.getByText("abandon")).toBeTruthy();
});

test("a question without an answer is pointed out and gets the focus", async () => {
  open(fakeBackend());
  await press("I have written them down");
  const [first, second] = await screen.findAllByRole("group");
  if (!first || !second) throw new Error("questions are missing");
  await userEvent.click(within(first).getByLabelText("wolf"));
  await press("Check my answers");
  expect(screen.getAllByText("Choose one of the four words.")).toHaveLength(2);
  expect(document.activeElement).toBe(within(second).getAllByRole("radio")[0]);
});

test("checking later is possible, once its meaning was read", async () => {
  const backend = fakeBackend();
  const done = vi.spyOn(backend, "wordsDone");
  open(backend);
  await press("Check later");
  await heading("Check your paper later?");
  expect(screen.getByText(/a word is wrong, your wallet cannot come back/)).toBeTruthy();
  expect(done).not.toHaveBeenCalled();
  await press("Go to my wallet");
  expect(done).toHaveBeenCalledOnce();
});

test("a wallet that was locked meanwhile says so calmly", async () => {
  const backend = fakeBackend();
  vi.spyOn(backend, "wordsShown").mockResolvedValue(bad("locked", "no wallet is open"));
  open(backend);
  await heading("The wallet is locked");
  expect(screen.queryByRole("alert")).toBeNull();
});

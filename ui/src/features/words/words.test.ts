import { expect, test, vi } from "vitest";
import { bad } from "../../backend";
import { FAKE_WORDS, fakeBackend } from "../../backend/fake";
import { Words } from "./words.svelte.ts";

async function asking(backend = fakeBackend()) {
  const words = new Words(backend);
  await words.show();
  await words.written();
  if (words.now.at !== "asking") throw new Error("no questions");
  return { words, questions: words.now.questions };
}

test("the words are shown, hidden before questions come, and right answers end it", async () => {
  const backend = fakeBackend();
  const done = vi.spyOn(backend, "wordsDone");
  const words = new Words(backend);
  await words.show();
  expect(words.now).toEqual({ at: "shown", words: FAKE_WORDS, missed: false });
  await words.written();
  if (words.now.at !== "asking") throw new Error("no questions");
  expect(JSON.stringify(words.now)).not.toContain(FAKE_WORDS[0]);
  words.answers = words.now.questions.map(({ position }) => FAKE_WORDS[position - 1]);
  await words.check();
  expect(words.now).toEqual({ at: "right" });
  expect(done).not.toHaveBeenCalled();
  await words.done();
  expect(done).toHaveBeenCalledOnce();
  expect(words.now).toEqual({ at: "leaving" });
});

test("a question without an answer is pointed out, and nothing is sent", async () => {
  const backend = fakeBackend();
  const sent = vi.spyOn(backend, "answerWords");
  const { words } = await asking(backend);
  words.answers[0] = "zebra";
  await words.check();
  expect([words.incomplete, words.missing, words.now.at]).toEqual([true, 2, "asking"]);
  expect(sent).not.toHaveBeenCalled();
});

test("a wrong answer leads back to the words, and says so", async () => {
  const { words, questions } = await asking();
  words.answers = questions.map(() => "zebra");
  await words.check();
  expect(words.now).toEqual({ at: "shown", words: FAKE_WORDS, missed: true });
  await words.written();
  expect(words.answers).toEqual([undefined, undefined, undefined]);
});

test("later says what it means before anything is closed, and one can still come back", async () => {
  const backend = fakeBackend();
  const done = vi.spyOn(backend, "wordsDone");
  const { words } = await asking(backend);
  words.later();
  expect(words.now).toEqual({ at: "later" });
  expect(done).not.toHaveBeenCalled();
  await words.show();
  expect(words.now.at).toBe("shown");
});

test("a wallet that was locked meanwhile has no words; other problems can be tried again", async () => {
  const backend = fakeBackend();
  vi.spyOn(backend, "wordsShown").mockResolvedValueOnce(bad("locked", "no wallet is open"));
  const words = new Words(backend);
  await words.show();
  expect(words.now).toEqual({ at: "locked" });
  vi.spyOn(backend, "wordsDone").mockResolvedValueOnce(bad("internal", "the window system refused"));
  await words.done();
  expect(words.now).toMatchObject({ at: "failed", problem: { code: "internal" } });
});

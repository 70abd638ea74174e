import { expect, test, vi } from "vitest";
import { FAKE_PASSPHRASE, fakeBackend } from "../../backend/fake";
import { NewWords } from "./newWords.svelte";

test("without a passphrase nothing is asked of the program below", async () => {
  const backend = fakeBackend();
  const begin = vi.spyOn(backend, "beginNewWords");
  const words = new NewWords(backend);
  words.ask();
  await words.begin();
  expect(words.now).toEqual({ state: "asking", missing: true });
  expect(begin).not.toHaveBeenCalled();
});

test("the passphrase is forgotten whether it was right or wrong", async () => {
  const words = new NewWords(fakeBackend());
  words.ask();
  words.passphrase = "not the right one";
  await words.begin();
  expect(words.now).toMatchObject({ state: "refused", problem: { code: "wrong_passphrase" } });
  expect(words.passphrase).toBe("");
  expect(words.underWay).toBe(false);
  words.passphrase = FAKE_PASSPHRASE;
  await words.begin();
  expect(words.now).toEqual({ state: "shown" });
  expect(words.passphrase).toBe("");
  expect(words.underWay).toBe(true);
});

test("a change that was begun before is found again", async () => {
  const backend = fakeBackend();
  await backend.beginNewWords(FAKE_PASSPHRASE);
  const words = new NewWords(backend);
  await words.load();
  expect(words.underWay).toBe(true);
  expect(words.now).toEqual({ state: "closed" });
});

test("closing forgets what was typed", () => {
  const words = new NewWords(fakeBackend());
  words.ask();
  words.passphrase = "half of it";
  words.close();
  expect(words.passphrase).toBe("");
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bad, good, type Backend } from "../../backend";
import { FAKE_PASSPHRASE, FAKE_WORDS, fakeBackend } from "../../backend/fake";
import { Door } from "./door.svelte.ts";
import { Newcomer } from "./newcomer.svelte.ts";
import { NewPassphrase } from "./passphrase.svelte.ts";
import { Unlock } from "./unlock.svelte.ts";

const people = async (backend: Backend) => {
  const answer = await backend.people();
  return answer.ok ? answer.value : [];
};
const WORDS = FAKE_WORDS.join(" ");

test("nobody here is made welcome, somebody is asked to unlock", async () => {
  const empty = new Door(fakeBackend({ empty: true }));
  await empty.load();
  expect(empty.now.at).toBe("welcome");
  expect(empty.inhabited).toBe(false);
  const inhabited = new Door(fakeBackend());
  await inhabited.load();
  expect(inhabited.now.at).toBe("unlock");
});

test("when nobody can say who is here, that is told, and asked again", async () => {
  const backend = fakeBackend();
  const asked = vi.spyOn(backend, "people").mockResolvedValueOnce(bad("disk", "the folder cannot be read"));
  const door = new Door(backend);
  await door.load();
  expect(door.now).toMatchObject({ at: "failed", problem: { code: "disk" } });
  await door.load();
  expect(door.now.at).toBe("unlock");
  expect(asked).toHaveBeenCalledTimes(2);
});

test("going back to the people forgets what was typed", async () => {
  const door = new Door(fakeBackend());
  await door.load();
  door.welcome();
  if (door.now.at !== "welcome") throw new Error("not welcome");
  const { newcomer } = door.now;
  newcomer.words = WORDS;
  newcomer.passphrase.text = "something secret";
  door.toPeople();
  expect([newcomer.words, newcomer.passphrase.text]).toEqual(["", ""]);
  expect(door.now.at).toBe("unlock");
});

test("unlocking asks for a person and a passphrase, tells a wrong one, and keeps what was typed", async () => {
  const backend = fakeBackend();
  const unlock = new Unlock(backend, await people(backend));
  await unlock.open();
  expect(unlock.now).toEqual({ state: "incomplete", missing: "person" });
  unlock.chosen = unlock.able[1]?.id ?? null;
  await unlock.open();
  expect(unlock.now).toEqual({ state: "incomplete", missing: "passphrase" });
  unlock.passphrase = "not this one";
  await unlock.open();
  expect(unlock.now).toEqual({ state: "wrong" });
  expect(unlock.passphrase).toBe("not this one");
  unlock.passphrase = FAKE_PASSPHRASE;
  await unlock.open();
  expect(unlock.now).toEqual({ state: "open" });
  expect(unlock.passphrase).toBe("");
});

test("one who can be opened is chosen; a passphrase does not stay for another person", async () => {
  const backend = fakeBackend();
  const [first, second] = await people(backend);
  if (!first || !second) throw new Error("two people are expected");
  const unlock = new Unlock(backend, [{ ...first, problem: "damaged" }, second]);
  expect(unlock.chosen).toBe(second.id);
  expect(unlock.unable).toHaveLength(1);
  const both = new Unlock(backend, [first, second]);
  both.chosen = first.id;
  both.passphrase = "hers";
  both.chosen = second.id;
  expect(both.passphrase).toBe("");
});

test("a press too many does not try twice", async () => {
  const backend = fakeBackend();
  const asked = vi.spyOn(backend, "unlock");
  const unlock = new Unlock(backend, (await people(backend)).slice(0, 1));
  unlock.passphrase = FAKE_PASSPHRASE;
  await Promise.all([unlock.open(), unlock.open()]);
  expect(asked).toHaveBeenCalledOnce();
});

test("other problems are shown as they are", async () => {
  const backend = fakeBackend();
  vi.spyOn(backend, "unlock").mockResolvedValue(bad("vault_in_use", "open elsewhere"));
  const unlock = new Unlock(backend, (await people(backend)).slice(0, 1));
  unlock.passphrase = FAKE_PASSPHRASE;
  await unlock.open();
  expect(unlock.now).toMatchObject({ state: "failed", problem: { code: "vault_in_use" } });
});

test("a new wallet in five pages with the offered passphrase", async () => {
  const backend = fakeBackend({ empty: true });
  const create = vi.spyOn(backend, "createWallet");
  const newcomer = new Newcomer(backend, []);
  expect(newcomer.steps).toEqual(["look", "choice", "name", "passphrase", "ready"]);
  await newcomer.next();
  newcomer.choose("new");
  await newcomer.next();
  expect(newcomer.nameFault).toBe("empty");
  newcomer.name = "  Zoë ";
  await newcomer.next();
  await expect.poll(() => newcomer.passphrase.offer.state).toBe("here");
  await newcomer.next();
  expect(newcomer.step).toBe("passphrase");
  newcomer.passphrase.take();
  await newcomer.next();
  expect(newcomer.step).toBe("ready");
  await newcomer.next();
  expect(create).toHaveBeenCalledWith("Zoë", FAKE_PASSPHRASE);
  expect(newcomer.doing.state).toBe("done");
  expect(newcomer.passphrase.offer.state).toBe("loading");
});

test("names that are too long, or here already, are refused", async () => {
  const backend = fakeBackend();
  const newcomer = new Newcomer(backend, await people(backend));
  newcomer.choose("new");
  newcomer.name = "é".repeat(33);
  await newcomer.next();
  expect(newcomer.nameFault).toBe("long");
  newcomer.name = " AMÉLIA ferreira-novák ".normalize("NFD");
  await newcomer.next();
  expect(newcomer.nameFault).toBe("taken");
  newcomer.name = "Amélia at home";
  expect(newcomer.nameFault).toBeNull();
});

async function atWords(backend: Backend) {
  const newcomer = new Newcomer(backend, []);
  newcomer.choose("restore");
  newcomer.name = "Zoë";
  await newcomer.next();
  return newcomer;
}

test("a wallet from words: these are checked by number, below, and sent without decoration", async () => {
  const backend = fakeBackend({ empty: true });
  const restore = vi.spyOn(backend, "restoreWallet");
  const newcomer = await atWords(backend);
  await newcomer.leaveWords();
  expect(newcomer.wordsFault).toBeNull();
  newcomer.words = "abandon xyzzy";
  await newcomer.leaveWords();
  expect(newcomer.wordsFault).toMatchObject({ fault: "unknown", words: [{ position: 2, typed: "xyzzy" }] });
  newcomer.words = FAKE_WORDS.map((word, at) => `${at + 1}. ${word.toUpperCase()}`).join("\n");
  expect(newcomer.wordsFault).toBeNull();
  await newcomer.next();
  expect(newcomer.step).toBe("passphrase");
  await expect.poll(() => newcomer.passphrase.offer.state).toBe("here");
  newcomer.passphrase.take();
  await newcomer.next();
  expect(restore).toHaveBeenCalledWith("Zoë", FAKE_PASSPHRASE, WORDS);
  expect(newcomer.words).toBe("");
});

test("words that are known and do not fit together are told apart from other problems", async () => {
  const backend = fakeBackend({ empty: true });
  const asked = vi.spyOn(backend, "checkWords").mockResolvedValueOnce(bad("invalid_input", "checksum"));
  const newcomer = await atWords(backend);
  newcomer.words = WORDS;
  await newcomer.next();
  expect(newcomer.wordsFault).toEqual({ fault: "together" });
  expect(newcomer.doing.state).toBe("nothing");
  asked.mockResolvedValueOnce(bad("internal", "no memory"));
  await newcomer.next();
  expect(newcomer.doing).toMatchObject({ state: "failed", problem: { code: "internal" } });
  expect(newcomer.step).toBe("words");
});

test("going back keeps what was typed, and a failure can be tried again", async () => {
  const backend = fakeBackend({ empty: true });
  vi.spyOn(backend, "createWallet").mockResolvedValueOnce(bad("disk", "the disk is full"));
  const newcomer = new Newcomer(backend, []);
  newcomer.choose("new");
  newcomer.name = "Zoë";
  await newcomer.next();
  await expect.poll(() => newcomer.passphrase.offer.state).toBe("here");
  newcomer.passphrase.take();
  await newcomer.next();
  await newcomer.next();
  expect(newcomer.doing).toMatchObject({ state: "failed", problem: { code: "disk" } });
  newcomer.back();
  newcomer.back();
  expect([newcomer.step, newcomer.name]).toEqual(["name", "Zoë"]);
  await newcomer.next();
  expect(newcomer.passphrase.way).toBe("taken");
  await newcomer.next();
  await newcomer.next();
  expect(newcomer.doing.state).toBe("done");
});

test("a look around leaves the door", async () => {
  const newcomer = new Newcomer(fakeBackend({ empty: true }), []);
  await newcomer.lookAround();
  expect(newcomer.doing.state).toBe("done");
});

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true }));
afterEach(() => vi.useRealTimers());

function own(backend: Backend = fakeBackend()) {
  const choice = new NewPassphrase(backend, () => "Zoë");
  choice.choose("own");
  return choice;
}

test("of one's own, what is guessed at once is refused, with the reason", async () => {
  const backend = fakeBackend();
  const choice = own(backend);
  expect(await choice.accept()).toBeNull();
  expect(choice.fault).toBe("empty");
  choice.text = "short";
  expect(await choice.accept()).toBeNull();
  expect(choice.fault).toBe("too_short");
  vi.spyOn(backend, "passphraseStrength").mockResolvedValue(good("very_weak"));
  choice.text = "password";
  expect(choice.fault).toBeNull();
  expect(await choice.accept()).toBeNull();
  expect(choice.fault).toBe("very_weak");
});

test("what was not seen is typed twice; what was seen is not", async () => {
  const choice = own();
  choice.text = "correct horse battery";
  expect(choice.needsAgain).toBe(true);
  choice.again = "correct horse batery";
  expect(await choice.accept()).toBeNull();
  expect(choice.fault).toBe("different");
  choice.again = choice.text;
  expect(await choice.accept()).toBe("correct horse battery");
  choice.again = "";
  choice.shown = true;
  choice.shown = false;
  expect(choice.needsAgain).toBe(false);
  expect(await choice.accept()).toBe("correct horse battery");
  choice.text = "correct horse batteries";
  expect(choice.needsAgain).toBe(true);
});

test("strength is asked for after a pause in typing, and an old answer is not shown", async () => {
  const backend = fakeBackend();
  const asked = vi.spyOn(backend, "passphraseStrength");
  const choice = own(backend);
  for (const text of ["c", "co", "correct horse battery"]) choice.text = text;
  expect(asked).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(400);
  expect(asked).toHaveBeenCalledExactlyOnceWith("correct horse battery", "Zoë");
  expect(choice.judged).toMatchObject({ state: "judged", strength: "strong" });

  let late: (answer: Awaited<ReturnType<Backend["passphraseStrength"]>>) => void = () => undefined;
  asked.mockReturnValueOnce(new Promise((resolve) => (late = resolve)));
  choice.text = "short";
  await vi.advanceTimersByTimeAsync(400);
  choice.text = "";
  late(good("very_strong"));
  await vi.advanceTimersByTimeAsync(0);
  expect(choice.judged).toEqual({ state: "nothing" });
});

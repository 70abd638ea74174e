import { beforeEach, expect, test, vi } from "vitest";
import { bad, type Backend } from "../../backend";
import { FAKE_PASSPHRASE, fakeBackend } from "../../backend/fake";
import { PassphraseChange } from "./passphraseChange.svelte";
import { Preferences } from "./preferences.svelte";
import { RecoveryWords } from "../../domain/recoveryWords.svelte";

const GOOD = "violet harbour button seven lamp";

let backend: Backend;
beforeEach(() => {
  backend = fakeBackend();
});

test("a choice shows at once and is kept", async () => {
  const preferences = new Preferences(backend);
  await preferences.load();
  const done = preferences.change({ theme: "dark" });
  expect(preferences.now).toMatchObject({ state: "here", settings: { theme: "dark", language: "en" } });
  await done;
  expect(await backend.settings()).toMatchObject({ ok: true, value: { theme: "dark" } });
});

test("what cannot be kept goes back to what was kept, and is told", async () => {
  const preferences = new Preferences({ ...backend, changeSettings: () => Promise.resolve(bad("disk", "full")) });
  await preferences.load();
  await preferences.change({ text_size: "largest" });
  expect(preferences.now).toMatchObject({ state: "here", settings: { text_size: "normal" } });
  expect(preferences.problem?.code).toBe("disk");
});

test("a change in another window is followed", async () => {
  const preferences = new Preferences(backend);
  await preferences.load();
  const stop = preferences.follow();
  await backend.changeSettings({ language: "es", text_size: "normal", theme: "light", lock_minutes: 5 });
  expect(preferences.now).toMatchObject({ state: "here", settings: { language: "es", lock_minutes: 5 } });
  stop();
});

const typed = (old: string, fresh: string, again = fresh): PassphraseChange => {
  const change = new PassphraseChange(backend);
  change.open();
  change.old = old;
  change.fresh = fresh;
  change.again = again;
  return change;
};

test.each([
  ["", GOOD, GOOD, "old", "empty"],
  [FAKE_PASSPHRASE, "", "", "fresh", "empty"],
  [FAKE_PASSPHRASE, "short", "short", "fresh", "too_short"],
  [FAKE_PASSPHRASE, FAKE_PASSPHRASE, FAKE_PASSPHRASE, "fresh", "same"],
  [FAKE_PASSPHRASE, GOOD, "violet harbor", "again", "different"],
])("from %j to %j, again %j: nothing is sent, the field %s is named", async (old, fresh, again, field, what) => {
  const sent = vi.spyOn(backend, "changePassphrase");
  const change = typed(old, fresh, again);
  await change.save();
  expect(change.fault).toEqual({ field, what });
  expect(change.now.state).toBe("open");
  expect(sent).not.toHaveBeenCalled();
});

test("a new passphrase is saved, and all that was typed is forgotten", async () => {
  const sent = vi.spyOn(backend, "changePassphrase");
  const change = typed(FAKE_PASSPHRASE, GOOD);
  await change.save();
  expect(sent).toHaveBeenCalledWith(FAKE_PASSPHRASE, GOOD);
  expect(change.now.state).toBe("saved");
  expect([change.old, change.fresh, change.again]).toEqual(["", "", ""]);
});

test("whoever sees what they type need not type it twice", async () => {
  const change = typed(FAKE_PASSPHRASE, GOOD, "");
  change.shown = true;
  await change.save();
  expect(change.now.state).toBe("saved");
});

test("a wrong old passphrase is told and what was typed stays", async () => {
  const change = typed("not this one at all", GOOD);
  await change.save();
  expect(change.now).toMatchObject({ state: "refused", problem: { code: "wrong_passphrase" } });
  expect(change.fresh).toBe(GOOD);
});

test("pressing twice saves once", async () => {
  const sent = vi.spyOn(backend, "changePassphrase");
  const change = typed(FAKE_PASSPHRASE, GOOD);
  await Promise.all([change.save(), change.save()]);
  expect(sent).toHaveBeenCalledOnce();
});

test("the recovery words are shown only to who knows the passphrase, which is not kept", async () => {
  const asked = vi.spyOn(backend, "showWords");
  const words = new RecoveryWords(backend);
  words.ask();
  await words.show();
  expect(words.now).toEqual({ state: "asking", missing: true });
  expect(asked).not.toHaveBeenCalled();
  words.passphrase = "wrong";
  await words.show();
  expect(words.now).toMatchObject({ state: "refused", problem: { code: "wrong_passphrase" } });
  expect(words.passphrase).toBe("");
  words.passphrase = FAKE_PASSPHRASE;
  await words.show();
  expect(words.now.state).toBe("shown");
  expect(words.passphrase).toBe("");
});

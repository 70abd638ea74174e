import { expect, test } from "vitest";
import { EVERY_RECORD, type Backend } from "..";
import { fakeBackend } from ".";

const value = async <T>(asked: Promise<{ ok: true; value: T } | { ok: false }>): Promise<T> => {
  const answer = await asked;
  if (!answer.ok) throw new Error("refused");
  return answer.value;
};
const titles = async (backend: Backend) =>
  (await value(backend.records(EVERY_RECORD, { after: null, limit: 50 }))).rows.map(({ title }) => title);

test("every question means the person whose wallet is in front", async () => {
  const backend = fakeBackend();
  const own = await titles(backend);
  await backend.startHelping(0);
  expect((await value(backend.session())).helping).toEqual({ number: 0, helper: "Amélia Ferreira-Novák" });
  expect((await value(backend.overview())).person.label).toBe("Rosa, my mother");
  const theirs = await titles(backend);
  expect(theirs.length).toBeGreaterThan(0);
  expect(theirs.filter((title) => own.includes(title))).toEqual([]);
  await backend.stopHelping();
  expect((await value(backend.session())).helping).toBeNull();
  expect(await titles(backend)).toEqual(own);
});

test("what an appointment does not allow is refused; what it allows names for whom one signs, in both languages", async () => {
  const backend = fakeBackend();
  await backend.startHelping(0);
  const refused = await backend.proposeAct({ act: "set_emergency", allowed: true, kinds: [] });
  expect(refused.ok).toBe(false);
  const settings = await value(backend.settings());
  for (const [language, words] of [
    ["en", "You sign this for Rosa, my mother"],
    ["es", "Lo firma por Rosa, my mother"],
  ] as const) {
    await backend.changeSettings({ ...settings, language });
    const proposal = await value(backend.proposeAct({ act: "give_up" }));
    expect(proposal.review.sentences.map(({ text }) => text).join(" ")).toContain(words);
  }
});

test("the helpers and guardians of whoever is helped are theirs, and words are about their records", async () => {
  const backend = fakeBackend();
  const own = (await value(backend.delegates())).map(({ name }) => name);
  await backend.startHelping(0);
  const theirs = (await value(backend.delegates())).map(({ name }) => name);
  expect(theirs).toEqual(["Amélia Ferreira-Novák"]);
  expect(own).not.toContain(theirs[0]);
  const said = (await value(backend.sharing(false))).flatMap(({ sentences }) => sentences.map(({ text }) => text));
  expect(said.join(" ")).toContain("all records of Rosa, my mother");
  expect(said.join(" ")).not.toMatch(/your/);
});

test("every code of the story has a picture of its own, and no other text has one", async () => {
  const backend = fakeBackend();
  const codes = [
    await value(backend.offerCode(0, "")),
    await value(backend.emergencyCard()),
    await value(backend.handoverRequest()),
    await value(backend.askForRecovery("")),
  ];
  const pictures = await Promise.all(codes.map(async (code) => value(backend.codePicture(code))));
  for (const { width, height } of pictures) {
    // Four modules of white on each side, and the modules of a version. (ISO/IEC 18004)
    expect((width - 8 - 17) % 4).toBe(0);
    expect(height).toBe(width);
  }
  expect(new Set(pictures.map(({ png_base64 }) => png_base64)).size).toBe(codes.length);
  expect((await backend.codePicture("hello")).ok).toBe(false);
});

test("in one's own wallet there is nothing to accept", async () => {
  expect((await fakeBackend().proposeAct({ act: "accept_appointments" })).ok).toBe(false);
});

test("away from the ledger a decision waits and nothing has changed", async () => {
  const backend = fakeBackend({ offline: true });
  await backend.startHelping(2);
  const proposal = await value(backend.proposeAct({ act: "accept_appointments" }));
  const { steps } = await value(backend.signAct(proposal.id));
  expect(steps.map(({ progress }) => progress)).toEqual(["waiting"]);
  expect((await value(backend.appointments())).map(({ state }) => state)).toEqual(["invited"]);
});

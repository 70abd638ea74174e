import { expect, test, vi } from "vitest";
import { bad } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { Contents } from "./contents.svelte";

async function address(backend: ReturnType<typeof fakeBackend>, words: string): Promise<string> {
  const found = await backend.providers(words);
  return found.ok ? (found.value[0]?.address ?? "") : "";
}

test("kinds are counted with their newest titles", async () => {
  const contents = new Contents(fakeBackend(), "mrp1nobody");
  await contents.load();
  const medicines = contents.kinds.value?.find(({ kind }) => kind === "medication");
  expect(medicines).toMatchObject({ count: 6 });
  expect(medicines?.newest).toHaveLength(3);
});

test("what the grantee wrote is left out", async () => {
  const backend = fakeBackend();
  const practice = await address(backend, "tidewell");
  const contents = new Contents(backend, practice);
  await contents.load();
  const medicines = contents.kinds.value?.find(({ kind }) => kind === "medication");
  expect(medicines?.count).toBe(3);
  await contents.look();
  const rows = contents.found.value?.rows ?? [];
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.every((row) => row.provider.address !== practice)).toBe(true);
});

test("counts that cannot be read are a problem, never nothing", async () => {
  const contents = new Contents(
    { ...fakeBackend(), countRecords: () => Promise.resolve(bad("data_unusable", "damaged")) },
    "mrp1nobody",
  );
  await contents.load();
  expect(contents.kinds.now).toMatchObject({ state: "failed", problem: { code: "data_unusable" } });
});

test("a long list goes on; after another search it does not", async () => {
  const backend = fakeBackend({ records: 120 });
  const contents = new Contents(backend, "mrp1nobody");
  await contents.look();
  await contents.more();
  expect(contents.found.value?.rows).toHaveLength(100);
  const late = contents.more();
  contents.search = "ramipril";
  await contents.look();
  await late;
  expect(contents.found.value?.rows.every(({ title }) => title.includes("Ramipril"))).toBe(true);
});

test("records that were chosen elsewhere get their titles, each asked for once", async () => {
  const backend = fakeBackend();
  const page = await backend.records(
    { search: "penicillins", provider: null, kind: null, since: null, until: null, badge: null, all_versions: false },
    { after: null, limit: 1 },
  );
  const id = page.ok ? (page.value.rows[0]?.id ?? "") : "";
  const asked = vi.spyOn(backend, "record");
  const contents = new Contents(backend, "mrp1nobody");
  await contents.name([id]);
  await contents.name([id]);
  expect(contents.titles[id]).toBe("Penicillins");
  expect(asked).toHaveBeenCalledOnce();
});

import { expect, test } from "vitest";
import { EVERYTHING, fakeBackend } from "../../backend/fake";
import { FetchAll } from "./fetchAll.svelte";

test("every record without a copy is fetched, and one that fails does not keep the others", async () => {
  const backend = fakeBackend();
  const missing = await backend.countRecords({ ...EVERYTHING, badge: "not_fetched" });
  const broken = { ...backend };
  let first = true;
  broken.fetchRecord = async (id, told) => {
    if (!first) return backend.fetchRecord(id, told);
    first = false;
    return { ok: false, problem: { code: "provider_away", detail: "away" } };
  };
  const all = new FetchAll(broken);
  await all.run(EVERYTHING);
  if (!missing.ok || all.now.state !== "done") throw new Error("it did not end");
  expect(all.now.fetched).toBe(missing.value - 1);
  expect(all.now.failed).toHaveLength(1);
});

test("stopping keeps what came", async () => {
  const backend = fakeBackend();
  const all = new FetchAll(backend);
  const patient = { ...backend };
  const running = new FetchAll({
    ...patient,
    fetchRecord: (id, told) => {
      running.stop();
      return backend.fetchRecord(id, told);
    },
  });
  await running.run(EVERYTHING);
  expect(running.now).toMatchObject({ state: "done", stopped: true });
  expect(all.now.state).toBe("idle");
});

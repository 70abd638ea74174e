import { expect, test, vi } from "vitest";
import { bad, type Backend, EVERY_RECORD } from "../backend";
import { fakeBackend } from "../backend/fake";
import { HOSPITAL } from "../backend/fake/town";
import { FetchAll } from "./fetchAll.svelte";

async function missing(backend: Backend, provider: string | null = null): Promise<number> {
  const count = await backend.countRecords({ ...EVERY_RECORD, provider, badge: "not_fetched" });
  if (!count.ok) throw new Error("no count");
  return count.value;
}

/** The hospital does not answer; all others do. */
function withoutHospital() {
  const inner = fakeBackend();
  const asked = vi.fn();
  const backend: Backend = {
    ...inner,
    fetchRecord: async (id, told) => {
      const record = await inner.record(id);
      if (!record.ok || record.value.provider.address !== HOSPITAL.address) return inner.fetchRecord(id, told);
      asked();
      return bad("provider_away", "away");
    },
  };
  return { backend, asked };
}

test("a provider that is away is asked once, and keeps the others' copies from nobody", async () => {
  const { backend, asked } = withoutHospital();
  const [all, away] = [await missing(backend), await missing(backend, HOSPITAL.address)];
  const fetching = new FetchAll(backend);
  await fetching.run(EVERY_RECORD);
  if (fetching.now.state !== "done") throw new Error("it did not end");
  expect(fetching.now.fetched).toBe(all - away);
  expect(fetching.now.kept).toMatchObject([{ problem: { code: "provider_away" } }]);
  expect(fetching.now.kept[0]?.titles).toHaveLength(away);
  expect(asked).toHaveBeenCalledOnce();
});

test("a full disk ends it at once", async () => {
  const backend: Backend = { ...fakeBackend(), fetchRecord: () => Promise.resolve(bad("disk", "full")) };
  const fetch = vi.spyOn(backend, "fetchRecord");
  const fetching = new FetchAll(backend);
  await fetching.run(EVERY_RECORD);
  expect(fetch).toHaveBeenCalledOnce();
  expect(fetching.now).toMatchObject({ state: "done", fetched: 0, kept: [{ problem: { code: "disk" } }] });
});

test("stopping keeps what came, and the fetch that runs is stopped, too", async () => {
  const inner = fakeBackend();
  const cancel = vi.spyOn(inner, "cancelFetch");
  let count = 0;
  const fetching: FetchAll = new FetchAll({
    ...inner,
    fetchRecord: (id, told) => {
      count += 1;
      if (count === 2) fetching.stop();
      return inner.fetchRecord(id, told);
    },
  });
  await fetching.run(EVERY_RECORD);
  expect(fetching.now).toMatchObject({ state: "done", stopped: true, kept: [] });
  expect(cancel).toHaveBeenCalledOnce();
  expect(count).toBe(2);
});

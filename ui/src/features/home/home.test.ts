import { expect, test, vi } from "vitest";
import { bad, good, type AccessRow, type Backend, type PendingView } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { Home, looksToShow } from "./home.svelte";

const provider = (address: string) => ({ address, name: address, place: "" });
const look = (at: number, suspicion: AccessRow["suspicion"] = null): AccessRow => ({
  recipient: provider("r"),
  person: "",
  publisher: provider("p"),
  records: [],
  at,
  written_at: at,
  suspicion,
  basis: "owner",
});
const failed: PendingView = {
  id: "tx",
  purpose: "grant",
  provider: provider("p"),
  state: "lapsed",
  reason: null,
  valid_until: 1,
  signed_at: 0,
};

test("suspicious looks come first, however old, and none is shown twice", () => {
  const old = look(1, "no_such_grant");
  expect(looksToShow([old], [look(9), look(8), look(1, "no_such_grant")]).map(({ at }) => at)).toEqual([1, 9, 8]);
});

test("a suspicious look older than the newest three is found", async () => {
  const inner = fakeBackend();
  const overview = await inner.overview();
  if (!overview.ok) throw new Error("no overview");
  const backend: Backend = {
    ...inner,
    overview: () => Promise.resolve(good({ ...overview.value, suspicious: 1 })),
    accessLog: (filter) =>
      Promise.resolve(good({ rows: filter.suspicious_only ? [look(1, "out_of_time")] : [], next: null })),
  };
  const home = new Home(backend);
  await home.load();
  expect(home.page.value?.looks[0]?.suspicion).toBe("out_of_time");
});

test("what failed is signed again, and the page is asked for anew", async () => {
  const backend = fakeBackend();
  const overview = vi.spyOn(backend, "overview");
  const home = new Home(backend);
  await home.signAgain(failed);
  expect(home.mending).toEqual({ state: "sent", progress: "on_ledger" });
  expect(overview).toHaveBeenCalledOnce();
});

test("a failure that cannot be mended is told", async () => {
  const backend: Backend = {
    ...fakeBackend(),
    forgetPending: () => Promise.resolve(bad("disk", "The disk is full.")),
  };
  const home = new Home(backend);
  await home.forget(failed);
  expect(home.mending).toMatchObject({ state: "failed", id: "tx", problem: { code: "disk" } });
});

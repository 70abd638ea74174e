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
  relationship: "r",
  position: 1,
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

async function lapsed(backend: Backend): Promise<PendingView> {
  const pending = await backend.pending();
  const first = pending.ok ? pending.value[0] : undefined;
  if (!first) throw new Error("nothing failed");
  return first;
}

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

test("nothing is signed that was not read, and the page is asked for anew after it", async () => {
  const backend = fakeBackend({ failed: true });
  const [overview, signed] = [vi.spyOn(backend, "overview"), vi.spyOn(backend, "signAgain")];
  const home = new Home(backend);
  await home.sign();
  expect(signed).not.toHaveBeenCalled();
  await home.review(await lapsed(backend));
  expect(home.mending).toMatchObject({ state: "review", again: false });
  expect(signed).not.toHaveBeenCalled();
  await home.sign();
  expect(home.mending).toEqual({ state: "sent", progress: "on_ledger" });
  expect(overview).toHaveBeenCalledOnce();
});

test("what was looked at for too long is prepared and read again", async () => {
  const backend = fakeBackend({ failed: true });
  const signed = vi.spyOn(backend, "signAgain");
  let later = 0;
  const home = new Home(backend, () => Date.now() / 1000 + later);
  await home.review(await lapsed(backend));
  later = 3600;
  await home.sign();
  expect(home.mending).toMatchObject({ state: "review", again: true });
  expect(signed).not.toHaveBeenCalled();
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

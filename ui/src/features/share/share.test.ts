import { expect, test, vi } from "vitest";
import type { Backend, ProviderView } from "../../backend";
import { good } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { Share } from "./share.svelte";

async function clinic(backend: Backend): Promise<ProviderView> {
  const found = await backend.providers("abbey");
  if (!found.ok || !found.value[0]) throw new Error("the clinic is missing");
  return found.value[0];
}

async function ready(backend = fakeBackend(), seconds?: () => number) {
  const share = new Share(backend, {}, seconds);
  share.choose(await clinic(backend));
  share.howLong();
  await share.prepare();
  return share;
}

test("nothing is signed before the person has read what is prepared", async () => {
  const backend = fakeBackend();
  const sign = vi.spyOn(backend, "signProposal");
  const share = await ready(backend);
  expect(share.now.step).toBe("check");
  expect(sign).not.toHaveBeenCalled();
  await share.sign();
  expect(sign).toHaveBeenCalledOnce();
  expect(share.now.step).toBe("done");
});

test("going back drops what was prepared", async () => {
  const backend = fakeBackend();
  const drop = vi.spyOn(backend, "dropProposal");
  const share = await ready(backend);
  expect(await share.back()).toBe(true);
  expect(drop).toHaveBeenCalledOnce();
  expect(share.now.step).toBe("how_long");
});

test("what has become too old is prepared again and has to be read once more", async () => {
  const backend = fakeBackend();
  const sign = vi.spyOn(backend, "signProposal");
  const share = await ready(backend, () => Number.MAX_SAFE_INTEGER);
  await share.sign();
  expect(sign).not.toHaveBeenCalled();
  expect(share.now).toMatchObject({ step: "check", again: true });
});

test("days that are no days prepare nothing", async () => {
  const backend = fakeBackend();
  const propose = vi.spyOn(backend, "proposeShare");
  const share = new Share(backend);
  share.choose(await clinic(backend));
  share.days = "other";
  for (const typed of ["", "0", "3651", "1.5", "many"]) {
    share.otherDays = typed;
    expect(share.wholeDays).toBeNull();
  }
  await share.prepare();
  expect(propose).not.toHaveBeenCalled();
  share.otherDays = "14";
  expect(share.request()?.days).toBe(14);
});

test("allowing less asks for less", async () => {
  const backend = fakeBackend();
  const requests = await backend.requests(false);
  if (!requests.ok || !requests.value[0]) throw new Error("no request");
  const propose = vi.spyOn(backend, "proposeAnswer");
  const less = { kinds: ["medication" as const], days: 7, without_future: true };
  const share = new Share(backend, { request: requests.value[0].id, less });
  await share.prepare();
  expect(propose).toHaveBeenCalledWith(requests.value[0].id, less);
  expect(share.now.step).toBe("check");
});

test("a refusal is kept and the choices stay", async () => {
  const backend: Backend = {
    ...fakeBackend(),
    signProposal: () => Promise.resolve({ ok: false, problem: { code: "refused_by_ledger", detail: "too many" } }),
    dropProposal: () => Promise.resolve(good(null)),
  };
  const share = await ready(backend);
  await share.sign();
  expect(share.problem?.code).toBe("refused_by_ledger");
  expect(share.now.step).toBe("how_long");
  expect(share.grantee?.name).toContain("Abbey Gardens");
});

import { expect, test, vi } from "vitest";
import { bad } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { Enrolment } from "./enrol.svelte";
import { Joining } from "./join.svelte";

const CODE = "mrenrol1qqqqqqqqqq";

test("a code leads to a provider, and nobody is enrolled before the person says so", async () => {
  const backend = fakeBackend();
  const enrol = vi.spyOn(backend, "enrol");
  const enrolment = new Enrolment(backend);
  enrolment.code = `  ${CODE}\n`;
  await enrolment.look();
  expect(enrolment.now).toMatchObject({
    state: "confirm",
    preview: { provider: { place: "77 Harbour Way, Northport" } },
  });
  expect(enrol).not.toHaveBeenCalled();
  expect(await enrolment.enrol()).toBe(true);
  expect(enrol).toHaveBeenCalledWith(CODE);
  expect(enrolment.now.state).toBe("done");
  expect(enrolment.code).toBe("");
});

test("a code that is none is told, and stays to be corrected", async () => {
  const enrolment = new Enrolment(fakeBackend());
  enrolment.code = "nonsense";
  await enrolment.look();
  expect(enrolment.problem?.code).toBe("invalid_input");
  expect(enrolment.now.state).toBe("code");
  expect(enrolment.code).toBe("nonsense");
});

test("after a provider did not answer, the same question can be said yes to again", async () => {
  const enrolment = new Enrolment(fakeBackend({ offline: true }));
  enrolment.code = CODE;
  await enrolment.look();
  expect(await enrolment.enrol()).toBe(false);
  expect(enrolment.now.state).toBe("confirm");
  expect(enrolment.problem?.code).toBe("node_away");
});

test("a code that was used or is over asks for another one", async () => {
  for (const code of ["expired", "refused_by_provider"] as const) {
    const enrolment = new Enrolment({ ...fakeBackend(), enrol: () => Promise.resolve(bad(code, "used")) });
    enrolment.code = CODE;
    await enrolment.look();
    await enrolment.enrol();
    expect(enrolment.now.state).toBe("code");
    expect(enrolment.problem?.code).toBe(code);
  }
});

test("a file is read, shown, and joined only then", async () => {
  const backend = fakeBackend({ empty: true });
  const join = vi.spyOn(backend, "joinNetwork");
  const joining = new Joining(backend);
  await joining.choose();
  expect(joining.now).toMatchObject({ state: "confirm", preview: { chain_id: "saltmere-1" } });
  expect(join).not.toHaveBeenCalled();
  expect(await joining.join()).toBe(true);
});

test("no file chosen changes nothing; text that is no network is told", async () => {
  const backend = fakeBackend({ empty: true });
  vi.spyOn(backend, "chooseNetworkFile").mockResolvedValue({ ok: true, value: null });
  const joining = new Joining(backend);
  await joining.choose();
  expect(joining.now.state).toBe("text");
  joining.text = "hello";
  await joining.look();
  expect(joining.problem?.code).toBe("invalid_input");
  joining.restart();
  expect(joining.problem).toBeNull();
});

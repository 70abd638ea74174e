import { expect, test, vi } from "vitest";
import { fakeBackend } from "../../backend/fake";
import { People } from "./people.svelte";

test("what is known is there before the ledger is asked", async () => {
  const backend = fakeBackend();
  const people = new People(backend);
  const check = vi.spyOn(backend, "checkPeopleIHelp").mockImplementation(() => {
    expect(people.list.value).toHaveLength(3);
    expect(people.asking.state).toBe("asking");
    return backend.peopleIHelp();
  });
  await people.begin();
  expect(check).toHaveBeenCalledOnce();
  expect(people.asking.state).toBe("idle");
});

test("a ledger that does not answer takes nothing away, and can be asked again", async () => {
  const backend = fakeBackend({ offline: true });
  const people = new People(backend);
  await people.begin();
  expect(people.asking.state).toBe("failed");
  expect(people.list.value).toHaveLength(3);
  vi.spyOn(backend, "checkPeopleIHelp").mockImplementation(() => backend.peopleIHelp());
  await people.ask();
  expect(people.asking.state).toBe("idle");
});

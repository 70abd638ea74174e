import { expect, test, vi } from "vitest";
import { bad, good, type AccessRow, type Backend } from "../../backend";
import { fakeBackend } from "../../backend/fake";
import { Access } from "./access.svelte";

async function story(): Promise<AccessRow[]> {
  const answer = await fakeBackend().accessLog(
    { recipient: null, publisher: null, since: null, until: null, suspicious_only: false },
    { after: null, limit: null },
  );
  if (!answer.ok) throw new Error(answer.problem.detail);
  return answer.value.rows;
}

/** A log of given pages; each cursor is the number of the next page. */
function paged(pages: AccessRow[][]): Backend {
  return {
    ...fakeBackend(),
    accessLog: (filter, { after }) => {
      const page = Number(after ?? 0);
      const rows = filter.suspicious_only ? [] : (pages[page] ?? []);
      return Promise.resolve(good({ rows, next: page + 1 < pages.length ? String(page + 1) : null }));
    },
  };
}

const shown = (access: Access): number => (access.log.state === "here" ? access.log.rows.length : -1);

test("the person's own fetches are left out until they are wanted", async () => {
  const access = new Access(fakeBackend());
  await access.load();
  expect(shown(access)).toBe(3);
  await access.choose({ othersOnly: false });
  expect(shown(access)).toBe(4);
});

test("what a helper looked at is nobody's own look", async () => {
  const own = (await story()).find((row) => row.basis === "owner");
  if (!own) throw new Error("the story has no own look");
  const access = new Access(paged([[own, { ...own, basis: "delegate", name: "Sofia" }]]));
  await access.load();
  expect(access.log).toMatchObject({ rows: [{ basis: "delegate", name: "Sofia" }] });
});

test("pages of nothing but own fetches are passed over", async () => {
  const rows = await story();
  const [own, others] = [rows.filter((row) => !row.recipient), rows.filter((row) => row.recipient)];
  const access = new Access(paged([own, own, others, own]));
  await access.load();
  expect(shown(access)).toBe(others.length);
});

test("more is added once, and what is there already is not repeated", async () => {
  const rows = (await story()).filter((row) => row.recipient);
  const access = new Access(paged([rows.slice(0, 1), rows]));
  await access.load();
  await Promise.all([access.more(), access.more()]);
  expect(shown(access)).toBe(3);
  expect(access.log).toMatchObject({ next: null, more: "no" });
});

test("a page that does not come leaves what is there, and can be asked for again", async () => {
  const rows = (await story()).filter((row) => row.recipient);
  const backend = paged([rows.slice(0, 1), rows.slice(1)]);
  const access = new Access(backend);
  await access.load();
  const once = vi.spyOn(backend, "accessLog").mockResolvedValueOnce(bad("data_unusable", "damaged"));
  await access.more();
  expect(access.log).toMatchObject({ state: "here", more: "failed" });
  once.mockRestore();
  await access.more();
  expect(shown(access)).toBe(3);
});

test("an answer that a later choice has overtaken is thrown away", async () => {
  const rows = await story();
  const backend = fakeBackend();
  let late: (() => void) | undefined;
  const first = new Promise<void>((done) => (late = done));
  const answers = vi.spyOn(backend, "accessLog");
  answers.mockImplementationOnce(async () => {
    await first;
    return good({ rows: [], next: null });
  });
  const access = new Access(backend);
  const slow = access.load();
  await access.choose({ who: rows[0]?.recipient?.address ?? "" });
  late?.();
  await slow;
  expect(shown(access)).toBe(1);
});

test("suspicious looks are asked for whatever is chosen", async () => {
  const [row] = await story();
  if (!row) throw new Error("no look");
  const wrong: AccessRow = { ...row, suspicion: "out_of_time" };
  const backend = fakeBackend();
  const access = new Access({
    ...backend,
    accessLog: (filter, page) =>
      filter.suspicious_only ? Promise.resolve(good({ rows: [wrong], next: null })) : backend.accessLog(filter, page),
  });
  await access.choose({ who: "mrp1nobody", period: "week" });
  expect(access.suspicious).toEqual([wrong]);
  expect(shown(access)).toBe(0);
});

import { cleanup, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Backend, Badge } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import RecordsView from "./RecordsView.svelte";

const open = (backend: Backend, go = vi.fn(), badge?: Badge) => {
  show(backend, RecordsView, { go, badge });
  return go;
};
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const search = async (words: string) => userEvent.type(await screen.findByLabelText("Search your records"), words);

test("the page says how many records there are, and that none is missing", async () => {
  open(fakeBackend());
  expect(await screen.findByText("24 records from 4 providers. Nothing is missing.")).toBeTruthy();
});

test("offline it says from when the list is", async () => {
  open(fakeBackend({ offline: true }));
  expect(await screen.findByText(/^24 records from 4 providers. Last checked 3 hours ago/)).toBeTruthy();
});

test("searching counts what is found, and all can be shown again", async () => {
  open(fakeBackend());
  await search("metformin");
  expect(await screen.findByText("1 record found")).toBeTruthy();
  await press("Show all records");
  expect(await screen.findByText(/^24 records/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("Search your records").value).toBe("");
});

test("an empty list says why: nothing fits, no provider, or nothing published", async () => {
  open(fakeBackend());
  await search("zzz");
  expect(await screen.findByText("No record fits")).toBeTruthy();
  cleanup();
  const go = open(fakeBackend({ empty: true }));
  expect(await screen.findByText("No provider yet")).toBeTruthy();
  await press("Add a provider");
  expect(go).toHaveBeenCalledWith({ name: "providers" });
  cleanup();
  open(fakeBackend({ records: 0 }));
  expect(await screen.findByText("Nothing here yet")).toBeTruthy();
});

test("filters that are folded away say that they are in use", async () => {
  const backend = fakeBackend();
  const records = vi.spyOn(backend, "records");
  open(backend);
  await userEvent.click(await screen.findByText("Provider, years, copies"));
  await vi.waitFor(() => expect(screen.getAllByRole("option", { name: "2009" })).toHaveLength(2));
  await userEvent.selectOptions(screen.getByLabelText("From year"), "2026");
  await userEvent.selectOptions(screen.getByLabelText("Copy"), "Does not match!");
  expect(await screen.findByText("1 record found")).toBeTruthy();
  expect(screen.getByText("Provider, years, copies (2 chosen)")).toBeTruthy();
  expect(records).toHaveBeenLastCalledWith(
    expect.objectContaining({ since: "2026", badge: "does_not_match" }),
    expect.anything(),
  );
});

test("all missing copies are fetched with one press", async () => {
  const backend = fakeBackend();
  const fetch = vi.spyOn(backend, "fetchRecord");
  open(backend);
  await press("Fetch all 12 copies");
  await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(12), { timeout: 5000 });
  await vi.waitFor(() => expect(screen.queryByRole("button", { name: /^Fetch all/ })).toBeNull());
});

test("one who comes for the copies that do not match sees those, and can go on to all", async () => {
  open(fakeBackend(), vi.fn(), "does_not_match");
  expect(await screen.findByText("1 record found")).toBeTruthy();
  expect(screen.getByText("Provider, years, copies (1 chosen)")).toBeTruthy();
  await press("Show all records");
  expect(await screen.findByText(/^24 records/)).toBeTruthy();
});

test("the list was seen once it was shown, and only once", async () => {
  const backend = fakeBackend();
  const seen = vi.spyOn(backend, "markRecordsSeen");
  open(backend);
  await screen.findByText(/^24 records/);
  await vi.waitFor(() => expect(seen).toHaveBeenCalledOnce());
  await search("metformin");
  await screen.findByText("1 record found");
  expect(seen).toHaveBeenCalledOnce();
});

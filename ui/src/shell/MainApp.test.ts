import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import MainApp from "./MainApp.svelte";

const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

async function open(backend: Backend) {
  const session = await backend.session();
  if (!session.ok) throw new Error("no session");
  render(MainApp, { backend, person: session.value.person });
}

/** Copies come only when the test lets them. */
function slow() {
  const inner = fakeBackend();
  const waiting: (() => void)[] = [];
  const fetched = vi.fn();
  const backend: Backend = {
    ...inner,
    fetchRecord: async (id, told) => {
      fetched();
      await new Promise<void>((resolve) => waiting.push(resolve));
      return inner.fetchRecord(id, told);
    },
  };
  return { backend, fetched, next: () => waiting.shift()?.() };
}

test("copies go on coming when their page is left, and every page says so", async () => {
  const { backend, fetched, next } = slow();
  await open(backend);
  await press(/^My records/);
  await press("Fetch all 12 copies");
  expect(await screen.findByRole("progressbar")).toBeTruthy();
  await press("Settings");
  expect(await screen.findByRole("heading", { level: 1, name: "Settings" })).toBeTruthy();
  expect(screen.getByRole("progressbar")).toBeTruthy();
  for (let count = 1; count <= 12; count += 1) {
    await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(count));
    next();
  }
  expect(await screen.findByText("12 copies fetched and verified")).toBeTruthy();
  await press("Close");
  expect(screen.queryByText("12 copies fetched and verified")).toBeNull();
});

test("they are stopped from any page, and what came is kept", async () => {
  const { backend, fetched, next } = slow();
  const cancelled = vi.spyOn(backend, "cancelFetch");
  await open(backend);
  await press(/^My records/);
  await press("Fetch all 12 copies");
  await vi.waitFor(() => expect(fetched).toHaveBeenCalledOnce());
  next();
  await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(2));
  await press("Home");
  await press("Cancel");
  next();
  expect(await screen.findByText(/^Stopped/)).toBeTruthy();
  expect(cancelled).toHaveBeenCalledOnce();
  expect(fetched).toHaveBeenCalledTimes(2);
});

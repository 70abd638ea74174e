import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { good, type AccessRow } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import AccessView from "./AccessView.svelte";

test("a look says who, where, which person, at what and under which permission", async () => {
  const go = vi.fn();
  show(fakeBackend(), AccessView, { go });
  const look = within(
    (await screen.findByText("Lantern Pharmacy, 9 Fish Market, Saltmere", { selector: "h3" })).closest("article") ??
      document.body,
  );
  expect(look.getByText("Tom Adeyemi, pharmacist")).toBeTruthy();
  expect(look.getByText(/looked at 4 records: medicines/)).toBeTruthy();
  expect(look.getByText(/You allowed this on .* Why: To treat me/)).toBeTruthy();
  await userEvent.click(look.getByText("Show 4 records"));
  await userEvent.click(look.getByRole("button", { name: "Amlodipine 5 mg tablets" }));
  expect(go).toHaveBeenCalledWith(expect.objectContaining({ name: "record" }));
});

test("what does not fit a permission stands on top, with what to do", async () => {
  const backend = fakeBackend();
  const accessLog: typeof backend.accessLog = async (filter, page) => {
    const answer = await backend.accessLog({ ...filter, suspicious_only: false }, page);
    if (!answer.ok) return answer;
    const rows = answer.value.rows.map((row, at): AccessRow =>
      at === 0 ? { ...row, suspicion: "no_such_grant" } : row,
    );
    return good({ rows: filter.suspicious_only ? rows.slice(0, 1) : rows, next: null });
  };
  const go = vi.fn();
  show({ ...backend, accessLog }, AccessView, { go });
  const card = within(await screen.findByRole("region", { name: "You never gave this permission." }));
  expect(card.getByText(/Ask Tidewell Family Practice, 14 Quay Street, Saltmere/)).toBeTruthy();
  await userEvent.click(card.getByRole("button", { name: "See who can see" }));
  expect(go).toHaveBeenCalledWith({ name: "sharing" });
});

test("nobody has looked yet", async () => {
  show(fakeBackend({ empty: true }), AccessView, { go: vi.fn() });
  expect(await screen.findByText("Nobody has looked yet.")).toBeTruthy();
});

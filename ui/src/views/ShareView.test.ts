import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { bad, good, type Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import ShareView from "./ShareView.svelte";

let backend: Backend;
const go = vi.fn();
const back = vi.fn();
beforeEach(() => {
  backend = fakeBackend();
});

const open = (given: { request?: string; records?: string[]; provider?: string } = {}) =>
  show(backend, ShareView, {
    request: undefined,
    less: undefined,
    records: undefined,
    provider: undefined,
    ...given,
    go,
    back,
  });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

/** To the last step, by the ways that are recommended. */
async function toCheck(who: string | RegExp = /^Choose Abbey Gardens/): Promise<HTMLElement> {
  open();
  await press(who);
  await press("Next");
  await press("Check and sign");
  return screen.findByRole("heading", { level: 2, name: /^Give .* access\?$/ });
}

test("two of the same name are told apart by their place", async () => {
  open();
  const both = await screen.findAllByRole("button", { name: /^Choose Saltmere General Hospital/ });
  expect(both.map((button) => button.getAttribute("aria-label"))).toEqual([
    "Choose Saltmere General Hospital, 1 Infirmary Road, Saltmere",
    "Choose Saltmere General Hospital, 77 Harbour Way, Northport",
  ]);
});

test("every step begins at its heading", async () => {
  open();
  await press(/^Choose Abbey Gardens/);
  expect(document.activeElement).toBe(await screen.findByRole("heading", { level: 2, name: "What may they see?" }));
  await press("Next");
  expect(document.activeElement).toBe(await screen.findByRole("heading", { level: 2, name: "For how long?" }));
});

test("the preview names what they would see", async () => {
  open();
  await press(/^Choose Abbey Gardens/);
  const preview = within(await screen.findByRole("region", { name: "What they would see now" }));
  expect(await preview.findByText("Medicines: 6")).toBeTruthy();
  expect(preview.getByText(/Ramipril 5 mg capsules · Amlodipine/)).toBeTruthy();
  expect(preview.queryByText(/Vaccinations/)).toBeNull();
});

test("Enter on the heading signs nothing; only the button does", async () => {
  const sign = vi.spyOn(backend, "signProposal");
  const heading = await toCheck();
  expect(document.activeElement).toBe(heading);
  await userEvent.keyboard("{Enter}");
  expect(sign).not.toHaveBeenCalled();
  await press("Give access");
  expect(sign).toHaveBeenCalledOnce();
  expect(await screen.findByRole("heading", { name: /Abbey Gardens Specialist Clinic.* has access now/ })).toBeTruthy();
});

test("no form stands around the signing button", async () => {
  await toCheck();
  expect(screen.getByRole("button", { name: "Give access" }).closest("form")).toBeNull();
});

test("going back drops what was prepared and signs nothing", async () => {
  const [sign, drop] = [vi.spyOn(backend, "signProposal"), vi.spyOn(backend, "dropProposal")];
  await toCheck();
  await press("Go back");
  expect(drop).toHaveBeenCalledOnce();
  expect(sign).not.toHaveBeenCalled();
  expect(await screen.findByRole("heading", { name: "For how long?" })).toBeTruthy();
});

test("leaving the page drops it, too", async () => {
  const drop = vi.spyOn(backend, "dropProposal");
  const { unmount } = open();
  await press(/^Choose Abbey Gardens/);
  await press("Next");
  await press("Check and sign");
  await screen.findByRole("heading", { level: 2, name: /^Give .* access\?$/ });
  unmount();
  expect(drop).toHaveBeenCalledOnce();
});

test("without an answer of the ledger it is signed and on its way, and says so", async () => {
  backend = fakeBackend({ offline: true });
  await toCheck();
  await press("Give access");
  expect(await screen.findByRole("heading", { name: "Signed" })).toBeTruthy();
  expect(screen.getByText(/sent as soon as the ledger answers/)).toBeTruthy();
  expect(screen.getAllByText("On its way").length).toBeGreaterThan(0);
});

test("a refusal is no success; the ledger's own words are folded", async () => {
  const inner = backend.signProposal.bind(backend);
  backend.signProposal = async (id) => {
    const answer = await inner(id);
    if (!answer.ok) return answer;
    const grants = answer.value.grants.map((grant) => ({
      ...grant,
      progress: "refused" as const,
      reason: "too many grants",
    }));
    return good({ ...answer.value, grants });
  };
  await toCheck();
  await press("Give access");
  expect(await screen.findByRole("heading", { name: /did not get access/ })).toBeTruthy();
  expect(screen.getAllByText(/too many grants/)[0]?.closest("details")?.open).toBe(false);
});

test("who is not enrolled with the grantee gets a code to hand over", async () => {
  const copy = vi.spyOn(backend, "copyShareCode");
  await toCheck(/^Choose Saltmere General Hospital, 77 Harbour Way/);
  await press("Give access");
  await press("Copy the code");
  expect(copy).toHaveBeenCalledOnce();
  expect(await screen.findByText("The code is copied.")).toBeTruthy();
});

test("what cannot be prepared is told, and the choices stay", async () => {
  backend.proposeShare = () => Promise.resolve(bad("invalid_input", "no record fits"));
  open();
  await press(/^Choose Abbey Gardens/);
  await press("Next");
  await press("Check and sign");
  expect(await screen.findByText("This cannot be used as it is.")).toBeTruthy();
  expect(screen.getByRole("heading", { name: "For how long?" })).toBeTruthy();
});

test("a request is answered on the same page, without the steps before", async () => {
  const requests = await backend.requests(false);
  const id = requests.ok ? (requests.value[0]?.id ?? "") : "";
  open({ request: id });
  await screen.findByRole("heading", { level: 2, name: /^Give .* access\?$/ });
  expect(screen.queryByRole("navigation", { name: "Steps" })).toBeNull();
  await press("Give access");
  expect(await screen.findByText("Your answer to their request")).toBeTruthy();
});

test("records that were chosen elsewhere come along, and a search does not lose them", async () => {
  const page = await backend.records(
    { search: "penicillins", provider: null, kind: null, since: null, until: null, badge: null, all_versions: false },
    { after: null, limit: 1 },
  );
  const id = page.ok ? (page.value.rows[0]?.id ?? "") : "";
  const propose = vi.spyOn(backend, "proposeShare");
  open({ records: [id] });
  await press(/^Choose Abbey Gardens/);
  expect(await screen.findByText("1 record that you chose")).toBeTruthy();
  await userEvent.type(screen.getByLabelText("Search your records"), "discharge");
  await expect.poll(() => screen.queryByLabelText("Penicillins")).toBeNull();
  await userEvent.click(await screen.findByLabelText("Discharge letter"));
  expect(await screen.findByText("2 records that you chose")).toBeTruthy();
  await press("Next");
  await press("Check and sign");
  const [request] = propose.mock.calls[0] ?? [];
  expect(request?.scope).toMatchObject({ records: [id, expect.any(String)] });
});

import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { good, type Backend, type OverviewView } from "../backend";
import { FAKE_PASSPHRASE, fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import HomeView from "./HomeView.svelte";

const open = (backend: Backend, go = vi.fn()) => {
  show(backend, HomeView, { go });
  return go;
};
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const card = async (name: string) => within(await screen.findByRole("region", { name }));

/** The invented wallet, with some of its overview otherwise. */
async function otherwise(part: Partial<OverviewView>): Promise<Backend> {
  const backend = fakeBackend();
  const overview = await backend.overview();
  if (!overview.ok) throw new Error("no overview");
  return { ...backend, overview: () => Promise.resolve(good({ ...overview.value, ...part })) };
}

test("the page greets by name and says that nothing is missing", async () => {
  open(fakeBackend());
  const name = /^Good (morning|afternoon|evening), Amélia$/;
  expect(await screen.findByRole("heading", { level: 1, name })).toBeTruthy();
  expect(await screen.findByText(/^Checked with the ledger .* Nothing is missing\.$/)).toBeTruthy();
});

test("without a network and providers two steps lead to the records", async () => {
  const go = open(fakeBackend({ empty: true }));
  expect(await screen.findByRole("heading", { name: "Two steps to your records" })).toBeTruthy();
  expect(screen.queryByRole("region", { name: "Who can see" })).toBeNull();
  await press("Join a network");
  expect(go).toHaveBeenCalledWith({ name: "providers" });
});

test("after joining the first step is done and the second one offered", async () => {
  open(await otherwise({ relationships: 0 }));
  expect(await screen.findByText("Done")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Join a network" })).toBeNull();
  expect(screen.getByRole("button", { name: "Add a provider" })).toBeTruthy();
});

test("every card leads to its page", async () => {
  const go = open(fakeBackend());
  await press(/^Answer/);
  await press("Open My records");
  await press("Influenza vaccine 2026/27");
  await press(/^Stop Lantern Pharmacy/);
  await press("Give access");
  await press("Open Who looked");
  expect(go.mock.calls.map(([route]) => (route as { name: string }).name)).toEqual([
    "requests",
    "records",
    "record",
    "sharing",
    "share",
    "access",
  ]);
});

test("what does not match leads to the list of just that", async () => {
  const go = open(await otherwise({ mismatched_copies: 2 }));
  await press("Look 2 copies do not match");
  expect(go).toHaveBeenCalledWith({ name: "records", badge: "does_not_match" });
});

test("when nothing waits, that is said", async () => {
  const nothing = {
    requests: [],
    requests_waiting: 0,
    mismatched_copies: 0,
    words_checked: 1,
    ending: [],
    ending_soon: 0,
  };
  open(await otherwise({ ...nothing, new_records: { count: 0, newest: [] } }));
  expect((await card("To do")).getByText("Nothing waits for you.")).toBeTruthy();
});

test("a look that cannot be right stands first, in words", async () => {
  const backend = await otherwise({ suspicious: 1 });
  const inner = backend.accessLog.bind(backend);
  backend.accessLog = async (filter, page) => {
    const answer = await inner({ ...filter, suspicious_only: false }, page);
    const last = answer.ok ? answer.value.rows.at(1) : undefined;
    return good({ rows: last ? [{ ...last, suspicion: "out_of_time" }] : [], next: null });
  };
  open(backend);
  const looks = await card("Who looked");
  const wrong = looks.getByText("Your permission did not hold at that time.");
  const usual = looks.getByText(/Lantern Pharmacy/);
  expect(wrong.compareDocumentPosition(usual) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
});

test("what lapsed is read before it is signed once more", async () => {
  const backend = fakeBackend({ failed: true });
  const [proposed, signed, dropped] = [
    vi.spyOn(backend, "proposeAgain"),
    vi.spyOn(backend, "signAgain"),
    vi.spyOn(backend, "dropProposal"),
  ];
  open(backend);
  await press("Sign again");
  const dialog = within(await screen.findByRole("dialog"));
  expect(document.activeElement?.textContent).toMatch(/^Give Abbey Gardens .* access\?$/);
  expect(dialog.getByText(/^They can see your .*medicines/)).toBeTruthy();
  expect(signed).not.toHaveBeenCalled();
  await userEvent.click(dialog.getByRole("button", { name: "Go back" }));
  await vi.waitFor(() => expect(dropped).toHaveBeenCalledOnce());
  await press("Sign again");
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Sign again" }));
  expect(await screen.findByText("Signed again. It is done.")).toBeTruthy();
  expect(proposed).toHaveBeenCalledTimes(2);
  expect(signed).toHaveBeenCalledOnce();
  await vi.waitFor(() => expect(screen.queryByText("Access was not given")).toBeNull());
});

test("what was refused can only be taken off the list", async () => {
  const provider = { address: "mrp1", name: "Lantern Pharmacy", place: "9 Fish Market" };
  const failed = { purpose: "grant", provider, reason: "No such grant.", valid_until: 1, signed_at: 0 } as const;
  open(await otherwise({ failed: [{ ...failed, id: "b", state: "refused" }] }));
  const todo = await card("To do");
  expect(todo.getByRole("button", { name: "Take off the list" })).toBeTruthy();
  expect(todo.queryByRole("button", { name: "Sign again" })).toBeNull();
});

test("the words are shown for the right passphrase alone, which does not stay in the page", async () => {
  const backend = fakeBackend();
  const words = vi.spyOn(backend, "showWords");
  open(backend);
  await press("Check");
  const dialog = within(await screen.findByRole("dialog"));
  expect(document.activeElement).toBe(dialog.getByRole("heading"));
  const field = dialog.getByLabelText("Your passphrase", { selector: "input" });
  await userEvent.type(field, "nonsense{Enter}");
  expect(await dialog.findByText("This passphrase does not open the wallet.")).toBeTruthy();
  expect((field as HTMLInputElement).value).toBe("");
  await userEvent.type(field, `${FAKE_PASSPHRASE}{Enter}`);
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(words.mock.calls).toEqual([["nonsense"], [FAKE_PASSPHRASE]]);
});

test("a helper who asks to begin and accounts that are being moved come first, and lead to where one says no", async () => {
  const day = Math.floor(Date.now() / 1000) + 9 * 86_400;
  const provider = { address: "mrp1q", name: "Saltmere General", place: "" };
  const go = open(
    await otherwise({
      beginning: [{ name: "Mr. Okafor", begins_at: day }],
      recovery: { providers: [provider], due: day },
    }),
  );
  const todo = await card("To do");
  expect(todo.getByText("Mr. Okafor asks to begin acting for you")).toBeTruthy();
  expect(todo.getByText(/^If you did not ask for this, say no before /)).toBeTruthy();
  await press("Look Your guardians are moving your accounts to new keys");
  await press("Look Mr. Okafor");
  expect(go.mock.calls).toEqual([[{ name: "helpers" }], [{ name: "helpers" }]]);
});

import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { bad, good, type Backend } from "../backend";
import { fakeBackend } from "../backend/fake";
import WalletApp from "./WalletApp.svelte";

// The whole window is laid out for each, more than once.
vi.setConfig({ testTimeout: 20_000 });

const press = async (name: string | RegExp) => {
  const [first] = await screen.findAllByRole("button", { name });
  if (first) await userEvent.click(first);
};
const title = (name: string | RegExp) => screen.findByRole("heading", { level: 1, name });
const parts = () =>
  within(screen.getByRole("navigation"))
    .getAllByRole("button")
    .map((button) => button.textContent.trim());

async function open(backend: Backend) {
  render(WalletApp, { backend, session: await backend.session() });
}
async function help(button: string) {
  await press("Whom I help");
  await press(button);
}
async function sign(button: string) {
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(await dialog.findByRole("button", { name: button }));
}

test("another's wallet is shown under their name, with the parts that belong to it, and left again", async () => {
  const backend = fakeBackend();
  await open(backend);
  await help("Open their wallet: Rosa, my mother");
  expect(document.activeElement).toBe(await title("You help Rosa, my mother"));
  expect(screen.getAllByText("You act for Rosa, my mother").length).toBeGreaterThan(1);
  await screen.findByText("Letter after hip operation");
  const names = parts().join(" | ");
  expect(names).toContain("Who can see");
  for (const own of ["Whom I help", "Providers", "Settings"]) expect(names).not.toContain(own);
  await press(/^Records/);
  await title("Records of Rosa, my mother");
  expect(screen.queryByText(/Ramipril/)).toBeNull();
  await press("Back to my own wallet");
  await title(/Amélia/);
  expect(parts().join(" | ")).toContain("Whom I help");
});

test("an appointment is accepted, then asked to begin; until it begins there is nothing to see", async () => {
  await open(fakeBackend());
  await help("Look and accept: Uncle Benedek");
  await title("You help Uncle Benedek");
  expect(await screen.findByText("You see their records after you accept.")).toBeTruthy();
  expect(parts().some((name) => name.startsWith("Records"))).toBe(false);
  await press("Accept");
  const dialog = within(await screen.findByRole("dialog"));
  expect(await dialog.findByText(/You sign this for Uncle Benedek/)).toBeTruthy();
  await sign("Accept");
  const outcome = await screen.findByRole("group", { name: "What became of it" });
  expect(outcome.textContent).toContain("Accepted.");
  await press("Ask to begin");
  await sign("Ask to begin");
  expect(await screen.findByText(/^Begins on/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Ask to begin" })).toBeNull();
});

test("helping is given up, and the list says so", async () => {
  await open(fakeBackend());
  await help("Open their wallet: Rosa, my mother");
  await press("Give up helping");
  await sign("Give up helping");
  expect(await screen.findByText(/You gave it up/)).toBeTruthy();
});

test("a guardian agrees to a recovery with a code, and a wrong code is refused", async () => {
  await open(fakeBackend());
  await help("Open their wallet: Rosa, my mother");
  await userEvent.click(await screen.findByText("If they lost everything"));
  const field = screen.getByLabelText("The code that they gave you");
  await userEvent.type(field, "mrhelp1abc");
  await press("Agree to a recovery");
  expect(await screen.findByText(/not a code to take over/)).toBeTruthy();
  await press("Go back");
  await userEvent.clear(field);
  await userEvent.type(field, "mrtake1abc");
  await press("Agree to a recovery");
  await sign("Agree to a recovery");
  expect(await screen.findByText(/^You agreed/)).toBeTruthy();
});

test("when the wallet does not open, one is back where one asked for it and told why", async () => {
  const backend = fakeBackend();
  vi.spyOn(backend, "startHelping").mockResolvedValue(bad("disk", "The disk is full."));
  await open(backend);
  await help("Open their wallet: Rosa, my mother");
  expect(await screen.findByText("The disk is full.")).toBeTruthy();
  await title("Whom I help");
});

test("when it is not known whose wallet is in front, none is shown until it is", async () => {
  const backend = fakeBackend();
  await open(backend);
  const session = vi.spyOn(backend, "session").mockResolvedValueOnce(bad("internal", "No answer."));
  await help("Open their wallet: Rosa, my mother");
  expect(await screen.findByText(/No answer/)).toBeTruthy();
  expect(screen.queryByRole("navigation")).toBeNull();
  session.mockRestore();
  await press("Try again");
  await title("You help Rosa, my mother");
});

/** What "you" may not have: in another's wallet records, account, history and helpers are theirs. */
const OWNERS =
  /\byour (records|account|history|guardians|wallet|own looks)|my own looks|act for you|helps you|who helps me|to treat me|you (gave|allowed|have no guardians)|without asking you|you are told/i;

test.each([
  ["Who helps them", "Who helps Rosa, my mother", "May see the records of Rosa, my mother, give and stop access"],
  ["In an emergency", "In an emergency", "This holds for the records of Rosa, my mother with:"],
  ["Consent history", "Consent history of Rosa, my mother", "“the patient” is Rosa, my mother."],
  ["Who can see", "Who can see", "Can see all records of Rosa, my mother until"],
  ["Who looked", "Who looked", "Everyone who looked at the records of Rosa, my mother"],
])("in another's wallet %s says whose records they are", async (part, name, words) => {
  await open(fakeBackend());
  await help("Open their wallet: Rosa, my mother");
  await screen.findByText("Letter after hip operation");
  await press(part);
  await title(name);
  expect((await screen.findAllByText((text) => text.includes(words))).length).toBeGreaterThan(0);
  expect(screen.getByRole("main").textContent).not.toMatch(OWNERS);
});

test("letting somebody help another person, and their letter, say whose", async () => {
  await open(fakeBackend({ manages: true }));
  await help("Open their wallet: Rosa, my mother");
  await screen.findByText("Letter after hip operation");
  await press("Who helps them");
  await press("Let somebody help Rosa, my mother");
  await title("Let somebody help Rosa, my mother");
  await screen.findByLabelText("What they are to Rosa, my mother");
  expect(screen.getByRole("main").textContent).not.toMatch(OWNERS);
});

test("whoever may only look is offered nothing else, and is told so", async () => {
  const inner = fakeBackend();
  const appointments: Backend["appointments"] = async () => {
    const answer = await inner.appointments();
    return answer.ok ? good(answer.value.map((one) => ({ ...one, right: "see" as const }))) : answer;
  };
  await open({ ...inner, appointments });
  await help("Open their wallet: Rosa, my mother");
  expect(await screen.findByText(/^You may look here\./)).toBeTruthy();
  await press("Who can see");
  await title("Who can see");
  expect(screen.queryByRole("button", { name: /Give access|^Stop/ })).toBeNull();
  await press("Who helps them");
  await title(/helps/);
  expect(screen.queryByRole("button", { name: /^Let somebody help|^End/ })).toBeNull();
  await press("In an emergency");
  expect(await screen.findByText("What you were allowed does not include changing this.")).toBeTruthy();
});

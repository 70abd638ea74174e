import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { createRawSnippet, tick } from "svelte";
import { beforeEach, expect, test, vi } from "vitest";
import { setLanguage } from "../messages/index.svelte.ts";
import Button from "./Button.svelte";
import Checkboxes from "./Checkboxes.svelte";
import Chips from "./Chips.svelte";
import Dialog from "./Dialog.svelte";
import Field from "./Field.svelte";
import Radios from "./Radios.svelte";
import SearchField from "./SearchField.svelte";
import Select from "./Select.svelte";
import Toasts from "./Toasts.svelte";
import { closeToast, toast, toasts } from "./toasts.svelte.ts";

const words = (text: string) => createRawSnippet(() => ({ render: () => `<span>${text}</span>` }));
const doing = createRawSnippet(() => ({ render: () => `<button type="button">Give access</button>` }));

beforeEach(() => setLanguage("en", "en-GB"));

test("a dialog starts on its heading, so that Enter does nothing", async () => {
  const onclose = vi.fn();
  render(Dialog, { open: true, title: "Give access?", children: words("They can see."), actions: doing, onclose });
  await tick();
  const heading = screen.getByRole("heading", { name: "Give access?" });
  expect(document.activeElement).toBe(heading);
  const pressed = vi.fn();
  screen.getByRole("button", { name: "Give access" }).addEventListener("click", pressed);
  await userEvent.keyboard("{Enter}");
  expect(pressed).not.toHaveBeenCalled();
});

test("a dialog is named by its heading and tells when it was closed", async () => {
  const onclose = vi.fn();
  render(Dialog, { open: true, title: "Stop?", children: words("They cannot fetch more."), actions: doing, onclose });
  await tick();
  const dialog = screen.getByRole("dialog", { name: "Stop?" });
  if (!(dialog instanceof HTMLDialogElement)) throw new Error("not the native dialog");
  dialog.close();
  await vi.waitFor(() => expect(onclose).toHaveBeenCalledOnce());
});

test("Escape goes back from a question, but not from one that is being answered", async () => {
  const question = { open: true, title: "Stop?", children: words("They cannot fetch more."), actions: doing };
  const { rerender } = render(Dialog, { ...question, busy: true });
  const dialog = screen.getByRole("dialog", { name: "Stop?" });
  const escape = () => {
    const key = new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true });
    const cancel = new Event("cancel", { cancelable: true });
    return [dialog.dispatchEvent(key), dialog.dispatchEvent(cancel)];
  };
  expect(escape()).toEqual([false, false]);
  await rerender({ ...question, busy: false });
  expect(escape()).toEqual([true, true]);
});

test("a field for digits gives text, whatever is typed", async () => {
  const typed = { value: "" };
  render(Field, {
    label: "Days",
    type: "digits",
    get value() {
      return typed.value;
    },
    set value(value) {
      typed.value = value;
    },
  });
  const input = screen.getByLabelText<HTMLInputElement>("Days");
  expect(input.inputMode).toBe("numeric");
  await userEvent.type(input, "30");
  expect(typed.value).toBe("30");
  await userEvent.type(input, " days");
  expect(typed.value).toBe("30 days");
});

test("a field is described by its hint and its error", async () => {
  const { rerender } = render(Field, { label: "Name", value: "", hint: "As you want to be called." });
  const input = screen.getByLabelText("Name");
  const described = () =>
    (input.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent);
  expect(described()).toEqual(["As you want to be called."]);
  expect(input.hasAttribute("aria-invalid")).toBe(false);
  await rerender({ label: "Name", value: "", hint: "As you want to be called.", error: "Write a name." });
  expect(described()).toEqual(["As you want to be called.", "Write a name."]);
  expect(input.getAttribute("aria-invalid")).toBe("true");
});

test("a passphrase can be pasted, shown and hidden, and is never offered to the spelling checker", async () => {
  render(Field, { label: "Passphrase", value: "", type: "password" });
  const input = screen.getByLabelText("Passphrase", { selector: "input" });
  await userEvent.click(input);
  await userEvent.paste("river candle seven");
  expect((input as HTMLInputElement).value).toBe("river candle seven");
  expect(input.getAttribute("type")).toBe("password");
  expect(input.getAttribute("spellcheck")).toBe("false");
  await userEvent.click(screen.getByRole("button", { name: /^Show/ }));
  expect(input.getAttribute("type")).toBe("text");
  await userEvent.click(screen.getByRole("button", { name: /^Hide/ }));
  expect(input.getAttribute("type")).toBe("password");
});

test("a busy button keeps its place and does nothing more", async () => {
  const onclick = vi.fn();
  const { rerender } = render(Button, { children: words("Sign"), onclick });
  const button = screen.getByRole("button");
  await userEvent.click(button);
  await rerender({ children: words("Sign"), onclick, busy: true });
  await userEvent.click(button);
  expect(onclick).toHaveBeenCalledOnce();
  expect(button.getAttribute("aria-disabled")).toBe("true");
  expect(button.hasAttribute("disabled")).toBe(false);
});

test("choices keep the order in which they are offered", async () => {
  const onchange = vi.fn();
  const options = ["a", "b", "c"].map((value) => ({ value, label: value.toUpperCase() }));
  render(Checkboxes, { legend: "What?", options, value: ["c"], onchange });
  await userEvent.click(screen.getByLabelText("A"));
  expect(onchange).toHaveBeenLastCalledWith(["a", "c"]);
  await userEvent.click(screen.getByLabelText("C"));
  expect(onchange).toHaveBeenLastCalledWith(["a"]);
});

test("radio cards form one group with its question", async () => {
  const onchange = vi.fn();
  const options = [
    { value: "30", label: "30 days" },
    { value: "90", label: "90 days", note: "what most people choose" },
  ];
  render(Radios, { legend: "How long?", options, value: "30", onchange });
  expect(screen.getByRole("group", { name: "How long?" })).toBeTruthy();
  await userEvent.click(screen.getByLabelText("90 days"));
  expect(onchange).toHaveBeenCalledWith("90");
  expect(screen.getAllByRole("radio", { checked: true })).toHaveLength(1);
});

test("a list tells the value that was chosen", async () => {
  const onchange = vi.fn();
  const options = ["1", "5", "10"].map((value) => ({ value, label: `${value} minutes` }));
  render(Select, { label: "Lock after", options, value: "10", onchange });
  const select = screen.getByLabelText("Lock after");
  expect((select as HTMLSelectElement).value).toBe("10");
  await userEvent.selectOptions(select, "5 minutes");
  expect(onchange).toHaveBeenCalledWith("5");
});

test("a filter says which of it is on", async () => {
  const options = ["All", "Tests"].map((label) => ({ value: label, label }));
  render(Chips, { label: "Kind", options, value: "All" });
  await userEvent.click(screen.getByRole("button", { name: "Tests" }));
  expect(screen.getByRole("button", { name: "Tests" }).getAttribute("aria-pressed")).toBe("true");
  expect(screen.getByRole("button", { name: "All" }).getAttribute("aria-pressed")).toBe("false");
});

test("a search waits until the typing rests, and clearing does not wait", async () => {
  const onsearch = vi.fn();
  render(SearchField, { label: "Search", value: "", onsearch });
  await userEvent.type(screen.getByLabelText("Search"), "met");
  await vi.waitFor(() => expect(onsearch).toHaveBeenCalledWith("met"));
  expect(onsearch).toHaveBeenCalledOnce();
  await userEvent.click(screen.getByRole("button"));
  expect(onsearch).toHaveBeenLastCalledWith("");
});

test("danger is said at once and stays; a calm notice leaves by itself", async () => {
  vi.useFakeTimers();
  try {
    render(Toasts);
    toast("Access was stopped.");
    toast("This record does not match.", "danger");
    await tick();
    expect(screen.getByRole("status").textContent).toContain("Access was stopped.");
    expect(screen.getByRole("alert").textContent).toContain("does not match");
    vi.advanceTimersByTime(60_000);
    expect(toasts().map(({ tone }) => tone)).toEqual(["danger"]);
    for (const { id } of [...toasts()]) closeToast(id);
  } finally {
    vi.useRealTimers();
  }
});

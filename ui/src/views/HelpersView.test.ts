import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { fakeBackend } from "../backend/fake";
import { show } from "../domain/testing/show";
import AppointView from "./AppointView.svelte";
import GuardiansView from "./GuardiansView.svelte";
import HelpersView from "./HelpersView.svelte";

const button = (name: string | RegExp) => screen.findByRole("button", { name });

describe("who helps me", () => {
  it("names helpers, what they may do, and ends their help when that was read and signed", async () => {
    const backend = fakeBackend();
    show(backend, HelpersView, { go: vi.fn() });
    await screen.findByRole("heading", { name: /Inês Ferreira, daughter/ });
    await fireEvent.click(await button("End this help: Inês Ferreira"));
    await screen.findByRole("heading", { name: "End the help of Inês Ferreira?" });
    const sign = (await screen.findAllByRole("button", { name: "End this help" })).at(-1);
    if (sign) await fireEvent.click(sign);
    await screen.findByText("Inês Ferreira cannot act for you any more, and sees nothing new.");
    await waitFor(() => expect(screen.queryByRole("heading", { name: /Inês Ferreira, daughter/ })).toBeNull());
  });

  it("lets somebody help with their code, and says what is wrong with another text", async () => {
    const backend = fakeBackend();
    show(backend, AppointView, { back: vi.fn() });
    const code = await screen.findByLabelText("Their code");
    await fireEvent.input(code, { target: { value: "hello" } });
    await screen.findByText(/^This is not the code that belongs here/);
    expect(code.getAttribute("aria-invalid")).toBe("true");
    await fireEvent.click(await button("Check and sign"));
    await screen.findByText(/it begins with mrhelp1/);
    await fireEvent.click((await screen.findAllByRole("button", { name: "Go back" })).at(-1) as HTMLElement);
    await fireEvent.input(code, { target: { value: "mrhelp1qqqq" } });
    await screen.findByText("From Jana");
    await fireEvent.click(await button("Check and sign"));
    await fireEvent.click(await button("Let them help"));
    await screen.findByText("Done. Now they have to accept in their own wallet.");
    const listed = await backend.delegates();
    expect(listed.ok && listed.value.at(-1)?.state).toBe("invited");
  });

  it("takes guardians only with a code for each, no two alike", async () => {
    const backend = fakeBackend();
    show(backend, GuardiansView, { back: vi.fn() });
    await fireEvent.click(await button("One fewer"));
    await fireEvent.input(await screen.findByLabelText("Code of guardian 1"), { target: { value: "mrhelp1aa" } });
    await fireEvent.input(await screen.findByLabelText("Code of guardian 2"), { target: { value: "mrhelp1aa" } });
    await screen.findByText(/The same code stands here twice/);
    expect(await button("Check and sign")).toHaveProperty("disabled", true);
    await fireEvent.input(await screen.findByLabelText("Code of guardian 2"), { target: { value: "mrhelp1bb" } });
    await fireEvent.click(await button("Check and sign"));
    await fireEvent.click(await button("Choose these guardians"));
    await screen.findByText("Your guardians are chosen.");
  });
});

import { render, screen } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import ProblemBanner from "./ProblemBanner.svelte";

test("a problem says what happened and what to do, and keeps the program's sentence folded", () => {
  const onRetry = vi.fn();
  const problem = { code: "node_away", detail: "connection refused: 127.0.0.1:9" } as const;
  render(ProblemBanner, { problem, onRetry });
  expect(screen.getByRole("status").textContent).toContain("does not answer");
  expect(screen.getByText(problem.detail).closest("details")?.open).toBe(false);
  screen.getByRole("button", { name: "Try again" }).click();
  expect(onRetry).toHaveBeenCalledOnce();
});

test("what is false is told as an alert", () => {
  render(ProblemBanner, { problem: { code: "verification_failed", detail: "a dropped entry" } });
  expect(screen.getByRole("alert").textContent).toContain("false");
});

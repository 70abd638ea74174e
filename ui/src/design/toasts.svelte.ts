/*
 * Short notices of results. A notice that asks for something, or tells of danger, stays until it is closed; the others
 * leave after twelve seconds, which reading does not have to race: the same result is visible on the page.
 */
import type { Tone } from "./icon.ts";

export type Toast = {
  id: number;
  tone: Exclude<Tone, "neutral">;
  words: string;
  action?: { words: string; run: () => unknown };
};

const STAYS_MS = 12_000;
let next = 1;
const shown = $state<Toast[]>([]);

export const toasts = (): readonly Toast[] => shown;

export function closeToast(id: number): void {
  const at = shown.findIndex((toast) => toast.id === id);
  if (at >= 0) shown.splice(at, 1);
}

export function toast(words: string, tone: Toast["tone"] = "good", action?: Toast["action"]): void {
  const id = next++;
  shown.push(action ? { id, tone, words, action } : { id, tone, words });
  if (!action && tone !== "danger") setTimeout(() => closeToast(id), STAYS_MS);
}

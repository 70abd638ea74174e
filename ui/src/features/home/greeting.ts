/* A greeting by the time of day. */
import { m } from "../../messages/index.svelte.ts";

const NOON = 12;
const EVENING = 18;
const MORNING = 5;

export function greeting(label: string, hour: number): string {
  const name = label.trim().split(/\s+/)[0] ?? "";
  if (hour < MORNING || hour >= EVENING) return m.home_evening({ name });
  return hour < NOON ? m.home_morning({ name }) : m.home_afternoon({ name });
}

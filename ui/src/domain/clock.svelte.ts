/* The time as pages show it: "2 minutes ago" becomes "3 minutes ago" while one looks. */
import type { Seconds } from "../messages/format.ts";

const EVERY_MS = 20_000;

/** Ticks as long as the component that asks for it is there. */
export function useClock(): { readonly now: Seconds } {
  let now = $state(Date.now() / 1000);
  $effect(() => {
    const timer = setInterval(() => (now = Date.now() / 1000), EVERY_MS);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      return now;
    },
  };
}

/* Tells the program below that somebody is there, so that the wallet does not lock under their hands. */
import type { Backend } from "../../backend";

/** Between two signs of life. */
const PAUSE_MS = 20_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"] as const;

/** Until the returned function is called. */
export function tellPresence(backend: Pick<Backend, "stillHere">, now: () => number = Date.now): () => void {
  let told = Number.NEGATIVE_INFINITY;
  const tell = () => {
    if (now() - told < PAUSE_MS) return;
    told = now();
    void backend.stillHere();
  };
  for (const sign of SIGNS) window.addEventListener(sign, tell, { passive: true });
  return () => {
    for (const sign of SIGNS) window.removeEventListener(sign, tell);
  };
}

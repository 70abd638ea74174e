/* Acting for somebody in the invented town: while the wallet of somebody else is in front, every question means it. */
import type { Backend } from "..";
import { ROSA, type FakeHelping } from "./helping";
import { ROSAS } from "./rosa";
import type { Helped } from "./wallet";

/** Settings are of the window, not of a wallet. */
const OF_THE_WINDOW = new Set<keyof Backend>(["settings", "changeSettings", "onSettings"]);

/** `open` makes the wallet of somebody who is helped, when it is opened first. */
export function actingBackend(own: Backend, helping: FakeHelping, open: (whose: Helped) => Backend): Backend {
  const worlds = new Map<number, Backend>();
  const front = (): Backend => {
    const person = helping.person(helping.now);
    if (!person) return own;
    let world = worlds.get(person.number);
    if (!world) {
      world = open({
        label: () => helping.person(person.number)?.label ?? person.label,
        providers: person.appointments.map(({ provider }) => provider),
        written: person.number === ROSA ? ROSAS : [],
      });
      worlds.set(person.number, world);
    }
    return world;
  };
  type Any = (...args: unknown[]) => unknown;
  const asked = Object.keys(own).map((name) => {
    const key = name as keyof Backend;
    const { [key]: mine } = own;
    if (typeof mine !== "function" || OF_THE_WINDOW.has(key)) return [name, mine];
    return [name, (...args: unknown[]) => (front()[key] as Any)(...args)];
  });
  return Object.fromEntries(asked) as Backend;
}

/*
 * Where in the wallet one is. Not an address: nothing of it is written anywhere, and a page cannot be opened from
 * outside. Going to a page of the side navigation starts a new path; a page reached from another can be gone back from.
 */
import type { AllowLess, Badge } from "../backend";

export type Route =
  | { name: "home" }
  | { name: "records"; badge?: Badge }
  | { name: "record"; id: string }
  | { name: "share"; request?: string; less?: AllowLess; records?: string[]; provider?: string }
  | { name: "sharing" }
  | { name: "requests" }
  | { name: "access" }
  | { name: "providers" }
  | { name: "helpers" }
  | { name: "appoint" }
  | { name: "guardians" }
  | { name: "helping" }
  | { name: "emergency" }
  | { name: "disputes" }
  | { name: "history" }
  | { name: "keys" }
  | { name: "hands" }
  | { name: "settings" };

/** Enough for any real path; a bound, so that a long day does not grow it for ever. */
const KEPT = 50;

export class Router {
  #path = $state.raw<readonly Route[]>([{ name: "home" }]);

  readonly current: Route = $derived(this.#path.at(-1) ?? { name: "home" });
  readonly canGoBack: boolean = $derived(this.#path.length > 1);

  go(route: Route): void {
    if (sameRoute(route, this.current)) return;
    this.#path = [...this.#path, route].slice(-KEPT);
  }

  /** To the page before; from the first one, home. */
  back(): void {
    this.#path = this.#path.length > 1 ? this.#path.slice(0, -1) : [{ name: "home" }];
  }

  /** Forgets where one was, as when the wallet is locked. */
  reset(): void {
    this.#path = [{ name: "home" }];
  }
}

/** Changes exactly when another page is shown. */
export function routeKey(route: Route): string {
  switch (route.name) {
    case "records":
      return route.badge === undefined ? route.name : `records ${route.badge}`;
    case "record":
      return `record ${route.id}`;
    case "share":
      return `share ${route.request ?? ""} ${route.provider ?? ""} ${(route.records ?? []).join(" ")}`;
    case "home":
    case "sharing":
    case "requests":
    case "access":
    case "providers":
    case "settings":
    case "helpers":
    case "appoint":
    case "guardians":
    case "helping":
    case "emergency":
    case "disputes":
    case "history":
    case "keys":
    case "hands":
      return route.name;
  }
}

const sameRoute = (a: Route, b: Route): boolean => routeKey(a) === routeKey(b);

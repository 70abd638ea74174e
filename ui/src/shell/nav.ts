import type { IconComponent } from "../design/icon.ts";

/** One line of the side navigation. */
export type NavItem = {
  id: string;
  label: string;
  icon: IconComponent;
  onselect: () => unknown;
  /** How many new things wait there; 0 or absent shows nothing. */
  count?: number | undefined;
};

import type { IconComponent } from "./icon.ts";

/** One card of Radios, Checkboxes or Chips. */
export type Choice<Value extends string> = {
  value: Value;
  label: string;
  /** A softer line below the label. */
  note?: string | undefined;
  icon?: IconComponent | undefined;
  disabled?: boolean | undefined;
};

/* The sizes of text, in words. */
import type { TextSize } from "../../backend";
import { m } from "../../messages/index.svelte.ts";

export const sizes = (): { value: TextSize; label: string }[] => [
  { value: "normal", label: m.door_size_normal() },
  { value: "larger", label: m.door_size_larger() },
  { value: "large", label: m.door_size_large() },
  { value: "largest", label: m.door_size_largest() },
];

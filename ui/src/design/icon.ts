/* What a component asks of an icon. Those of `@lucide/svelte/icons/<name>` fit. Words always stand beside an icon. */
import type { Component } from "svelte";

export type IconComponent = Component<{ size?: number | string; class?: string }>;

export type Tone = "neutral" | "info" | "good" | "wait" | "danger";

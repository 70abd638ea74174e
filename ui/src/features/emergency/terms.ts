/* What emergency care may see: the same with every provider, or not, and what the person chooses. Pure. */
import type { Act, EmergencyView, ProviderName, RecordKind } from "../../backend";
import { ALL_KINDS } from "../../domain/terms";

/** One rule and the providers with whom it holds. No kinds listed means everything. */
export interface Rule {
  allowed: boolean;
  kinds: readonly RecordKind[];
  providers: readonly ProviderName[];
}

export type Chosen = "off" | "essentials" | "kinds" | "everything";

const ESSENTIALS: readonly RecordKind[] = ["medication", "allergy", "problem"];

/** Kinds in the usual order, each once; all of them are everything only if the rule says so. */
const ordered = (kinds: readonly RecordKind[]): RecordKind[] => ALL_KINDS.filter((kind) => kinds.includes(kind));

const sameKinds = (a: readonly RecordKind[], b: readonly RecordKind[]): boolean =>
  ordered(a).join() === ordered(b).join();

/** Two rules that mean the same; of one that allows nothing its kinds do not matter. */
const same = (a: Omit<Rule, "providers">, b: Omit<Rule, "providers">): boolean =>
  a.allowed === b.allowed && (!a.allowed || sameKinds(a.kinds, b.kinds));

/** The rules that hold, each once with its providers, in the order in which they come. */
export function rulesOf(views: readonly EmergencyView[]): Rule[] {
  const rules: (Rule & { providers: ProviderName[] })[] = [];
  for (const { provider, allowed, kinds } of views) {
    const known = rules.find((rule) => same(rule, { allowed, kinds }));
    if (known) known.providers.push(provider);
    else rules.push({ allowed, kinds: allowed ? ordered(kinds) : [], providers: [provider] });
  }
  return rules;
}

/** Which choice a rule is. */
export function chosenOf({ allowed, kinds }: Rule): Chosen {
  if (!allowed) return "off";
  if (kinds.length === 0) return "everything";
  return sameKinds(kinds, ESSENTIALS) ? "essentials" : "kinds";
}

export type SetEmergency = Extract<Act, { act: "set_emergency" }>;

/** The decision; none while no kind is chosen. */
export function decision(chosen: Chosen, kinds: readonly RecordKind[]): SetEmergency | null {
  if (chosen === "kinds" && kinds.length === 0) return null;
  return {
    act: "set_emergency",
    allowed: chosen !== "off",
    kinds: chosen === "essentials" ? [...ESSENTIALS] : chosen === "kinds" ? ordered(kinds) : [],
  };
}

/** Whether all providers have it so already. */
export const holds = (rules: readonly Rule[], act: SetEmergency): boolean =>
  rules.length === 1 && rules.every((rule) => same(rule, act));

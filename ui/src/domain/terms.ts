/* The closed lists of the program below in the person's words. Each table has every member: the compiler sees to it. */
import CircleAlert from "@lucide/svelte/icons/circle-alert";
import FileText from "@lucide/svelte/icons/file-text";
import FlaskConical from "@lucide/svelte/icons/flask-conical";
import Files from "@lucide/svelte/icons/files";
import HeartPulse from "@lucide/svelte/icons/heart-pulse";
import History from "@lucide/svelte/icons/history";
import ImageIcon from "@lucide/svelte/icons/image";
import EyeOff from "@lucide/svelte/icons/eye-off";
import Pill from "@lucide/svelte/icons/pill";
import Scissors from "@lucide/svelte/icons/scissors";
import ShieldCheck from "@lucide/svelte/icons/shield-check";
import Stethoscope from "@lucide/svelte/icons/stethoscope";
import Syringe from "@lucide/svelte/icons/syringe";
import TriangleAlert from "@lucide/svelte/icons/triangle-alert";
import CloudDownload from "@lucide/svelte/icons/cloud-download";
import type { AccessRow, Badge, ProviderName, ProviderView, RecordKind, Suspicion, Why } from "../backend";
import type { IconComponent, Tone } from "../design/icon.ts";
import type { WhoseWords } from "./helped";
import { m } from "../messages/index.svelte.ts";

interface Term {
  icon: IconComponent;
  words: () => string;
}

export const KINDS = {
  medication: { icon: Pill, words: m.term_kind_medication },
  allergy: { icon: TriangleAlert, words: m.term_kind_allergy },
  problem: { icon: HeartPulse, words: m.term_kind_problem },
  observation: { icon: FlaskConical, words: m.term_kind_observation },
  immunization: { icon: Syringe, words: m.term_kind_immunization },
  procedure: { icon: Scissors, words: m.term_kind_procedure },
  document: { icon: FileText, words: m.term_kind_document },
  imaging: { icon: ImageIcon, words: m.term_kind_imaging },
  visit: { icon: Stethoscope, words: m.term_kind_visit },
  other: { icon: Files, words: m.term_kind_other },
} as const satisfies Record<RecordKind, Term>;

/** Every kind, in the order in which people think of them. */
export const ALL_KINDS = Object.keys(KINDS) as RecordKind[];

export const BADGES = {
  verified: { icon: ShieldCheck, tone: "good", words: m.term_badge_verified },
  not_fetched: { icon: CloudDownload, tone: "neutral", words: m.term_badge_not_fetched },
  does_not_match: { icon: CircleAlert, tone: "danger", words: m.term_badge_does_not_match },
  superseded: { icon: History, tone: "neutral", words: m.term_badge_superseded },
  cannot_be_read: { icon: EyeOff, tone: "wait", words: m.term_badge_cannot_be_read },
} as const satisfies Record<Badge, Term & { tone: Tone }>;

export const WHY = {
  treatment: m.term_why_treatment,
  coordination: m.term_why_coordination,
  second_opinion: m.term_why_second_opinion,
  payment: m.term_why_payment,
  research: m.term_why_research,
  patient_request: m.term_why_patient_request,
} as const satisfies Record<Why, () => string>;

export const SUSPICIONS = {
  no_such_grant: m.term_suspicion_no_such_grant,
  other_provider: m.term_suspicion_other_provider,
  out_of_time: m.term_suspicion_out_of_time,
  out_of_scope: m.term_suspicion_out_of_scope,
  not_allowed: m.term_suspicion_not_allowed,
  unknown_record: m.term_suspicion_unknown_record,
} as const satisfies Record<Suspicion, () => string>;

/** Why, in the words of the owner, or of whoever helps them. */
export function whyWords(why: Why, words: WhoseWords): string {
  switch (why) {
    case "treatment":
      return words(WHY.treatment, m.helping_why_treatment);
    case "coordination":
      return words(WHY.coordination, m.helping_why_coordination);
    case "patient_request":
      return words(WHY.patient_request, m.helping_why_patient_request);
    case "second_opinion":
    case "payment":
    case "research":
      return WHY[why]();
  }
}

/** What is wrong about a look, in the words of the owner, or of whoever helps them. */
export function suspicionWords(suspicion: Suspicion, words: WhoseWords): string {
  switch (suspicion) {
    case "no_such_grant":
      return words(SUSPICIONS.no_such_grant, m.helping_suspicion_no_such_grant);
    case "other_provider":
      return words(SUSPICIONS.other_provider, m.helping_suspicion_other_provider);
    case "out_of_scope":
      return words(SUSPICIONS.out_of_scope, m.helping_suspicion_out_of_scope);
    case "out_of_time":
      return words(SUSPICIONS.out_of_time, m.helping_suspicion_out_of_time);
    case "not_allowed":
    case "unknown_record":
      return SUSPICIONS[suspicion]();
  }
}

/** Among others in a sentence, where commas stand between them. */
export const nameAmongOthers = (provider: ProviderName): string =>
  provider.place === "" ? provider.name : `${provider.name} (${provider.place})`;

/** Two may share a name: the place always stands beside it. */
export const fullName = (provider: ProviderName): string =>
  provider.place === "" ? provider.name : `${provider.name}, ${provider.place}`;

/** True for a provider with whom there is an account that was not closed. */
export const hasAccount = ({ relationship }: ProviderView): boolean =>
  relationship !== null && relationship.closed_at === null;

/** Who looked: a provider, a helper by name, or the person; `helped` is who that is, while somebody acts for them. */
export function whoLooked(look: AccessRow, helped: string | null): string {
  if (look.recipient) return fullName(look.recipient);
  if (look.basis !== "delegate") return helped ?? m.access_you();
  return helped === null
    ? m.access_helper({ name: look.name })
    : m.helping_access_helper({ name: look.name, whom: helped });
}

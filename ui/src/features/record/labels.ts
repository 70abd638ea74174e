/* What each line of a readable record is called. Every label has words: the compiler sees to it. */
import type { Label, SummaryLine } from "../../backend";
import { statusWords } from "../../domain/status";
import { partialDate } from "../../messages/format.ts";
import { m } from "../../messages/index.svelte.ts";

export const LABELS = {
  what: m.record_label_what,
  value: m.record_label_value,
  status: m.record_label_status,
  certainty: m.record_label_certainty,
  date: m.record_label_date,
  until: m.record_label_until,
  recorded: m.record_label_recorded,
  reason: m.record_label_reason,
  dose: m.record_label_dose,
  quantity: m.record_label_quantity,
  criticality: m.record_label_criticality,
  reaction: m.record_label_reaction,
  severity: m.record_label_severity,
  interpretation: m.record_label_interpretation,
  "usual-range": m.record_label_usual_range,
  conclusion: m.record_label_conclusion,
  "body-site": m.record_label_body_site,
  lot: m.record_label_lot,
  author: m.record_label_author,
  place: m.record_label_place,
  note: m.record_label_note,
  "birth-date": m.record_label_birth_date,
  sex: m.record_label_sex,
  address: m.record_label_address,
  contact: m.record_label_contact,
  code: m.record_label_code,
} as const satisfies Record<Label, () => string>;

const DATES = new Set<Label>(["date", "until", "recorded", "birth-date"]);

const CODES = new Set<Label>(["status", "certainty"]);

function valueOf({ label, value }: SummaryLine): string {
  if (DATES.has(label)) return partialDate(value);
  return CODES.has(label) ? statusWords(value) : value;
}

/** Lines as rows of a form: dates and states as people say them, all else in the record's own words. */
export const rows = (lines: readonly SummaryLine[]): { label: string; value: string }[] =>
  lines.map((line) => ({ label: LABELS[line.label](), value: valueOf(line) }));

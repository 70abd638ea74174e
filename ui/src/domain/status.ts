/* How a record stands, in words: the codes of FHIR that people meet. Any other stays as its writer wrote it. */
import { m } from "../messages/index.svelte.ts";

const STATUSES: Readonly<Record<string, () => string>> = {
  active: m.term_status_active,
  amended: m.term_status_amended,
  booked: m.term_status_booked,
  cancelled: m.term_status_cancelled,
  completed: m.term_status_completed,
  confirmed: m.term_status_confirmed,
  corrected: m.term_status_corrected,
  current: m.term_status_current,
  differential: m.term_status_differential,
  "entered-in-error": m.term_status_entered_in_error,
  final: m.term_status_final,
  finished: m.term_status_finished,
  "in-progress": m.term_status_in_progress,
  inactive: m.term_status_inactive,
  "not-done": m.term_status_not_done,
  "on-hold": m.term_status_on_hold,
  planned: m.term_status_planned,
  preliminary: m.term_status_preliminary,
  provisional: m.term_status_provisional,
  refuted: m.term_status_refuted,
  resolved: m.term_status_resolved,
  scheduled: m.term_status_scheduled,
  stopped: m.term_status_stopped,
  superseded: m.term_status_superseded,
  unconfirmed: m.term_status_unconfirmed,
};

export const statusWords = (status: string): string => STATUSES[status]?.() ?? status;

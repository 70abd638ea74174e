/* What waits, in words. Each table has every member of its closed list: the compiler sees to it. */
import type { Notice, OverviewView, PendingState, Purpose, RequestView } from "../../backend";
import { ago, type Seconds } from "../../messages/format.ts";
import { m } from "../../messages/index.svelte.ts";

export const NOTICES = {
  backup_vault_used: m.home_notice_backup_vault_used,
  vault_older: m.home_notice_vault_older,
  data_older: m.home_notice_data_older,
  data_gone: m.home_notice_data_gone,
} as const satisfies Record<Notice, () => string>;

export const PURPOSES = {
  grant: m.home_failed_grant,
  revoke: m.home_failed_revoke,
  answer: m.home_failed_answer,
  delegate: m.home_failed_decision,
  end_delegation: m.home_failed_decision,
  answer_delegation: m.home_failed_decision,
  ask_activation: m.home_failed_decision,
  refuse_activation: m.home_failed_decision,
  set_guardians: m.home_failed_decision,
  approve_recovery: m.home_failed_decision,
  veto_recovery: m.home_failed_decision,
  set_emergency: m.home_failed_decision,
  dispute: m.home_failed_decision,
  rotate_viewing_key: m.home_failed_decision,
  rotate_keys: m.home_failed_decision,
  set_handover: m.home_failed_decision,
  show_life: m.home_failed_decision,
  close_relationship: m.home_failed_decision,
} as const satisfies Record<Purpose, () => string>;

export const WHY_NOT = {
  waiting: m.home_failed_waiting,
  refused: m.home_failed_refused,
  lapsed: m.home_failed_lapsed,
} as const satisfies Record<PendingState, () => string>;

/** Where, for how long, since when. */
export const requestNote = (request: RequestView, now: Seconds): string =>
  [
    request.provider.place,
    m.home_asks_days({ count: request.days }),
    m.home_asked({ when: ago(request.asked_at, Math.max(now, request.asked_at)) }),
  ]
    .filter((words) => words !== "")
    .join(" · ");

/** True when the person has nothing to do at all. */
export const nothingWaits = (overview: OverviewView): boolean =>
  overview.requests_waiting === 0 &&
  overview.failed.length === 0 &&
  overview.mismatched_copies === 0 &&
  overview.new_records.count === 0 &&
  overview.words_checked !== null &&
  overview.beginning.length === 0 &&
  overview.recovery === null &&
  overview.ending_soon === 0 &&
  overview.notices.length === 0 &&
  overview.unreadable === 0;

/* Filters that leave nothing out: the rest is made from them. */
import type { AccessFilter, RecordFilter } from "../bindings";

export const EVERY_RECORD: Readonly<RecordFilter> = {
  search: null,
  provider: null,
  kind: null,
  since: null,
  until: null,
  badge: null,
  all_versions: false,
};

export const EVERY_LOOK: Readonly<AccessFilter> = {
  recipient: null,
  publisher: null,
  since: null,
  until: null,
  suspicious_only: false,
};

/* Look-ups put in order for reading. Pure: time comes as an argument. */
import type { AccessedRecord, AccessRow, GrantView, ProviderName, RecordKind, SharingView } from "../../backend";
import { ALL_KINDS } from "../../domain/terms";

export type Period = "any" | "week" | "month" | "year";

const DAY_SECONDS = 86_400;
const DAYS = { week: 7, month: 30, year: 365 } as const;

/** First second of a period that ends now; null for any time. */
export const since = (period: Period, now: number): number | null =>
  period === "any" ? null : Math.floor(now) - DAYS[period] * DAY_SECONDS;

/** Kinds of what was looked at, each once, in the usual order. */
export function kindsOf(records: readonly AccessedRecord[]): RecordKind[] {
  const there = new Set(records.map(({ kind }) => kind));
  return ALL_KINDS.filter((kind) => there.has(kind));
}

/** Those who could be asked about: everybody who may or might see something, and everybody in the rows; by name. */
export function lookers(sharing: readonly SharingView[], rows: readonly AccessRow[]): ProviderName[] {
  const known = new Map<string, ProviderName>();
  for (const { grantee } of sharing) known.set(grantee.address, grantee);
  for (const { recipient } of rows) if (recipient) known.set(recipient.address, recipient);
  return [...known.values()].sort((a, b) => a.name.localeCompare(b.name) || a.place.localeCompare(b.place));
}

/** Permissions by their name, to say under which one somebody looked. */
export const grantsById = (sharing: readonly SharingView[]): ReadonlyMap<string, GrantView> =>
  new Map(sharing.flatMap(({ grants }) => grants.map((grant) => [grant.id, grant] as const)));

/** A look-up has no name of its own; this one is the same whenever it is read again. */
export const keyOf = (row: AccessRow): string =>
  [
    row.publisher.address,
    row.recipient?.address ?? "",
    row.at,
    row.written_at,
    row.basis === "grant" ? row.grant : "",
    ...row.records.map(({ id }) => id ?? ""),
  ].join(" ");

/* The invented town: providers, and small helpers to make ids and sizes that look real and are the same each time. */
import type { ProviderName, RecordKind, RecordRow } from "../../bindings";

export const DAY = 86_400;

/** The passphrase of the invented people. */
export const FAKE_PASSPHRASE = "lantern quay marmalade tide otter";

const provider = (address: string, name: string, place: string): ProviderName => ({ address, name, place });

export const HOSPITAL = provider(
  "mrp1qsaltmere0general0hospital00000000",
  "Saltmere General Hospital",
  "1 Infirmary Road, Saltmere",
);
export const PRACTICE = provider(
  "mrp1qtidewell0family0practice000000000",
  "Tidewell Family Practice",
  "14 Quay Street, Saltmere",
);
export const PHARMACY = provider(
  "mrp1qlantern0pharmacy0000000000000000",
  "Lantern Pharmacy",
  "9 Fish Market, Saltmere",
);
export const CLINIC = provider(
  "mrp1qabbey0gardens0clinic00000000000",
  "Abbey Gardens Specialist Clinic",
  "3 Abbey Gardens, Market Aldwick",
);
/** Shares its name with the hospital: only the place tells them apart. */
export const OTHER_HOSPITAL = provider(
  "mrp1qsaltmere0general0northport000000",
  "Saltmere General Hospital",
  "77 Harbour Way, Northport",
);

export const DIRECTORY: readonly ProviderName[] = [CLINIC, PHARMACY, HOSPITAL, OTHER_HOSPITAL, PRACTICE];

/** So many hexadecimal digits that follow from a text. Looks only: nothing is hashed here. */
export function digits(text: string, count: number): string {
  let state = 2_166_136_261;
  let made = "";
  for (let round = 0; made.length < count; round += 1) {
    for (const sign of `${text}${String(round)}`)
      state = Math.imul(state ^ (sign.codePointAt(0) ?? 0), 16_777_619) >>> 0;
    made += state.toString(16).padStart(8, "0");
  }
  return made.slice(0, count);
}

/** A date as FHIR writes it, as seconds. */
export const seconds = (date: string): number => Math.floor(Date.parse(`${date}T10:00:00Z`) / 1000);

export interface Written {
  provider: ProviderName;
  kind: RecordKind;
  title: string;
  date: string;
  author?: string;
  status?: string;
  type?: string;
  media?: string;
  size?: number;
  copy?: "verified" | "altered";
  /** Number of versions; older ones stand in its history. */
  versions?: number;
  lines?: readonly (readonly [string, string])[];
}

export function row(written: Written): RecordRow {
  const id = digits(`${written.provider.address}${written.title}${written.date}`, 32);
  return {
    id,
    provider: written.provider,
    kind: written.kind,
    title: written.title,
    fhir_type: written.type ?? null,
    status: written.status ?? null,
    date: written.date,
    author: written.author ?? null,
    place: null,
    media_type: written.media ?? "application/fhir+json",
    size: written.size ?? 800 + written.title.length * 37,
    published_at: seconds(written.date.padEnd(10, "-01")) + 7200,
    versions: written.versions ?? 1,
    badge: written.copy === "verified" ? "verified" : written.copy === "altered" ? "does_not_match" : "not_fetched",
    has_copy: written.copy === "verified",
  };
}

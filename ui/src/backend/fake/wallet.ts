/* The state of the invented wallet, and what can be read from it. */
import type {
  AccessRow,
  Badge,
  GrantView,
  OverviewView,
  PendingView,
  ProviderView,
  RecordFilter,
  RecordKind,
  RecordRow,
  RecordView,
  RequestView,
  SharingView,
  SummaryLine,
  Settings,
  Label,
  ProviderName,
} from "../../bindings";
import { WRITTEN } from "./records";
import { asks, sees, used, type Seen } from "./sentences";
import {
  CLINIC,
  DAY,
  digits,
  DIRECTORY,
  HOSPITAL,
  OTHER_HOSPITAL,
  PHARMACY,
  PRACTICE,
  row,
  type Written,
} from "./town";

/** Somebody who is helped, and what stands in their wallet. */
export interface Helped {
  label: () => string;
  providers: readonly ProviderName[];
  written: readonly Written[];
}

export interface FakeOptions {
  window?: "door" | "main" | "words" | "sample";
  /** Nobody has a wallet yet, or the open one has joined nothing. */
  empty?: boolean;
  /** The ledger does not answer. */
  offline?: boolean;
  /** The node lies: every check fails with this. */
  lies?: boolean;
  /** Something that was signed did not reach the ledger in time. */
  failed?: boolean;
  /** The history file that is chosen to be checked was altered. */
  altered?: boolean;
  /** The invented person may do everything for Rosa, and not only share. */
  manages?: boolean;
  /** So many records in place of the story's. */
  records?: number;
  /** Milliseconds that every answer takes. */
  delay?: number;
  now?: () => number;
  settings?: Partial<Settings>;
  /** The wallet of somebody who is helped. */
  helped?: Helped;
}

export const ESSENTIALS: RecordKind[] = ["medication", "allergy", "problem"];
const DONE_SECONDS_AGO = 120;

export interface Grant extends Pick<
  GrantView,
  "id" | "share" | "publisher" | "since" | "until" | "why" | "mode" | "future"
> {
  grantee: ProviderName;
  seen: Seen;
  stoppedAt: number | null;
  uses: number;
  copies: number;
  lastUsed: number | null;
}

export class FakeWallet {
  readonly now: () => number;
  readonly records: RecordRow[];
  readonly lines = new Map<string, SummaryLine[]>();
  readonly enrolled: Set<string>;
  readonly looks: AccessRow[];
  readonly requests: Omit<RequestView, "sentence">[];
  grants: Grant[];
  failed: PendingView[];
  settings: Settings;
  joined: boolean;
  seenNew = false;
  wordsChecked: number | null = null;
  /** When accounts were closed, by provider. */
  readonly closed = new Map<string, number>();
  /** What helpers want to begin or to move; said by whoever knows the helpers. */
  helpersAsk: () => Pick<OverviewView, "beginning" | "recovery"> = () => ({ beginning: [], recovery: null });

  constructor(readonly options: FakeOptions) {
    this.now = options.now ?? (() => Math.floor(Date.now() / 1000));
    const empty = options.empty === true;
    this.settings = { language: "en", text_size: "normal", theme: "system", lock_minutes: 10, ...options.settings };
    this.joined = !empty;
    this.enrolled = new Set(
      empty ? [] : (options.helped?.providers ?? [HOSPITAL, PRACTICE, PHARMACY, CLINIC]).map(({ address }) => address),
    );
    this.records = empty ? [] : options.records === undefined ? this.story() : many(options.records);
    this.requests = empty || options.helped ? [] : [this.request()];
    this.grants = empty ? [] : this.ofTheirs(this.given());
    this.failed = options.failed === true ? [this.lapsed()] : [];
    this.looks = empty ? [] : this.ofTheirs(this.lookedAt());
  }

  /** Whose records they are, in the words of whoever helps; null for one's own. */
  whose(): string | null {
    return this.options.helped?.label() ?? null;
  }

  /** The providers with whom there is a relationship. */
  mine(): ProviderName[] {
    return DIRECTORY.filter(({ address }) => this.enrolled.has(address));
  }

  /** Of somebody who is helped: what is between the providers whom they have. */
  private ofTheirs<T extends { publisher: ProviderName; grantee?: ProviderName; recipient?: ProviderName | null }>(
    all: T[],
  ): T[] {
    if (!this.options.helped) return all;
    return all.filter((one) => {
      const other = one.grantee ?? one.recipient;
      return this.enrolled.has(one.publisher.address) && other != null && this.enrolled.has(other.address);
    });
  }

  private story(): RecordRow[] {
    return (this.options.helped?.written ?? WRITTEN).map((written) => {
      const made = row(written);
      const lines = written.lines ?? [
        ["what", written.title],
        ["date", written.date],
      ];
      for (const id of [made.id, ...olderIds(made)])
        this.lines.set(
          id,
          lines.map(([label, value]) => ({ label: label as Label, value })),
        );
      return made;
    });
  }

  private request(): Omit<RequestView, "sentence"> {
    const now = this.now();
    return {
      id: digits("request", 32),
      provider: CLINIC,
      kinds: [...ESSENTIALS, "observation"],
      future: "excluded",
      days: 90,
      why: "treatment",
      reason: "Dr. Mostyn would like to prepare your first appointment on 3 December.",
      asked_by: "Dr. Rhys Mostyn",
      asked_at: now - 5 * 3600,
      answer_until: now + 13 * DAY,
      state: "waiting",
    };
  }

  /** Access that was to be given to the clinic, too late. */
  private lapsed(): PendingView {
    const signed = this.now() - 3600;
    return {
      id: digits("lapsed", 64),
      purpose: "grant",
      provider: HOSPITAL,
      state: "lapsed",
      reason: "The ledger did not take it in time.",
      valid_until: signed + 480,
      signed_at: signed,
    };
  }

  private given(): Grant[] {
    const now = this.now();
    const base = { why: "treatment", mode: "pull", future: "included", stoppedAt: null } as const;
    return [
      {
        ...base,
        id: digits("grant-1", 32),
        share: digits("share-1", 32),
        grantee: PRACTICE,
        publisher: HOSPITAL,
        seen: { all: true },
        since: now - 64 * DAY,
        until: now + 301 * DAY,
        uses: 2,
        copies: 9,
        lastUsed: now - 17 * DAY,
      },
      {
        ...base,
        id: digits("grant-2", 32),
        share: digits("share-2", 32),
        grantee: PHARMACY,
        publisher: PRACTICE,
        seen: { kinds: ["medication", "allergy"] },
        since: now - 50 * DAY,
        until: now + 10 * DAY,
        uses: 1,
        copies: 3,
        lastUsed: now - 51 * 3600,
      },
    ];
  }

  private lookedAt(): AccessRow[] {
    const now = this.now();
    const records = (kinds: readonly RecordKind[]) =>
      this.records
        .filter((record) => kinds.includes(record.kind))
        .slice(0, 4)
        .map(({ id, title, kind }) => ({ id, title, kind }));
    return [
      {
        recipient: PHARMACY,
        person: "Tom Adeyemi, pharmacist",
        publisher: PRACTICE,
        records: records(["medication"]),
        at: now - 51 * 3600,
        written_at: now - 51 * 3600 + 4,
        relationship: "mrr1sample",
        position: 11,
        suspicion: null,
        basis: "grant",
        grant: digits("grant-2", 32),
      },
      {
        recipient: PRACTICE,
        person: "Dr. Ruth Callender",
        publisher: HOSPITAL,
        records: records(["document", "allergy"]),
        at: now - 17 * DAY,
        written_at: now - 17 * DAY + 3,
        relationship: "mrr1sample",
        position: 12,
        suspicion: null,
        basis: "grant",
        grant: digits("grant-1", 32),
      },
      {
        recipient: null,
        person: "",
        publisher: HOSPITAL,
        records: records(["imaging"]),
        at: now - 20 * DAY,
        written_at: now - 20 * DAY + 3,
        relationship: "mrr1sample",
        position: 13,
        suspicion: null,
        basis: "owner",
      },
      {
        recipient: OTHER_HOSPITAL,
        person: "Dr. Ines Vale, emergency department",
        publisher: PRACTICE,
        records: records(["allergy"]),
        at: now - 41 * DAY,
        written_at: now - 41 * DAY + 5,
        relationship: "mrr1sample",
        position: 14,
        suspicion: null,
        basis: "emergency",
        reason: "Brought in by ambulance after a fall; could not speak.",
      },
    ];
  }

  freshness() {
    const age = this.options.offline === true ? 3 * 3600 : DONE_SECONDS_AGO;
    return {
      height: 4711,
      head_time: this.now() - age,
      checked_at: this.now() - age,
      age_seconds: age,
      fresh: this.options.offline !== true,
    };
  }

  providers(search: string | null): ProviderView[] {
    return this.joined
      ? DIRECTORY.filter((provider) => matches(`${provider.name} ${provider.place}`, search)).map((provider) =>
          this.provider(provider),
        )
      : [];
  }

  provider(provider: ProviderName): ProviderView {
    const relationship = this.enrolled.has(provider.address)
      ? {
          address: `mrr1q${digits(provider.address, 38)}`,
          state: "open" as const,
          opened_at: this.now() - 70 * DAY,
          closed_at: this.closed.get(provider.address) ?? null,
          records: this.records.filter((record) => record.provider.address === provider.address).length,
        }
      : null;
    return {
      ...provider,
      endpoint: "https://gatekeeper.example",
      standing: "admitted",
      emergency: false,
      relationship,
    };
  }

  find(filter: RecordFilter): RecordRow[] {
    const words = (record: RecordRow) =>
      [
        record.title,
        record.kind,
        record.status,
        record.author,
        record.date,
        record.provider.name,
        record.provider.place,
      ].join(" ");
    return this.records.filter(
      (record) =>
        (filter.provider === null || record.provider.address === filter.provider) &&
        (filter.kind === null || record.kind === filter.kind) &&
        (filter.badge === null || record.badge === filter.badge) &&
        (filter.since === null || (record.date ?? "") >= filter.since) &&
        (filter.until === null || (record.date ?? "").slice(0, filter.until.length) <= filter.until) &&
        matches(words(record), filter.search),
    );
  }

  record(id: string): RecordView | undefined {
    const newest = this.records.find((record) => record.id === id);
    const found = newest ?? this.records.find((record) => olderIds(record).includes(id));
    if (!found) return undefined;
    // Of an older version the copy is always here: what it said is what its readers come for.
    const older = newest ? {} : { id, badge: "superseded" as const, has_copy: true };
    const position =
      this.records.filter((other) => other.provider.address === found.provider.address).indexOf(found) + 2;
    const version = (number: number, badge: Badge) => ({
      id: olderIds(found)[number - 1] ?? found.id,
      title: found.title,
      published_at: found.published_at - (found.versions - number) * 9 * DAY,
      height: 300 + number,
      current: number === found.versions,
      badge,
    });
    return {
      ...found,
      ...older,
      codes:
        found.fhir_type === null
          ? []
          : [{ system: "http://snomed.info/sct", code: digits(found.title, 8).replace(/\D/g, "7") }],
      history: Array.from({ length: found.versions }, (_, at) =>
        version(at + 1, at + 1 === found.versions ? found.badge : "superseded"),
      ),
      copy: found.has_copy || !newest ? { size: found.size, verified_at: this.now() - 2 * DAY } : null,
      mismatch:
        newest?.badge === "does_not_match"
          ? { expected: digits(found.id, 64), found: digits(`${found.id}x`, 64), at: this.now() - DAY }
          : null,
      commitment: digits(id, 64),
      relationship: `mrr1q${digits(found.provider.address, 38)}`,
      position,
      log_size: 31,
      log_root: digits("root", 64),
      signer: found.provider.address,
      height: 300 + position,
    };
  }

  requestViews(answeredToo: boolean): RequestView[] {
    return this.requests
      .filter((request) => answeredToo || request.state === "waiting")
      .map((request) => ({
        ...request,
        sentence: asks(
          this.settings.language,
          `${request.provider.name} (${request.provider.place})`,
          { kinds: request.kinds },
          request.days,
          this.whose(),
        ),
      }));
  }

  sharing(endedToo: boolean): SharingView[] {
    const now = this.now();
    const views = new Map<string, SharingView>();
    for (const grant of this.grants) {
      const { grantee, seen, stoppedAt, lastUsed, ...kept } = grant;
      const live = grant.stoppedAt === null && grant.until >= now;
      if (!live && !endedToo) continue;
      const state = grant.stoppedAt !== null ? "stopped" : live ? "live" : "ended";
      const view = views.get(grantee.address) ?? {
        grantee,
        live: false,
        sentences: [],
        uses: 0,
        last_used: null,
        grants: [],
      };
      const scope =
        "all" in seen
          ? ({ scope: "everything" } as const)
          : "kinds" in seen
            ? ({ scope: "kinds", kinds: seen.kinds } as const)
            : ({ scope: "records", count: seen.count } as const);
      view.grants.push({ ...kept, ...scope, stopped_at: stoppedAt, last_used: lastUsed, state });
      view.live ||= live;
      view.uses += grant.uses;
      view.last_used = Math.max(view.last_used ?? 0, lastUsed ?? 0) || null;
      if (live && !view.grants.slice(0, -1).some((other) => other.share === grant.share)) {
        view.sentences.push(sees(this.settings.language, seen, grant.until, this.whose()));
      }
      views.set(grantee.address, view);
    }
    return [...views.values()].map((view) => ({
      ...view,
      sentences: [...view.sentences, used(this.settings.language, view.uses, view.last_used)],
    }));
  }

  overview(): OverviewView {
    const waiting = this.requestViews(false);
    const sharing = this.sharing(false);
    const fresh = this.seenNew ? [] : this.records.slice(1, 3);
    const soon = this.grants.filter((grant) => grant.stoppedAt === null && grant.until - this.now() < 14 * DAY);
    const others = this.looks.filter((look) => look.recipient !== null);
    return {
      person: { ...person(), ...(this.options.helped && { label: this.options.helped.label() }) },
      freshness: this.joined ? this.freshness() : null,
      relationships: this.enrolled.size,
      records: this.records.length,
      verified_copies: this.records.filter((record) => record.badge === "verified").length,
      mismatched_copies: this.records.filter((record) => record.badge === "does_not_match").length,
      requests_waiting: waiting.length,
      requests: waiting.slice(0, 3),
      new_records: { count: fresh.length, newest: fresh },
      sharing_live: sharing.length,
      sharing: sharing.slice(0, 3),
      look_ups: others.slice(0, 3),
      suspicious: others.filter((look) => look.suspicion !== null).length,
      failed: this.failed,
      ending_soon: soon.length,
      ending: soon.map((grant) => ({ share: grant.share, grantee: grant.grantee, until: grant.until })),
      ...this.helpersAsk(),
      words_checked: this.wordsChecked,
      notices: [],
      unreadable: 0,
    };
  }
}

export const person = () => ({ id: digits("amelia", 32), label: "Amélia Ferreira-Novák", problem: null });

/** The ids of all versions before the newest, oldest first. */
const olderIds = (record: RecordRow): string[] =>
  Array.from({ length: record.versions - 1 }, (_, at) => digits(`${record.id}${String(at + 1)}`, 32));

const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const matches = (text: string, search: string | null): boolean =>
  fold(search ?? "")
    .split(/\s+/)
    .every((word) => word === "" || fold(text).includes(word));

function many(count: number): RecordRow[] {
  return Array.from({ length: count }, (_, at) => {
    const written = WRITTEN[at % WRITTEN.length] ?? WRITTEN[0];
    if (!written) throw new Error("the story has no records");
    const date = new Date(Date.UTC(2026, 10, 20) - at * 3_600_000 * 9).toISOString().slice(0, 10);
    return { ...row({ ...written, date }), id: digits(String(at), 32) };
  });
}

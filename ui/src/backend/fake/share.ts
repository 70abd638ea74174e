/* Giving access in the invented town: prepared, read, signed. */
import type {
  AllowLess,
  GrantProgress,
  PendingView,
  ProposalView,
  ProviderName,
  RecordRow,
  ShareOutcome,
  ShareRequest,
} from "../../bindings";
import { bad, good, type Answer } from "..";
import { review, title, type Seen } from "./sentences";
import { DAY, digits, DIRECTORY } from "./town";
import { ESSENTIALS, type FakeWallet } from "./wallet";

interface Kept {
  grantee: ProviderName;
  seen: Seen;
  days: number;
  future: ShareRequest["future"];
  why: ShareRequest["why"];
  publishers: ProviderName[];
  request: string | null;
}

const VALID_SECONDS = 360;

export class ShareDesk {
  private readonly kept = new Map<number, Kept>();
  /** Proposals of what failed, and what that was. */
  private readonly replaced = new Map<number, string>();
  private next = 0;

  constructor(private readonly wallet: FakeWallet) {}

  propose(request: ShareRequest, answers: string | null = null): Answer<ProposalView> {
    const grantee = DIRECTORY.find((provider) => provider.address === request.grantee);
    if (!grantee) return bad("not_found", `There is no such provider: ${request.grantee}.`);
    const { scope } = request;
    const kinds = scope === "everything" ? null : "preset" in scope ? ESSENTIALS : (scope.kinds ?? null);
    const ids = typeof scope === "object" ? (scope.records ?? null) : null;
    const covered = this.wallet.records.filter(
      (record) =>
        record.provider.address !== grantee.address &&
        (ids === null || ids.includes(record.id)) &&
        (kinds === null || kinds.includes(record.kind)),
    );
    if (covered.length === 0) return bad("invalid_input", "There is nothing to share: no record fits.");
    const seen: Seen = ids !== null ? { count: ids.length } : kinds !== null ? { kinds } : { all: true };
    const publishers = [...new Set(covered.map((record) => record.provider))];
    const now = this.wallet.now();
    const facts = {
      who: `${grantee.name} (${grantee.place})`,
      whose: this.wallet.whose(),
      seen,
      future: request.future,
      now,
      until: now + request.days * DAY,
      records: covered.length,
      publishers: publishers.map((provider) => provider.name),
      answers: answers !== null,
    };
    this.next += 1;
    this.kept.set(this.next, {
      grantee,
      seen,
      days: request.days,
      future: request.future,
      why: request.why,
      publishers,
      request: answers,
    });
    const of = (provider: ProviderName): RecordRow[] => covered.filter((record) => record.provider === provider);
    return good({
      id: this.next,
      sign_before: now + VALID_SECONDS,
      review: {
        title: title(this.wallet.settings.language, facts),
        sentences: review(this.wallet.settings.language, facts),
        opens: publishers.map((provider) => ({
          provider,
          records: of(provider).length,
          older_versions: 0,
          newest: of(provider),
        })),
        skipped: this.wallet.enrolled.has(grantee.address) ? [{ provider: grantee, reason: "own_records" }] : [],
        details: publishers.map((provider) => ({
          relationship: `mrr1q${digits(provider.address, 38)}`,
          body_hash: digits(`body${String(this.next)}${provider.address}`, 64),
          actions: [`grant ${digits(`grant${String(this.next)}${provider.name}`, 32)}`],
          valid_until: now + VALID_SECONDS + 120,
        })),
      },
    });
  }

  answer(id: string, less: AllowLess): Answer<ProposalView> {
    const request = this.wallet.requests.find((one) => one.id === id && one.state === "waiting");
    if (!request) return bad("expired", "This request was answered before or is over.");
    return this.propose(
      {
        grantee: request.provider.address,
        scope: { kinds: less.kinds ?? request.kinds },
        days: less.days ?? request.days,
        future: less.without_future ? "excluded" : request.future,
        why: request.why,
        mode: "pull",
      },
      id,
    );
  }

  /** What did not happen, to be read once more: medicines and allergies for the clinic. */
  again(failed: PendingView): Answer<ProposalView> {
    const grantee = DIRECTORY.find(({ name }) => name.startsWith("Abbey Gardens"));
    if (!grantee) return bad("not_found", "There is no such provider.");
    const proposal = this.propose({
      grantee: grantee.address,
      scope: { preset: "essentials" },
      days: 30,
      future: "included",
      why: "treatment",
      mode: "pull",
    });
    if (proposal.ok) this.replaced.set(proposal.value.id, failed.id);
    return proposal;
  }

  signAgain(id: number): Answer<GrantProgress> {
    const failed = this.replaced.get(id);
    const signed = this.sign(id, false);
    if (!signed.ok) return signed;
    this.wallet.failed = this.wallet.failed.filter((pending) => pending.id !== failed);
    return good("on_ledger");
  }

  sign(id: number, offline: boolean): Answer<ShareOutcome> {
    const kept = this.kept.get(id);
    if (!kept) return bad("expired", "Too much time has passed since this was prepared.");
    this.kept.delete(id);
    const [now, share] = [this.wallet.now(), digits(`share${String(id)}`, 32)];
    const grants = kept.publishers.map((publisher) => ({
      id: digits(`${share}${publisher.address}`, 32),
      share,
      publisher,
      grantee: kept.grantee,
      seen: kept.seen,
      since: now,
      until: now + kept.days * DAY,
      why: kept.why,
      mode: "pull" as const,
      future: kept.future,
      stoppedAt: null,
      uses: 0,
      copies: 0,
      lastUsed: null,
    }));
    this.wallet.grants = [...grants, ...this.wallet.grants];
    const request = this.wallet.requests.find((one) => one.id === kept.request);
    if (request) request.state = "allowed";
    const progress = offline ? "waiting" : "on_ledger";
    return good({
      share,
      grantee: kept.grantee,
      grants: grants.map((grant) => ({
        grant: grant.id,
        provider: grant.publisher,
        tx: digits(grant.id, 64),
        progress,
        reason: null,
      })),
      code: `mrshare1q${digits(share, 80)}`,
      answered: request ? [request.id, progress] : null,
    });
  }

  drop(id: number): Answer<null> {
    this.kept.delete(id);
    return good(null);
  }
}

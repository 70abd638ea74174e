/* The consent history of the invented person: read, exported, checked. */
import type { HistoryForm, HistoryPart, HistoryRequest } from "../../bindings";
import { bad, good, type Answer, type Backend } from "..";
import { happenings, party } from "./story";
import { DIRECTORY, digits } from "./town";
import { FakeWallet, person } from "./wallet";

const NAMES: Record<HistoryForm, string> = {
  pdf: "consent-history.pdf",
  csv: "consent-history.csv",
  fhir: "consent-history.json",
  verifiable: "consent-history.medrec-history",
};
/** In a file that somebody gave, this many of the newest entries stay closed. */
const LEFT_CLOSED = 3;

export class FakeHistory {
  constructor(readonly wallet: FakeWallet) {}

  readonly commands: Pick<Backend, "history" | "exportHistory" | "checkHistoryFile"> = {
    history: async (request) => {
      await this.wait();
      return this.parts(request);
    },
    exportHistory: async (request, form) => {
      await this.wait();
      const parts = this.parts(request);
      if (!parts.ok) return parts;
      const entries = parts.value.reduce((sum, part) => sum + part.lines.length, 0);
      return good({
        path: `/home/amelia/Documents/${NAMES[form]}`,
        exported: {
          entries,
          opened: request.closed ? 0 : entries,
          size: 9_000 + entries * 1_900,
          digest: digits(`history ${String(entries)}`, 64),
          as_of: this.wallet.now() - 3,
        },
      });
    },
    checkHistoryFile: async (network) => {
      await this.wait();
      return this.check(network);
    },
  };

  private wait(): Promise<void> {
    return new Promise((done) => setTimeout(done, this.wallet.options.delay ?? 0));
  }

  private parts(request: HistoryRequest): Answer<HistoryPart[]> {
    const { wallet } = this;
    if (!wallet.joined) return bad("not_joined", "No network was joined yet.");
    if (wallet.options.offline === true) return bad("node_away", "No ledger node answers at https://node.example.");
    const parts = this.told(request.closed ? Number.POSITIVE_INFINITY : 0).flatMap(({ address, part }) => {
      if (request.providers.length > 0 && !request.providers.includes(address)) return [];
      const lines = part.lines.filter(
        ({ at }) => (request.since === null || at >= request.since) && (request.until === null || at <= request.until),
      );
      const [first, last] = [lines.at(0), lines.at(-1)];
      return first && last ? [{ ...part, from: first.position, to: last.position + 1, lines }] : [];
    });
    return parts.length > 0
      ? good(parts)
      : bad("invalid_input", "This cannot be done: there is nothing in this period, or no relationship yet.");
  }

  /** All of it; so many of the newest entries stay closed. */
  private told(leftClosed: number): { address: string; part: HistoryPart }[] {
    const { language } = this.wallet.settings;
    const all = happenings(this.wallet);
    const open = all.slice(0, Math.max(0, all.length - leftClosed));
    return DIRECTORY.flatMap((provider) => {
      const own = all.filter(({ publisher }) => publisher.address === provider.address);
      if (own.length === 0) return [];
      const entryOf = (name: string) => String(own.findIndex((other) => other.name === name));
      const lines = own.map((one, position) => ({
        position,
        at: one.at,
        text: open.includes(one) ? one.says(language, entryOf) : one.closed(language),
        open: open.includes(one),
      }));
      const size = own.length;
      return [{ address: provider.address, part: { provider: party(provider), from: 0, to: size, of: size, lines } }];
    });
  }

  /** A file that the invented person's daughter was given. The window before a wallet is open knows no network. */
  private check(network: string | null): Awaited<ReturnType<Backend["checkHistoryFile"]>> {
    const { options } = this.wallet;
    if (network !== null && !network.includes("chain_id"))
      return bad(
        "invalid_input",
        "the network file cannot be read: expected value at line 1 column 1; ask for it again",
      );
    if (options.altered === true)
      return bad(
        "verification_failed",
        `This consent history cannot be believed: entry 4 of mrr1q${digits("amelia", 32)}: what is shown is not what was sealed: the commitment is ${digits("expected", 64)}, what is shown has ${digits("found", 64)}.`,
      );
    // Who has nothing yet is given somebody else's history all the same.
    const story =
      this.wallet.enrolled.size > 0
        ? this
        : new FakeHistory(new FakeWallet({ now: this.wallet.now, settings: this.wallet.settings }));
    return good({
      stated_whose: person().label,
      chain_id: "saltmere-1",
      anchored: network !== null || (options.window !== "door" && this.wallet.joined),
      as_of: this.wallet.now() - 2 * 3600,
      height: 4688,
      signers: 3,
      validators: 4,
      digest: digits("checked history", 64),
      parts: story.told(LEFT_CLOSED).map(({ part }) => part),
    });
  }
}

/* The consent history of the invented person. */
import type { HistoryPart } from "../../bindings";
import { good, type Backend } from "..";
import type { FakeWallet } from "./wallet";

export class FakeHistory {
  parts: HistoryPart[] = [];

  constructor(readonly wallet: FakeWallet) {}

  readonly commands: Pick<Backend, "history" | "exportHistory" | "checkHistoryFile"> = {
    history: () => Promise.resolve(good(this.parts)),
    exportHistory: (_request, form) =>
      Promise.resolve(
        good({
          path: `/home/amelia/Documents/consent-history.${form}`,
          exported: { entries: 12, opened: 12, size: 48_000, digest: "0".repeat(64), as_of: this.wallet.now() },
        }),
      ),
    checkHistoryFile: () => Promise.resolve(good(null)),
  };
}

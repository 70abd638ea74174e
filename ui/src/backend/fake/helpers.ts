/* People who help the invented person: delegates and guardians. */
import type { DelegateView, GuardiansView } from "../../bindings";
import { good, type Backend } from "..";
import type { ActRules } from "./acts";
import type { FakeWallet } from "./wallet";

export class FakeHelpers {
  delegates: DelegateView[] = [];
  guardians: GuardiansView[] = [];

  constructor(readonly wallet: FakeWallet) {}

  readonly rules: ActRules = {};

  readonly commands: Pick<Backend, "delegates" | "guardians"> = {
    delegates: () => Promise.resolve(good(this.delegates)),
    guardians: () => Promise.resolve(good(this.guardians)),
  };
}

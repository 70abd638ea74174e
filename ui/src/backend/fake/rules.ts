/* Emergencies, disputes, keys, and accounts that change hands, for the invented person. */
import type { DisputeView, EmergencyView } from "../../bindings";
import { good, type Backend } from "..";
import type { ActRules } from "./acts";
import type { FakeWallet } from "./wallet";

type Commands =
  | "emergency"
  | "emergencyCard"
  | "disputes"
  | "disputeLetter"
  | "saveLetter"
  | "beginNewWords"
  | "newWordsUnderWay"
  | "handoverRequest"
  | "answerHandover"
  | "askForRecovery";

export class FakeRules {
  emergency: EmergencyView[];
  disputes: DisputeView[] = [];
  newWords = false;

  constructor(wallet: FakeWallet) {
    this.emergency = wallet.mine().map((provider) => ({ provider, allowed: false, kinds: [] }));
  }

  readonly rules: ActRules = {};

  readonly commands: Pick<Backend, Commands> = {
    emergency: () => Promise.resolve(good(this.emergency)),
    emergencyCard: () => Promise.resolve(good(`mrcard1${"z9x8c7v6b5n4".repeat(12)}`)),
    disputes: () => Promise.resolve(good(this.disputes)),
    disputeLetter: (_relationship, _position, statement) => Promise.resolve(good(statement)),
    saveLetter: () => Promise.resolve(good("/home/amelia/Documents/letter.txt")),
    beginNewWords: () => Promise.resolve(good(null)),
    newWordsUnderWay: () => Promise.resolve(good(this.newWords)),
    handoverRequest: () => Promise.resolve(good(`mrhand1${"q0w8e7r6t5y4".repeat(9)}`)),
    answerHandover: () => Promise.resolve(good(`mrtake1${"q0w8e7r6t5y4".repeat(30)}`)),
    askForRecovery: () => Promise.resolve(good(`mrtake1${"q0w8e7r6t5y4".repeat(60)}`)),
  };
}

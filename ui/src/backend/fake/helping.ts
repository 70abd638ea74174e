/* People whom the invented person helps, and the codes that people hand to each other. */
import type { HelpedView } from "../../bindings";
import { bad, good, type Backend } from "..";
import type { ActRules } from "./acts";
import type { FakeWallet } from "./wallet";

/** What an offer looks like. */
export const OFFER = `mrhelp1${"q0w8e7r6t5y4".repeat(20)}`;
/** A white square: what stands where a QR picture would be. */
const PICTURE = {
  width: 1,
  height: 1,
  png_base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
};

type Commands =
  | "offerHelp"
  | "offerCode"
  | "peopleIHelp"
  | "checkPeopleIHelp"
  | "renameHelped"
  | "startHelping"
  | "stopHelping"
  | "appointments"
  | "codePicture"
  | "copyCode"
  | "saveCode"
  | "chooseCode";

export class FakeHelping {
  helped: HelpedView[] = [];
  /** The number of the person whose wallet is shown. */
  now: number | null = null;

  constructor(private readonly wallet: FakeWallet) {}

  readonly rules: ActRules = {};

  readonly commands: Pick<Backend, Commands> = {
    offerHelp: (label) => {
      const helped = { number: this.helped.length, label, offered_at: this.wallet.now(), appointments: [] };
      this.helped.push(helped);
      return Promise.resolve(good({ helped, code: OFFER }));
    },
    offerCode: () => Promise.resolve(good(OFFER)),
    peopleIHelp: () => Promise.resolve(good(this.helped)),
    checkPeopleIHelp: () => Promise.resolve(good(this.helped)),
    renameHelped: (number, label) => {
      this.helped = this.helped.map((one) => (one.number === number ? { ...one, label } : one));
      return Promise.resolve(good(null));
    },
    startHelping: (number) => {
      this.now = number;
      return Promise.resolve(good(null));
    },
    stopHelping: () => {
      this.now = null;
      return Promise.resolve(good(null));
    },
    appointments: () =>
      Promise.resolve(good(this.helped.find(({ number }) => number === this.now)?.appointments ?? [])),
    codePicture: () => Promise.resolve(good(PICTURE)),
    copyCode: () => Promise.resolve(good(null)),
    saveCode: () => Promise.resolve(good("/home/amelia/Documents/code.txt")),
    chooseCode: () =>
      Promise.resolve(this.wallet.options.empty ? bad("invalid_input", "There is no code in this file.") : good(OFFER)),
  };
}

/* People whom the invented person helps, and the codes that people hand to each other. */
import type { Act, AppointmentView, CodeWanted, HelpedView, Right } from "../../bindings";
import { bad, good, type Backend } from "..";
import { inLanguage, type ActRule, type ActRules } from "./acts";
import { CODES, pictureOf } from "./codes";
import { DAY, digits, HOSPITAL, OTHER_HOSPITAL, PRACTICE } from "./town";
import type { FakeWallet } from "./wallet";

/** With what the code of a person who lost everything begins. */
const TAKE_OVER = "mrtake";
const UNCLE_WAITS_DAYS = 7;
/** With what each code begins, and who made it. */
const KINDS = {
  help_offer: { prefix: "mrhelp", from: "Jana" },
  recovery: { prefix: TAKE_OVER, from: "Zdeněk" },
  handover_answer: { prefix: TAKE_OVER, from: "Tomás" },
  handover_request: { prefix: "mrhand", from: null },
} as const satisfies Record<CodeWanted, { prefix: string; from: string | null }>;

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
  | "chooseCode"
  | "checkCode";

/** Numbers of the offers in the story. */
export const ROSA = 0;
const NEIGHBOUR = 1;
const UNCLE = 2;

export class FakeHelping {
  helped: HelpedView[];
  /** The number of the person whose wallet is shown. */
  now: number | null = null;

  constructor(private readonly wallet: FakeWallet) {
    this.helped = wallet.options.empty === true ? [] : this.story();
  }

  private story(): HelpedView[] {
    const now = this.wallet.now();
    const one = (number: number, part: Partial<AppointmentView> & Pick<AppointmentView, "provider">) => ({
      relationship: `mrr1q${digits(`helped${String(number)}${part.provider.address}`, 38)}`,
      agent: `mra1q${digits(`agent${String(number)}${part.provider.address}`, 38)}`,
      guardian: false,
      right: null,
      state: null,
      begins_at: null,
      until: null,
      recovery: false,
      ...part,
    });
    const right = this.wallet.options.manages === true ? "manage" : "share";
    const rosa = { right, state: "active", until: now + 300 * DAY } as const;
    const uncle = { right: "see", state: "invited", until: now + 364 * DAY } as const;
    return [
      {
        number: ROSA,
        label: inLanguage(this.wallet.settings.language, "Rosa, my mother", "Rosa, mi madre"),
        offered_at: now - 65 * DAY,
        appointments: [
          one(ROSA, { ...rosa, provider: HOSPITAL, guardian: true }),
          one(ROSA, { ...rosa, provider: PRACTICE, guardian: true }),
        ],
      },
      {
        number: NEIGHBOUR,
        label: inLanguage(this.wallet.settings.language, "Mr. Okafor next door", "El señor Okafor, vecino"),
        offered_at: now - 2 * DAY,
        appointments: [],
      },
      {
        number: UNCLE,
        label: inLanguage(this.wallet.settings.language, "Uncle Benedek", "El tío Benedek"),
        offered_at: now - 9 * DAY,
        appointments: [one(UNCLE, { ...uncle, provider: OTHER_HOSPITAL })],
      },
    ];
  }

  person(number: number | null): HelpedView | undefined {
    return this.helped.find((one) => one.number === number);
  }

  private mine(): AppointmentView[] {
    return this.person(this.now)?.appointments ?? [];
  }

  private change(change: (appointment: AppointmentView) => AppointmentView): void {
    this.helped = this.helped.map((one) =>
      one.number === this.now ? { ...one, appointments: one.appointments.map(change) } : one,
    );
  }

  /** Says no where the appointment does not allow a decision. */
  refuses(act: Act): string | null {
    if (["accept_appointments", "give_up", "ask_start", "approve_recovery"].includes(act.act)) return null;
    const rights: Right[] = ["see", "share", "manage"];
    const needed = rights.indexOf(act.act === "dispute" ? "share" : "manage");
    const has = Math.max(
      -1,
      ...this.mine().flatMap(({ right, state }) =>
        right !== null && state === "active" ? [rights.indexOf(right)] : [],
      ),
    );
    if (has >= needed) return null;
    return has >= 0
      ? "you may see, but not decide this; the person whom you help can appoint you again with more"
      : "your appointment does not count now: it was ended, is over, rests, or was not accepted yet";
  }

  /** A decision for whoever is helped now, in each relationship where it applies. */
  private rule(
    says: (whom: string) => { en: [string, ...string[]]; es: [string, ...string[]] },
    applies: (appointment: AppointmentView) => boolean,
    becomes: (appointment: AppointmentView) => AppointmentView,
  ) {
    return {
      says: (language: "en" | "es") => {
        const [title, ...lines] = says(this.person(this.now)?.label ?? "")[language];
        return { title, lines };
      },
      refuses: () => (this.mine().some(applies) ? null : "there is nothing that this applies to"),
      providers: () =>
        this.mine()
          .filter(applies)
          .map(({ provider }) => provider),
      apply: () => this.change((one) => (applies(one) ? becomes(one) : one)),
    };
  }

  readonly rules: ActRules = {
    accept_appointments: this.rule(
      (whom) => ({
        en: [`Accept to help ${whom}?`, "You may then act as you were appointed. You can give it up at any time."],
        es: [`¿Aceptar ayudar a ${whom}?`, "Podrá actuar como se le nombró. Puede dejarlo cuando quiera."],
      }),
      ({ state }) => state === "invited",
      // The uncle wants a wait before anybody acts for him.
      (one) => ({ ...one, state: this.now === UNCLE ? "standby" : "active" }),
    ),
    ask_start: this.rule(
      (whom) => ({
        en: [`Ask to begin helping ${whom}?`, `The wait begins now. Until it is over, ${whom} can say no.`],
        es: [
          `¿Pedir empezar a ayudar a ${whom}?`,
          `La espera empieza ahora. Hasta que termine, ${whom} puede decir que no.`,
        ],
      }),
      ({ state, begins_at }) => state === "standby" && begins_at === null,
      (one) => ({ ...one, state: "beginning", begins_at: this.wallet.now() + UNCLE_WAITS_DAYS * DAY }),
    ),
    give_up: this.rule(
      (whom) => ({
        en: [`Give up helping ${whom}?`, "You can then see nothing new and decide nothing any more."],
        es: [`¿Dejar de ayudar a ${whom}?`, "Ya no verá nada nuevo ni decidirá nada."],
      }),
      ({ right }) => right !== null,
      (one) => ({ ...one, right: null, state: null, begins_at: null, until: null }),
    ),
    approve_recovery: this.recoveryRule(),
  };

  private recoveryRule(): ActRule<"approve_recovery"> {
    const rule = this.rule(
      (whom) => ({
        en: [
          `Agree that the account of ${whom} moves to new keys?`,
          `Do this only if you have spoken with ${whom} and are sure who gave you the code.`,
          `When enough guardians agree, ${whom} still has some days to say no.`,
        ],
        es: [
          `¿Aceptar que la cuenta de ${whom} pase a claves nuevas?`,
          `Hágalo solo si habló con ${whom} y está seguro de quién le dio el código.`,
          `Cuando acepten suficientes guardianes, ${whom} aún tiene unos días para decir que no.`,
        ],
      }),
      ({ guardian, recovery }) => guardian && !recovery,
      (one) => ({ ...one, recovery: true }),
    );
    return {
      ...rule,
      refuses: ({ offer }) =>
        offer.startsWith(TAKE_OVER) ? rule.refuses() : "this is not a code to take over accounts",
    };
  }

  /** For whom a delegate signs. */
  forWhom(): string | null {
    const whom = this.person(this.now)?.label;
    return whom === undefined
      ? null
      : inLanguage(
          this.wallet.settings.language,
          `You sign this for ${whom}, with your own key. It stands in their history under your name.`,
          `Lo firma por ${whom}, con su propia clave. Queda en su historial con el nombre de usted.`,
        );
  }

  readonly commands: Pick<Backend, Commands> = {
    offerHelp: (label) => {
      if (!this.wallet.joined) return Promise.resolve(bad("not_joined", "No network was joined yet."));
      const number = Math.max(-1, ...this.helped.map((one) => one.number)) + 1;
      const helped = { number, label, offered_at: this.wallet.now(), appointments: [] };
      this.helped = [...this.helped, helped];
      return Promise.resolve(good({ helped, code: CODES.OFFER }));
    },
    offerCode: () => Promise.resolve(good(CODES.OFFER)),
    peopleIHelp: () => Promise.resolve(good(this.helped)),
    checkPeopleIHelp: () =>
      Promise.resolve(
        this.wallet.options.offline === true
          ? bad("node_away", "No ledger node answers at https://node.example.")
          : good(this.helped),
      ),
    renameHelped: (number, label) => {
      this.helped = this.helped.map((one) => (one.number === number ? { ...one, label } : one));
      return Promise.resolve(good(null));
    },
    startHelping: (number) => {
      if (!this.person(number)) return Promise.resolve(bad("not_found", `There is no such person: ${String(number)}.`));
      this.now = number;
      return Promise.resolve(good(null));
    },
    stopHelping: () => {
      this.now = null;
      return Promise.resolve(good(null));
    },
    appointments: () => Promise.resolve(good(this.mine())),
    codePicture: (code) => {
      const picture = pictureOf(code);
      return Promise.resolve(picture ? good(picture) : bad("invalid_input", "There is no code in this text."));
    },
    copyCode: () => Promise.resolve(good(null)),
    saveCode: () => Promise.resolve(good("/home/amelia/Documents/code.txt")),
    chooseCode: () =>
      Promise.resolve(
        this.wallet.options.empty ? bad("invalid_input", "There is no code in this file.") : good(CODES.OFFER),
      ),
    checkCode: (wanted, code) => {
      const kind = KINDS[wanted];
      return Promise.resolve(
        code.trim().toLowerCase().startsWith(`${kind.prefix}1`)
          ? good({ from: kind.from })
          : bad("invalid_input", `This is not a complete code: it begins with ${kind.prefix}1.`),
      );
    },
  };
}

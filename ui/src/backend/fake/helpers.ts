/* People who help the invented person: delegates and guardians. */
import type { DelegateView, GuardiansView, OverviewView } from "../../bindings";
import { good, type Backend } from "..";
import { inLanguage, type ActRules } from "./acts";
import { DAY, digits } from "./town";
import { person, type FakeWallet } from "./wallet";

export class FakeHelpers {
  delegates: DelegateView[];
  guardians: GuardiansView[];

  constructor(private readonly wallet: FakeWallet) {
    const mine = wallet.mine();
    const now = wallet.now();
    const lives = mine.length > 0;
    const trouble = wallet.options.failed === true;
    const appointment = (name: string) => digits(`appointment ${name}`, 32);
    const theirs = wallet.options.helped;
    this.delegates = theirs
      ? this.ofTheirs(appointment(person().label))
      : !lives
        ? []
        : [
            {
              appointment: appointment("Ines"),
              name: "Inês Ferreira",
              relation: inLanguage(wallet.settings.language, "daughter", "hija"),
              right: "share",
              begins: "at_once",
              until: now + 300 * DAY,
              state: "active",
              begins_at: null,
              providers: mine,
              appointed_at: now - 65 * DAY,
            },
            {
              appointment: appointment("Okafor"),
              name: "Mr. Okafor",
              relation: inLanguage(wallet.settings.language, "neighbour", "vecino"),
              right: "see",
              begins: trouble ? "after_wait" : "after_silence",
              days: 30,
              until: now + 200 * DAY,
              state: trouble ? "beginning" : "standby",
              begins_at: now + (trouble ? 6 : 30) * DAY,
              providers: mine.slice(0, 1),
              appointed_at: now - 20 * DAY,
            },
          ];
    this.guardians = mine.map((provider) => ({
      provider,
      guardians: (theirs ? [person().label, "Tomás Ferreira"] : ["Inês Ferreira", "Mr. Okafor", "Jana Nováková"]).map(
        (name) => ({ name, approved: false }),
      ),
      threshold: 2,
      delay_days: 14,
      recovery: trouble,
      recovery_due: trouble ? now + 9 * DAY : null,
    }));
    wallet.helpersAsk = () => this.ask();
  }

  /** What the first page says of it; of one's own helpers only. */
  private ask(): Pick<OverviewView, "beginning" | "recovery"> {
    if (this.wallet.options.helped) return { beginning: [], recovery: null };
    const moving = this.guardians.filter(({ recovery }) => recovery);
    return {
      beginning: this.delegates.flatMap(({ name, state, begins_at: from }) =>
        state === "beginning" && from != null ? [{ name, begins_at: from }] : [],
      ),
      recovery:
        moving.length === 0
          ? null
          : { providers: moving.map(({ provider }) => provider), due: moving[0]?.recovery_due ?? null },
    };
  }

  /** The invented person is the one who helps there. */
  private ofTheirs(appointment: string): DelegateView[] {
    const { wallet } = this;
    if (wallet.records.length === 0) return [];
    return [
      {
        appointment,
        name: person().label,
        relation: inLanguage(wallet.settings.language, "daughter", "hija"),
        right: wallet.options.manages === true ? "manage" : "share",
        begins: "at_once",
        until: wallet.now() + 300 * DAY,
        state: "active",
        begins_at: null,
        providers: wallet.mine(),
        appointed_at: wallet.now() - 65 * DAY,
      },
    ];
  }

  private nameOf(appointment: string): string {
    return this.delegates.find((one) => one.appointment === appointment)?.name ?? "";
  }

  readonly rules: ActRules = {
    appoint: {
      refuses: ({ offer }) =>
        offer.toLowerCase().startsWith("mrhelp1")
          ? null
          : "this is not a complete code (it begins with mrhelp1); copy the whole text again",
      says: (language, { name }) => ({
        title: inLanguage(
          language,
          `Let ${name || "Jana"} help ${this.wallet.whose() ?? "you"}?`,
          this.wallet.whose() === null
            ? `¿Dejar que ${name || "Jana"} le ayude?`
            : `¿Dejar que ${name || "Jana"} ayude a ${this.wallet.whose() ?? ""}?`,
        ),
        lines: [
          inLanguage(language, "They have to accept first.", "Primero tiene que aceptar."),
          inLanguage(language, "You can end this at any time.", "Puede terminarlo en cualquier momento."),
        ],
      }),
      apply: ({ name, relation, right, begins, days, providers }) => {
        const chosen = this.wallet
          .mine()
          .filter(({ address }) => providers.length === 0 || providers.includes(address));
        this.delegates = [
          ...this.delegates,
          {
            appointment: digits(`appointment ${String(this.delegates.length)}`, 32),
            name: name || "Jana",
            relation,
            right,
            ...begins,
            until: this.wallet.now() + days * DAY,
            state: "invited",
            begins_at: null,
            providers: chosen,
            appointed_at: this.wallet.now(),
          },
        ];
      },
    },
    end_delegation: {
      says: (language, { appointment }) => ({
        title: inLanguage(
          language,
          `End the help of ${this.nameOf(appointment)}?`,
          `¿Terminar la ayuda de ${this.nameOf(appointment)}?`,
        ),
        lines: [inLanguage(language, "They see nothing new from now on.", "No verá nada nuevo desde ahora.")],
      }),
      apply: ({ appointment }) => {
        this.delegates = this.delegates.filter((one) => one.appointment !== appointment);
      },
    },
    refuse_start: {
      says: (language, { appointment }) => ({
        title: inLanguage(
          language,
          `Say no to ${this.nameOf(appointment)}?`,
          `¿Decir que no a ${this.nameOf(appointment)}?`,
        ),
        lines: [
          inLanguage(
            language,
            `They do not begin to act for ${this.wallet.whose() ?? "you"}.`,
            `No empezará a actuar por ${this.wallet.whose() ?? "usted"}.`,
          ),
        ],
      }),
      apply: ({ appointment }) => {
        this.delegates = this.delegates.map((one) =>
          one.appointment === appointment ? { ...one, state: "standby", begins_at: null } : one,
        );
      },
    },
    set_guardians: {
      says: (language, { guardians, threshold }) => ({
        title:
          guardians.length === 0
            ? inLanguage(language, "Do without guardians?", "¿Seguir sin guardianes?")
            : inLanguage(language, "Choose these guardians?", "¿Elegir estos guardianes?"),
        lines:
          guardians.length === 0
            ? [
                inLanguage(
                  language,
                  "Nobody can bring your account back then.",
                  "Entonces nadie podrá recuperar su cuenta.",
                ),
              ]
            : [
                inLanguage(
                  language,
                  `${String(threshold)} of ${String(guardians.length)} must agree.`,
                  `Deben estar de acuerdo ${String(threshold)} de ${String(guardians.length)}.`,
                ),
              ],
      }),
      apply: ({ guardians, threshold, delay_days }) => {
        this.guardians =
          guardians.length === 0
            ? []
            : this.wallet.mine().map((provider) => ({
                provider,
                guardians: guardians.map(({ name }, at) => ({
                  name: name || `Jana ${String(at + 1)}`,
                  approved: false,
                })),
                threshold,
                delay_days,
                recovery: false,
                recovery_due: null,
              }));
      },
    },
    veto_recovery: {
      says: (language) => ({
        title: inLanguage(language, "Say no to the recovery?", "¿Decir que no a la recuperación?"),
        lines: [inLanguage(language, "Your account stays with your keys.", "Su cuenta se queda con sus claves.")],
      }),
      apply: () => {
        this.guardians = this.guardians.map((one) => ({ ...one, recovery: false, recovery_due: null }));
      },
    },
  };

  readonly commands: Pick<Backend, "delegates" | "guardians"> = {
    delegates: () => Promise.resolve(good(this.delegates)),
    guardians: () => Promise.resolve(good(this.guardians)),
  };
}

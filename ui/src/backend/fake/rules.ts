/* Emergencies, disputes, keys, and accounts that change hands, for the invented person. */
import type { DisputeView, EmergencyView, Language, ProviderName, RecordKind } from "../../bindings";
import { bad, good, type Backend } from "..";
import { inLanguage as say, type ActRules } from "./acts";
import { CODES } from "./codes";
import { letterTo } from "./letter";
import { day, list, what } from "./sentences";
import { DAY, FAKE_PASSPHRASE, PRACTICE } from "./town";
import { ESSENTIALS, type FakeWallet } from "./wallet";

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

const REQUEST = /^mrhand1[a-z0-9]{8,}$/;
const TAKE_OVER = /^mrtake1[a-z0-9]{8,}$/;
/** Longest paragraph of a statement, in bytes, and how many there may be: as the ledger has it. */
const [PARAGRAPH_BYTES, PARAGRAPHS] = [255, 12];

export class FakeRules {
  disputes: DisputeView[];
  newWords = false;
  private terms: { allowed: boolean; kinds: RecordKind[] } = { allowed: true, kinds: ESSENTIALS };

  constructor(private readonly wallet: FakeWallet) {
    this.disputes = this.said();
  }

  /** Emergency rules of every provider that is not closed. */
  get emergency(): EmergencyView[] {
    return this.open().map((provider) => ({ provider, ...this.terms }));
  }

  private open(): ProviderName[] {
    return this.wallet.mine().filter(({ address }) => !this.wallet.closed.has(address));
  }

  private places(): string {
    return this.named(this.open());
  }

  /** Whose records a decision is about. */
  private records(language: Language): string {
    const whom = this.wallet.whose();
    return whom === null
      ? say(language, "your records", "sus registros")
      : say(language, `the records of ${whom}`, `los registros de ${whom}`);
  }

  private named(providers: readonly ProviderName[]): string {
    const names = providers.map(({ name, place }) => `${name} (${place})`);
    return list(this.wallet.settings.language, names);
  }

  /** The practice did not know what the hospital knew. */
  private said(): DisputeView[] {
    const row = this.wallet.records.find(
      ({ provider, title }) => provider.address === PRACTICE.address && title === "No known allergies",
    );
    const record = row && this.wallet.record(row.id);
    return record
      ? [
          {
            provider: record.provider,
            relationship: record.relationship,
            position: record.position,
            record: record.id,
            action: "publish_record",
            statement: [
              say(
                this.wallet.settings.language,
                "I am allergic to penicillin. The hospital wrote it down.",
                "Soy alérgica a la penicilina. El hospital lo anotó.",
              ),
            ],
            at: this.wallet.now() - 12 * DAY,
            by: null,
          },
        ]
      : [];
  }

  /** What an entry of a log is: a record, a look, or something else. */
  private entry(relationship: string, position: number) {
    const look = this.wallet.looks.find((one) => one.relationship === relationship && one.position === position);
    const records = this.wallet.records.map(({ id }) => this.wallet.record(id));
    const record = records.find((one) => one?.relationship === relationship && one.position === position);
    return { look, record };
  }

  readonly rules: ActRules = {
    set_emergency: {
      says: (language, { allowed, kinds }) => {
        const whom = this.wallet.whose();
        const seen = what(language, kinds.length === 0 ? { all: true } : { kinds }, whom);
        return allowed
          ? {
              title: say(language, "Allow a look in an emergency?", "¿Permitir que miren en una urgencia?"),
              lines: [
                say(
                  language,
                  `Hospitals and services that give emergency care may see ${seen} without asking ${whom === null ? "you" : "first"}.`,
                  whom === null
                    ? `Los hospitales y servicios de urgencias pueden ver ${seen} sin preguntarle.`
                    : `Los hospitales y servicios de urgencias pueden ver, sin preguntar antes, ${seen}.`,
                ),
                say(
                  language,
                  `They must give a reason, it ends after 72 hours at the latest, and ${whom === null ? "you are" : `${whom} is`} told at once.`,
                  `Deben dar un motivo, termina como mucho a las 72 horas, y ${whom === null ? "se le avisa a usted enseguida" : `se avisa enseguida a ${whom}`}.`,
                ),
                say(
                  language,
                  `It is for ${this.records(language)} with ${this.places()}.`,
                  `Vale para ${this.records(language)} con ${this.places()}.`,
                ),
                say(language, "You can stop this at any time.", "Puede retirarlo cuando quiera."),
              ],
            }
          : {
              title: say(language, "Allow no look in an emergency?", "¿No permitir que miren en una urgencia?"),
              lines: [
                say(
                  language,
                  `In an emergency nobody can see ${this.records(language)} with ${this.places()} unless ${whom === null ? "you allowed it" : "it was allowed"} before.`,
                  `En una urgencia nadie podrá ver ${this.records(language)} con ${this.places()} si ${whom === null ? "usted no lo permitió" : "no se permitió"} antes.`,
                ),
              ],
            };
      },
      refuses: ({ allowed }) =>
        allowed || this.terms.allowed ? null : "This cannot be done: there is nothing that this applies to.",
      apply: ({ allowed, kinds }) => (this.terms = { allowed, kinds }),
      providers: () => this.open(),
    },
    dispute: {
      says: (language, { relationship, position, statement }) => {
        const { look, record } = this.entry(relationship, position);
        const thing = record
          ? say(language, `“${record.title}”`, `«${record.title}»`)
          : say(language, "this entry", "esta entrada");
        const whom = this.wallet.whose();
        const from = this.named([record?.provider ?? look?.publisher ?? PRACTICE]);
        return {
          title: say(language, `Say that ${thing} is wrong?`, `¿Decir que ${thing} está mal?`),
          lines: [
            say(
              language,
              `You say ${whom === null ? "" : `for ${whom} `}that ${thing} from ${from} is wrong:`,
              `Usted dice ${whom === null ? "" : `por ${whom} `}que ${thing}, de ${from}, está mal:`,
            ),
            ...paragraphs(statement),
            say(
              language,
              "The provider can read this. Nothing is erased: your words stand beside the entry.",
              "El centro puede leerlo. Nada se borra: sus palabras quedan junto a la entrada.",
            ),
          ],
        };
      },
      refuses: ({ relationship, position, statement }) => {
        const { look, record } = this.entry(relationship, position);
        const said = paragraphs(statement);
        if (!look && !record) return `There is no such entry: ${String(position)}.`;
        if (said.length === 0) return "This cannot be done: say what is wrong.";
        return said.length > PARAGRAPHS
          ? "This cannot be done: this is too long for the ledger; say it in fewer words."
          : null;
      },
      apply: ({ relationship, position, statement }) => {
        const { look, record } = this.entry(relationship, position);
        this.disputes.unshift({
          provider: record?.provider ?? look?.publisher ?? PRACTICE,
          relationship,
          position,
          record: record?.id ?? null,
          action: record ? "publish_record" : "record_disclosure",
          statement: paragraphs(statement),
          at: this.wallet.now(),
          by: null,
        });
      },
      providers: ({ relationship, position }) => {
        const { look, record } = this.entry(relationship, position);
        return [record?.provider ?? look?.publisher ?? PRACTICE];
      },
    },
    change_viewing_keys: {
      says: (language) => ({
        title: say(
          language,
          `Change the keys to ${this.records(language)}?`,
          `¿Cambiar las claves de ${this.records(language)}?`,
        ),
        lines: [
          say(
            language,
            `From now on, old copies of the keys open nothing new from ${this.places()}. You and everybody who may help you get the new ones.`,
            `Desde ahora, las copias antiguas de las claves no abren nada nuevo de ${this.places()}. Usted y quien pueda ayudarle reciben las nuevas.`,
          ),
        ],
      }),
      apply: () => undefined,
      providers: () => this.open(),
    },
    new_keys: {
      says: (language) => ({
        title: say(language, "Move your accounts to new keys?", "¿Pasar sus cuentas a claves nuevas?"),
        lines: [
          say(
            language,
            `The old keys sign nothing more, with ${this.places()}. A lost computer can do nothing from then on.`,
            `Las claves antiguas ya no firman nada, con ${this.places()}. Un ordenador perdido no puede hacer nada desde entonces.`,
          ),
          say(
            language,
            "Your new recovery words open everything; the old ones open nothing.",
            "Sus palabras de recuperación nuevas lo abren todo; las antiguas, nada.",
          ),
          say(
            language,
            "People whom you help must appoint you again.",
            "Las personas a las que ayuda deben nombrarle de nuevo.",
          ),
        ],
      }),
      refuses: () => (this.newWords ? null : "This cannot be done: begin the change to new recovery words first."),
      apply: () => (this.newWords = false),
      providers: () => this.open(),
    },
    show_life: {
      says: (language) => ({
        title: say(language, "Show that you are there?", "¿Mostrar que sigue ahí?"),
        lines: [
          say(
            language,
            "People who may act for you only after a silence do not begin.",
            "Quien solo puede actuar por usted tras un silencio no empieza.",
          ),
        ],
      }),
      apply: () => undefined,
      providers: () => this.open(),
    },
    close: {
      says: (language, { provider }) => {
        const place = this.named(this.wallet.mine().filter(({ address }) => address === provider));
        return {
          title: say(language, `Leave ${place} for good?`, `¿Dejar ${place} para siempre?`),
          lines: [
            say(
              language,
              `${place} can add no more records for you here, and nobody can fetch copies from there.`,
              `${place} ya no puede añadir registros suyos aquí, y nadie puede pedir copias de allí.`,
            ),
            say(
              language,
              "What is there already you can still see. Opening it again needs a new enrolment.",
              "Lo que ya está puede seguir viéndolo. Para abrirlo de nuevo hace falta otra inscripción.",
            ),
          ],
        };
      },
      refuses: ({ provider }) => (this.wallet.closed.has(provider) ? "This account is closed already." : null),
      apply: ({ provider }) => {
        this.wallet.closed.set(provider, this.wallet.now());
        for (const grant of this.wallet.grants)
          if (grant.publisher.address === provider) grant.stoppedAt ??= this.wallet.now();
      },
      providers: ({ provider }) => this.wallet.mine().filter(({ address }) => address === provider),
    },
    promise_handover: {
      says: (language, { due }) => {
        const date = day(language, due);
        return {
          title: say(language, `Promise this account for ${date}?`, `¿Prometer esta cuenta para el ${date}?`),
          lines: [
            say(
              language,
              `From ${date} on the account belongs to whoever gave you the code, with ${this.places()}.`,
              `Desde el ${date} la cuenta es de quien le dio el código, con ${this.places()}.`,
            ),
            say(
              language,
              "Then your keys sign nothing more there, and whoever you appointed acts no more.",
              "Entonces sus claves ya no firman nada allí, y quien usted nombró deja de actuar.",
            ),
            say(
              language,
              "You can bring the day forward. You cannot put it off or take the promise back.",
              "Puede adelantar el día. No puede aplazarlo ni retirar la promesa.",
            ),
          ],
        };
      },
      refuses: ({ offer }) =>
        TAKE_OVER.test(offer.trim()) ? null : "This is no answer to a request: it begins with mrtake1.",
      apply: () => undefined,
      providers: () => this.open(),
    },
  };

  readonly commands: Pick<Backend, Commands> = {
    emergency: () => Promise.resolve(good(this.emergency)),
    emergencyCard: () => Promise.resolve(good(CODES.CARD)),
    disputes: () => Promise.resolve(good([...this.disputes])),
    disputeLetter: (relationship, position, statement) => {
      const { look, record } = this.entry(relationship, position);
      const letter = letterTo(this.wallet.settings.language, this.wallet.whose(), {
        look,
        record,
        position,
        statement,
        now: this.wallet.now(),
      });
      return Promise.resolve(letter === null ? bad("not_found", "There is no such entry.") : good(letter));
    },
    saveLetter: () => Promise.resolve(good("/home/amelia/Documents/letter.txt")),
    beginNewWords: (passphrase) => {
      if (passphrase !== FAKE_PASSPHRASE)
        return Promise.resolve(bad("wrong_passphrase", "The passphrase does not open this vault."));
      this.newWords = true;
      return Promise.resolve(good(null));
    },
    newWordsUnderWay: () => Promise.resolve(good(this.newWords)),
    handoverRequest: () =>
      Promise.resolve(
        this.open().length === 0
          ? bad("invalid_input", "This cannot be done: there is no account yet.")
          : good(CODES.REQUEST),
      ),
    answerHandover: (request) =>
      Promise.resolve(
        REQUEST.test(request.trim())
          ? good(CODES.ANSWER)
          : bad("invalid_input", "This is no request of a parent: it begins with mrhand1."),
      ),
    askForRecovery: () => Promise.resolve(good(CODES.RECOVERY)),
  };
}

/** A statement as the ledger takes it: short paragraphs, long ones cut between words. */
function paragraphs(text: string): string[] {
  const size = (words: string) => new TextEncoder().encode(words).length;
  return text.split("\n").flatMap((line) => {
    const cut: string[] = [];
    for (const word of line.split(/\s+/).filter((one) => one !== "")) {
      const last = cut.at(-1);
      if (last !== undefined && size(`${last} ${word}`) <= PARAGRAPH_BYTES) cut[cut.length - 1] = `${last} ${word}`;
      else cut.push(word);
    }
    return cut;
  });
}

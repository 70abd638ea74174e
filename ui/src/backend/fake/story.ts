/* What happened to the invented person, in the order of time, in the sentences of the real program. */
import type { Language, ProviderName } from "../../bindings";
import { inLanguage } from "./acts";
import { day, KINDS, list, type Seen } from "./sentences";
import { DAY, HOSPITAL, OTHER_HOSPITAL, PRACTICE } from "./town";
import type { FakeWallet } from "./wallet";

/** Which entry of the same log has this name. */
type EntryOf = (name: string) => string;

export interface Happening {
  /** In whose log it stands. */
  publisher: ProviderName;
  at: number;
  /** For entries that speak of it. */
  name?: string;
  says: (language: Language, entryOf: EntryOf) => string;
  /** What it says when it is not opened. */
  closed: (language: Language) => string;
}

export const party = ({ name, place }: ProviderName): string => `${name} (${place})`;

/** An hour of the day, so many days ago. */
function ago(now: number, days: number, hour: number, minute: number): number {
  const date = new Date((now - days * DAY) * 1000);
  date.setHours(hour, minute, 0, 0);
  return date.getTime() / 1000;
}

const CLARA = "Clara Ferreira-Novák";

const closed =
  (en: string, es: string, by: string | null = null) =>
  (language: Language): string =>
    inLanguage(
      language,
      `Not opened in this copy: ${en}, signed by ${by ?? "the patient"}.`,
      `Sin abrir en esta copia: ${es}, con la firma de ${by ?? "la persona titular"}.`,
    );

const of = (language: Language, seen: Seen): string => {
  if ("all" in seen) return inLanguage(language, "all records", "todos los registros");
  if ("kinds" in seen)
    return list(
      language,
      seen.kinds.map((kind) => KINDS[language][kind]),
    );
  return inLanguage(language, `${String(seen.count)} records`, `${String(seen.count)} registros`);
};

/** Everything up to now, oldest first: what is given, seen and asked for in the wallet, and what the story adds. */
export function happenings(wallet: FakeWallet): Happening[] {
  if (wallet.enrolled.size === 0) return [];
  const now = wallet.now();
  return [
    ...wallet.mine().map((provider, at) => opened(provider, ago(now, 70, 9, 12 + at * 11))),
    ...fixed(now),
    ...given(wallet),
    ...seen(wallet),
    ...asked(wallet),
  ].sort((a, b) => a.at - b.at);
}

const opened = (publisher: ProviderName, at: number): Happening => ({
  publisher,
  at,
  says: (language) =>
    inLanguage(
      language,
      `${publisher.name} opened this account with the patient’s consent.`,
      `${publisher.name} abrió esta cuenta con el consentimiento de la persona titular.`,
    ),
  closed: closed("account opened", "apertura de la cuenta", publisher.name),
});

function listed(
  publisher: ProviderName,
  at: number,
  title: string,
  one: readonly [string, string],
  date: number,
): Happening {
  return {
    publisher,
    at,
    name: title,
    says: (language) =>
      inLanguage(
        language,
        `${publisher.name} listed a record: “${title}”, ${one[0]}, of ${day("en", date)}.`,
        `${publisher.name} anotó un registro: «${title}», ${one[1]}, de fecha ${day("es", date)}.`,
      ),
    closed: closed("record listed", "registro anotado", publisher.name),
  };
}

const fixed = (now: number): Happening[] => [
  listed(
    HOSPITAL,
    ago(now, 69, 10, 5),
    "Discharge letter",
    ["a letter or document", "una carta o un documento"],
    ago(now, 71, 10, 6),
  ),
  listed(HOSPITAL, now - 69 * DAY + 40, "Penicillins", ["an allergy", "una alergia"], now - 74 * DAY),
  listed(PRACTICE, now - 68 * DAY, "No known allergies", ["an allergy", "una alergia"], now - 400 * DAY),
  listed(PRACTICE, now - 68 * DAY + 60, "Ramipril 5 mg capsules", ["a medicine", "un medicamento"], now - 90 * DAY),
  {
    publisher: HOSPITAL,
    at: ago(now, 60, 15, 40),
    says: (language) =>
      inLanguage(
        language,
        "The patient allowed emergency departments to see medicines, allergies and problems without asking.",
        "La persona titular permitió que los servicios de urgencias vean medicamentos, alergias y problemas de salud sin pedirlo.",
      ),
    closed: closed("emergency access set", "acceso de urgencia decidido"),
  },
  {
    publisher: PRACTICE,
    at: ago(now, 44, 15, 41),
    says: (language) =>
      inLanguage(
        language,
        `The patient appointed ${CLARA} as delegate, at once, until ${day("en", now + 320 * DAY)}: to see records, and to give and stop access.`,
        `La persona titular autorizó a ${CLARA} como persona delegada, desde ese momento, hasta el ${day("es", now + 320 * DAY)}: para ver registros, y dar y detener accesos.`,
      ),
    closed: closed("delegate appointed", "autorización de una persona delegada"),
  },
  {
    publisher: PRACTICE,
    at: ago(now, 43, 18, 22),
    says: (language) =>
      inLanguage(language, `${CLARA} agreed to act for the patient.`, `${CLARA} aceptó actuar por la persona titular.`),
    closed: closed("delegation accepted", "autorización aceptada", CLARA),
  },
  {
    publisher: PRACTICE,
    at: ago(now, 33, 11, 15),
    says: (language, entryOf) =>
      inLanguage(
        language,
        `The patient said that entry ${entryOf("No known allergies")} is wrong: “The hospital found that I do not tolerate penicillin”.`,
        `La persona titular declaró que la entrada ${entryOf("No known allergies")} es incorrecta: «El hospital comprobó que no tolero la penicilina».`,
      ),
    closed: closed("entry disputed", "entrada impugnada"),
  },
  {
    publisher: HOSPITAL,
    at: ago(now, 58, 19, 3),
    name: "northport",
    says: (language) =>
      inLanguage(
        language,
        `The patient let ${party(OTHER_HOSPITAL)} see images, from ${day("en", now - 58 * DAY)} until ${day("en", now + 30 * DAY)}, for a second opinion.`,
        `La persona titular permitió a ${party(OTHER_HOSPITAL)} ver imágenes, desde el ${day("es", now - 58 * DAY)} hasta el ${day("es", now + 30 * DAY)}, para una segunda opinión.`,
      ),
    closed: closed("access given", "acceso dado"),
  },
  {
    publisher: HOSPITAL,
    at: ago(now, 41, 16, 48),
    says: (language, entryOf) =>
      inLanguage(
        language,
        `${CLARA}, for the patient, stopped the access of ${party(OTHER_HOSPITAL)} that entry ${entryOf("northport")} gave: “The second opinion is here”.`,
        `${CLARA}, en nombre de la persona titular, detuvo el acceso de ${party(OTHER_HOSPITAL)} que dio la entrada ${entryOf("northport")}: «La segunda opinión ya llegó».`,
      ),
    closed: closed("access stopped", "acceso detenido", CLARA),
  },
  {
    publisher: HOSPITAL,
    at: ago(now, 26, 9, 30),
    says: (language, entryOf) =>
      inLanguage(
        language,
        `${HOSPITAL.name} released “Penicillins” (entry ${entryOf("Penicillins")}) to ${party(OTHER_HOSPITAL)}, received by Dr. Ines Harrow, in an emergency: “Came in by ambulance and could not be asked”.`,
        `${HOSPITAL.name} entregó «Penicillins» (entrada ${entryOf("Penicillins")}) a ${party(OTHER_HOSPITAL)}, donde lo recibió Dr. Ines Harrow, en una urgencia: «Llegó en ambulancia y no se le pudo preguntar».`,
      ),
    closed: closed("copies released", "copias entregadas", HOSPITAL.name),
  },
];

function given(wallet: FakeWallet): Happening[] {
  return wallet.grants.flatMap((grant): Happening[] => {
    const to = party(grant.grantee);
    const future = grant.future === "included";
    const granted: Happening = {
      publisher: grant.publisher,
      at: grant.since,
      name: grant.id,
      says: (language) =>
        inLanguage(
          language,
          `The patient let ${to} see ${of("en", grant.seen)}${future ? ", new ones too" : ""}, from ${day("en", grant.since)} until ${day("en", grant.until)}, for treatment.`,
          `La persona titular permitió a ${to} ver ${of("es", grant.seen)}${future ? ", también lo que se añada" : ""}, desde el ${day("es", grant.since)} hasta el ${day("es", grant.until)}, para el tratamiento.`,
        ),
      closed: closed("access given", "acceso dado"),
    };
    if (grant.stoppedAt === null) return [granted];
    const ended: Happening = {
      publisher: grant.publisher,
      at: grant.stoppedAt,
      says: (language, entryOf) =>
        inLanguage(
          language,
          `The patient stopped the access of ${to} that entry ${entryOf(grant.id)} gave.`,
          `La persona titular detuvo el acceso de ${to} que dio la entrada ${entryOf(grant.id)}.`,
        ),
      closed: closed("access stopped", "acceso detenido"),
    };
    return [granted, ended];
  });
}

function seen(wallet: FakeWallet): Happening[] {
  return wallet.looks.map((look): Happening => {
    const count = String(look.records.length);
    const by = look.publisher.name;
    return {
      publisher: look.publisher,
      at: look.written_at,
      says: (language, entryOf) => {
        const to = look.recipient ? party(look.recipient) : inLanguage(language, "the patient", "la persona titular");
        const person =
          look.person === "" ? "" : inLanguage(language, ", received by ", ", donde lo recibió ") + look.person;
        const basis =
          look.basis === "grant"
            ? inLanguage(language, ", under the permission of entry ", ", con el permiso de la entrada ") +
              entryOf(look.grant)
            : inLanguage(language, ", whose records they are", ", de quien son los registros");
        return inLanguage(
          language,
          `${by} released ${count === "1" ? "1 record" : `${count} records`} to ${to}${person}${basis}.`,
          `${by} entregó ${count === "1" ? "1 registro" : `${count} registros`} a ${to}${person}${basis}.`,
        );
      },
      closed: closed("copies released", "copias entregadas", by),
    };
  });
}

function asked(wallet: FakeWallet): Happening[] {
  return wallet.requests.flatMap((request): Happening[] => {
    const kinds = (language: Language) => of(language, { kinds: request.kinds });
    const days = String(request.days);
    const reason = request.reason.replace(/\.$/, "");
    const one: Happening = {
      publisher: request.provider,
      at: request.asked_at,
      name: request.id,
      says: (language) =>
        inLanguage(
          language,
          `${request.provider.name} (${request.asked_by}) asked to see ${kinds("en")} for ${days} days, for treatment: “${reason}”.`,
          `${request.provider.name} (${request.asked_by}) pidió ver ${kinds("es")} durante ${days} días, para el tratamiento: «${reason}».`,
        ),
      closed: closed("access asked for", "acceso solicitado", request.provider.name),
    };
    if (request.state !== "declined") return [one];
    const no: Happening = {
      publisher: request.provider,
      at: wallet.now(),
      says: (language, entryOf) =>
        inLanguage(
          language,
          `The patient declined the request of entry ${entryOf(request.id)}.`,
          `La persona titular rechazó la solicitud de la entrada ${entryOf(request.id)}.`,
        ),
      closed: closed("request answered", "respuesta a una solicitud"),
    };
    return [one, no];
  });
}

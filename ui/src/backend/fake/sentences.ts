/*
 * The sentences that Rust says in the real program, said here for the invented people in the two languages. Only what the
 * sample needs; the real wording is tested where it is made.
 */
import type { Future, Language, RecordKind, Sentence, SentenceCode } from "../../bindings";

export const KINDS: Record<Language, Record<RecordKind, string>> = {
  en: {
    medication: "medicines",
    allergy: "allergies",
    problem: "problems",
    observation: "test results and measurements",
    immunization: "vaccinations",
    procedure: "procedures",
    document: "letters and documents",
    imaging: "images",
    visit: "visits",
    other: "other records",
  },
  es: {
    medication: "medicamentos",
    allergy: "alergias",
    problem: "problemas",
    observation: "resultados y mediciones",
    immunization: "vacunas",
    procedure: "procedimientos",
    document: "cartas y documentos",
    imaging: "imágenes",
    visit: "visitas",
    other: "otros registros",
  },
};

export type Seen = { all: true } | { kinds: RecordKind[] } | { count: number };

export const list = (language: Language, words: string[]): string =>
  new Intl.ListFormat(language === "en" ? "en-GB" : "es", { type: "conjunction" }).format(words);

export const day = (language: Language, seconds: number): string =>
  new Intl.DateTimeFormat(language === "en" ? "en-GB" : "es", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  }).format(new Date(seconds * 1000));

/** What can be seen; `whose` is the person who is helped, null for one's own. */
export function what(language: Language, seen: Seen, whose: string | null = null): string {
  const en = language === "en";
  const of = whose === null ? "" : en ? ` of ${whose}` : ` de ${whose}`;
  if ("all" in seen) {
    if (whose === null) return en ? "all your records" : "todos sus registros";
    return en ? `all records${of}` : `todos los registros${of}`;
  }
  if ("kinds" in seen) {
    const kinds = list(
      language,
      seen.kinds.map((kind) => KINDS[language][kind]),
    );
    if (whose === null) return en ? `your ${kinds}` : `sus ${kinds}`;
    return en ? `the ${kinds}${of}` : `de ${whose}: ${kinds}`;
  }
  if (seen.count === 1) return en ? `one record${of} that you chose` : `un registro${of} que usted eligió`;
  return en
    ? `${String(seen.count)} records${of} that you chose`
    : `${String(seen.count)} registros${of} que usted eligió`;
}

const said = (code: SentenceCode, text: string): Sentence => ({ code, args: {}, values: {}, text });

export interface Access {
  who: string;
  /** Whose records, when a helper decides. */
  whose: string | null;
  seen: Seen;
  future: Future;
  now: number;
  until: number;
  records: number;
  publishers: string[];
  answers: boolean;
}

export function title(language: Language, access: Access): Sentence {
  return said("give_access", language === "en" ? `Give ${access.who} access?` : `¿Dar acceso a ${access.who}?`);
}

export function review(language: Language, access: Access): Sentence[] {
  const en = language === "en";
  const seen = what(language, access.seen, access.whose);
  const from = list(language, access.publishers);
  const [today, until] = [day(language, access.now), day(language, access.until)];
  const lines = [said("can_see", en ? `They can see ${seen}.` : `Pueden ver ${seen}.`)];
  if (!("all" in access.seen))
    lines.push(said("nothing_else", en ? "They cannot see anything else." : "No pueden ver nada más."));
  lines.push(
    said(
      "from_providers",
      en
        ? `Now that is ${String(access.records)} ${access.records === 1 ? "record" : "records"}, from ${from}.`
        : `Ahora ${access.records === 1 ? "es 1 registro" : `son ${String(access.records)} registros`}, de ${from}.`,
    ),
    access.future === "included"
      ? said(
          "future_kinds_too",
          en ? "New records of these kinds are included." : "Se incluyen los registros nuevos de estos tipos.",
        )
      : said(
          "future_not",
          en ? "Records that are added later are not included." : "No se incluyen los registros que se añadan después.",
        ),
    said("from_until", en ? `From today, ${today}, until ${until}.` : `Desde hoy, ${today}, hasta el ${until}.`),
    said(
      "why",
      en
        ? "This is for treatment."
        : access.whose === null
          ? "Es para su tratamiento."
          : `Es para el tratamiento de ${access.whose}.`,
    ),
  );
  if (access.answers) lines.push(said("answers", en ? "This answers their request." : "Esto responde a su solicitud."));
  lines.push(
    said("stop_any_time", en ? "You can stop this at any time." : "Puede detenerlo en cualquier momento."),
    said("copies_stay", en ? "Copies they make stay with them." : "Las copias que hagan se quedan con ellos."),
  );
  return lines;
}

export function sees(language: Language, seen: Seen, until: number, whose: string | null): Sentence {
  const en = language === "en";
  const [words, date] = [what(language, seen, whose), day(language, until)];
  return said("sees_until", en ? `Can see ${words} until ${date}.` : `Pueden ver ${words} hasta el ${date}.`);
}

const times = (uses: number): string => (uses === 2 ? "twice" : `${String(uses)} times`);

export function used(language: Language, uses: number, last: number | null): Sentence {
  const en = language === "en";
  if (last === null) return said("never_used", en ? "They have not looked yet." : "Todavía no han mirado.");
  const date = day(language, last);
  return said(
    "used",
    en
      ? uses === 1
        ? `Looked once so far, on ${date}.`
        : `Looked ${times(uses)} so far, last on ${date}.`
      : uses === 1
        ? `Han mirado una vez, el ${date}.`
        : `Han mirado ${String(uses)} veces hasta ahora, la última el ${date}.`,
  );
}

export function stopped(language: Language, who: string, copies: number, last: number | null): Sentence[] {
  const en = language === "en";
  const first = said("cannot_fetch", en ? `${who} cannot fetch more.` : `${who} ya no puede obtener más.`);
  if (last === null || copies === 0)
    return [first, said("no_copies", en ? "No copies were taken." : "No se tomaron copias.")];
  const date = day(language, last);
  return [
    first,
    said(
      "copies_taken",
      en
        ? copies === 1
          ? `The copy that was already taken stays where it is: 1, on ${date}.`
          : `Copies that were already taken stay where they are: ${String(copies)}, last on ${date}.`
        : copies === 1
          ? `La copia que ya se hizo se queda donde está: 1, del ${date}.`
          : `Las copias que ya se hicieron se quedan donde están: ${String(copies)}, la última del ${date}.`,
    ),
  ];
}

export function asks(language: Language, who: string, seen: Seen, days: number, whose: string | null): Sentence {
  const words = what(language, seen, whose);
  return said(
    "asks",
    language === "en"
      ? `${who} asks to see ${words} for ${String(days)} days.`
      : `${who} pide ver ${words} durante ${String(days)} días.`,
  );
}

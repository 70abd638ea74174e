/* The letter about a wrong entry, as the program below drafts it, for the invented person. */
import type { AccessRow, Language, RecordView } from "../../bindings";
import { inLanguage } from "./acts";
import { day } from "./sentences";
import { person } from "./wallet";

interface About {
  look: AccessRow | undefined;
  record: RecordView | undefined;
  position: number;
  statement: string;
  now: number;
}

/** None where the log has no such entry. */
export function letterTo(
  language: Language,
  whom: string | null,
  { look, record, position, statement, now }: About,
): string | null {
  const to = record?.provider ?? look?.publisher;
  if (!to) return null;
  const who = whom ?? person().label;
  const mine =
    whom === null
      ? inLanguage(language, "my records", "mis registros")
      : inLanguage(language, `the records of ${whom}`, `los registros de ${whom}`);
  const date = day(language, record?.published_at ?? look?.written_at ?? 0);
  const today = day(language, now);
  const at = String(position);
  const reason = look?.basis === "emergency" ? look.reason : "";
  const by = look?.person ?? "";
  const said = statement.trim();
  const what = record
    ? inLanguage(
        language,
        `the record “${record.title}”, published on ${date}`,
        `el registro «${record.title}», publicado el ${date}`,
      )
    : inLanguage(
        language,
        `the look at ${mine}${by && ` by ${by}`} on ${date}${reason && `, for the stated reason “${reason}”`}`,
        `la consulta de ${mine}${by && ` por ${by}`} el ${date}${reason && `, con el motivo «${reason}»`}`,
      );
  const begins =
    whom === null
      ? inLanguage(language, `I am ${who}.`, `Soy ${who}. Escribo por`)
      : inLanguage(language, `I write for ${who}.`, `Escribo en nombre de ${who}. Se trata de`);
  const log =
    whom === null
      ? inLanguage(language, "my log with you", "de mi historial")
      : inLanguage(language, "the log with you", "del historial");
  const ends = whom === null ? who : inLanguage(language, `For ${who}:`, `En nombre de ${who}:`);
  return inLanguage(
    language,
    `To: ${to.name} (${to.place})\n${today}\n\n${begins} This is about ${what} (entry ${at} of ${log}).\n\n${said}\n\nPlease check this, correct what is wrong, and tell me in writing what you found and what you did. If you think that nothing is wrong, please tell me why, and keep this letter with the record.\n\n${ends}\n`,
    `A: ${to.name} (${to.place})\n${today}\n\n${begins} ${what} (entrada ${at} ${log} con ustedes).\n\n${said}\n\nLes pido que lo comprueben, que corrijan lo que esté mal y que me digan por escrito qué encontraron y qué hicieron. Si creen que no hay nada mal, díganme por qué y guarden esta carta con el registro.\n\n${ends}\n`,
  );
}

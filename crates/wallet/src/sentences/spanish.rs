//! Spanish, in the usted form. "Ellos" are the people at a provider: verbs about them stand in the plural, without a pronoun.
//! The person's own are "sus", and "usted" stands wherever it could be theirs.

use medrec_protocol::RecordKind;

use super::{Meaning, SeenScope, Tongue, listed};
use crate::view::{Future, Mode, Why};

/// Short forms of the Unicode CLDR, without full stop.
const MONTHS: [&str; 12] =
    ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"];

pub(super) struct Spanish;

impl Tongue for Spanish {
    fn say(&self, meaning: &Meaning<'_>) -> String {
        match *meaning {
            Meaning::GiveAccess { who } => format!("¿Dar acceso a {who}?"),
            Meaning::CanSee { what, whose } => format!("Pueden ver {}.", self.scope(what, whose)),
            Meaning::CanLook { what, whose } => {
                format!("Pueden mirar {}, pero no guardar una copia.", self.scope(what, whose))
            }
            Meaning::NothingElse => "No pueden ver nada más.".to_owned(),
            Meaning::FromProviders { records, providers } => {
                let now = if records == 1 {
                    "es 1 registro".to_owned()
                } else {
                    format!("son {records} registros")
                };
                format!("Ahora {now}, de {}.", self.list(providers))
            }
            Meaning::FutureToo => "Los registros nuevos están incluidos.".to_owned(),
            Meaning::FutureKindsToo => "Los registros nuevos de estos tipos están incluidos.".to_owned(),
            Meaning::FutureVersionsToo => {
                "Las versiones nuevas de estos registros están incluidas.".to_owned()
            }
            Meaning::FutureNot => "Los registros que se añadan después no están incluidos.".to_owned(),
            Meaning::FromUntil { from, until } => {
                format!("Desde hoy, {}, hasta el {}.", self.date(from), self.date(until))
            }
            Meaning::Reason { why, whose } => format!("Es para {}.", why_in_words(why, whose)),
            Meaning::Delivered => "Los registros nuevos se les envían sin que los pidan.".to_owned(),
            Meaning::OwnLeftOut { who } => {
                format!("Los registros que escribió {who} quedan fuera: ya los tienen.")
            }
            Meaning::Answers => "Así responde usted a la solicitud que le hicieron.".to_owned(),
            Meaning::StopAnyTime => "Usted puede detener esto en cualquier momento.".to_owned(),
            Meaning::MemoryStays => "Conservarán lo que recuerden o anoten.".to_owned(),
            Meaning::CopiesStay => "Conservarán las copias que hagan.".to_owned(),
            Meaning::CannotFetch { who: [] } => "Nadie puede obtener nada más.".to_owned(),
            Meaning::CannotFetch { who } => {
                let can = if who.len() == 1 { "puede" } else { "pueden" };
                format!("{} ya no {can} obtener nada más.", self.list(who))
            }
            Meaning::StopWaiting { who, .. } => format!(
                "El libro compartido aún no confirma el fin del acceso de {}. Se enviará de nuevo hasta que lo haga.",
                self.list(who)
            ),
            Meaning::NoCopies => "No se hizo ninguna copia.".to_owned(),
            Meaning::CopiesTaken { copies: 1, last } => {
                format!("La copia que ya se hizo se queda donde está: 1, del {}.", self.date(last))
            }
            Meaning::CopiesTaken { copies, last } => format!(
                "Las copias que ya se hicieron se quedan donde están: {copies}, la última del {}.",
                self.date(last)
            ),
            Meaning::SeesUntil { what, whose, mode, until } => {
                let verb = if mode == Mode::View { "Pueden mirar" } else { "Pueden ver" };
                format!("{verb} {} hasta el {}.", self.scope(what, whose), self.date(until))
            }
            Meaning::NeverUsed => "Todavía no han mirado.".to_owned(),
            Meaning::Used { uses: 1, last } => format!("Han mirado una vez, el {}.", self.date(last)),
            Meaning::Used { uses, last } => {
                format!("Han mirado {uses} veces hasta ahora, la última el {}.", self.date(last))
            }
            Meaning::Asks { who, what, whose, days, future } => {
                let unit = if days == 1 { "día" } else { "días" };
                let also = if future == Future::Included { ", también lo que se añada" } else { "" };
                format!("{who} pide ver {} durante {days} {unit}{also}.", self.scope(what, whose))
            }
            Meaning::StopAccess { who } => format!("¿Detener el acceso de {}?", self.list(who)),
            Meaning::NoMore => "Desde entonces no podrán obtener nada más.".to_owned(),
            Meaning::AnswerRequest { who } => format!("¿Responder a la solicitud de {who}?"),
            Meaning::TellsWhere => "Les dice dónde obtener lo que usted permite.".to_owned(),
            Meaning::TellsNo => "Les dice que usted no lo permite.".to_owned(),
        }
    }

    fn scope(&self, scope: &SeenScope, whose: Option<&str>) -> String {
        let kinds = |kinds: &[RecordKind]| {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind_in_words(*kind).to_owned()).collect();
            self.list(&kinds)
        };
        match (scope, whose) {
            (SeenScope::Everything, None) => "todos sus registros".to_owned(),
            (SeenScope::Everything, Some(whose)) => format!("todos los registros de {whose}"),
            (SeenScope::Kinds(chosen), None) => format!("sus {}", kinds(chosen)),
            // Without an article: kinds are of either gender.
            (SeenScope::Kinds(chosen), Some(whose)) => format!("de {whose}: {}", kinds(chosen)),
            (SeenScope::Records(1), None) => "un registro que usted eligió".to_owned(),
            (SeenScope::Records(1), Some(whose)) => format!("un registro de {whose} que usted eligió"),
            (SeenScope::Records(count), None) => format!("{count} registros que usted eligió"),
            (SeenScope::Records(count), Some(whose)) => {
                format!("{count} registros de {whose} que usted eligió")
            }
        }
    }

    fn list(&self, items: &[String]) -> String {
        listed(items, "nadie", |next| if begins_with_i(next) { "e" } else { "y" })
    }

    fn day(&self, day: i8, month: i8, year: i16) -> String {
        let month = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
        format!("{day} {month} {year}")
    }

    fn far_day(&self, days: u64) -> String {
        format!("día {days}")
    }
}

/// Whether a word begins with the vowel i as it is spoken, before which "y" becomes "e". In "hierba" or "Ion" it is no vowel.
/// (RAE, Diccionario panhispánico de dudas, "y²")
fn begins_with_i(word: &str) -> bool {
    let mut letters = word.chars().flat_map(char::to_lowercase).skip_while(|letter| *letter == 'h');
    let (first, second) = (letters.next(), letters.next());
    let before_vowel = second.is_some_and(|letter| "aeouáéóú".contains(letter));
    match first {
        Some('í') => true,
        Some('i') => !before_vowel,
        // As in Yves; otherwise it is the consonant of "yerno".
        Some('y') => second.is_some_and(|letter| letter.is_alphabetic() && !before_vowel),
        _ => false,
    }
}

/// A kind of record, in the plural, after "sus".
const fn kind_in_words(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Medication => "medicamentos",
        RecordKind::Allergy => "alergias",
        RecordKind::Problem => "problemas de salud",
        RecordKind::Observation => "resultados de pruebas y mediciones",
        RecordKind::Immunization => "vacunas",
        RecordKind::Procedure => "procedimientos",
        RecordKind::Document => "cartas y documentos",
        RecordKind::Imaging => "imágenes",
        RecordKind::Visit => "visitas",
        RecordKind::Other => "otros registros",
    }
}

/// A reason, after "para"; `whose` is the person who is helped.
fn why_in_words(why: Why, whose: Option<&str>) -> String {
    match (why, whose) {
        (Why::Treatment, None) => "su tratamiento".to_owned(),
        (Why::Treatment, Some(whose)) => format!("el tratamiento de {whose}"),
        (Why::Coordination, None) => "coordinar su atención".to_owned(),
        (Why::Coordination, Some(whose)) => format!("coordinar la atención de {whose}"),
        (Why::PatientRequest, None) => "cumplir su propio deseo".to_owned(),
        (Why::PatientRequest, Some(whose)) => format!("cumplir el deseo de {whose}"),
        (Why::SecondOpinion, _) => "una segunda opinión".to_owned(),
        (Why::Payment, _) => "el seguro o el pago".to_owned(),
        (Why::Research, _) => "investigación".to_owned(),
    }
}

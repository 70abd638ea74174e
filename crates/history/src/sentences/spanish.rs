//! Spanish. "La persona titular" is the patient: the word that law uses, and the same for everybody.

use medrec_protocol::RecordKind;

use super::{Tongue, acting, listed, numbers, party, stated_date};
use crate::{
    model::{
        ActionKind, Activation, Answer, Basis, Disclosure, EmergencyAccess, Entry, Future, Grant, GrantRef,
        Mode, Person, Purpose, Recipient, RecordRef, Relationship, Request, Right, Scope, What, Who,
    },
    standing::Standing,
    verify::{Trust, Verified},
};

/// Short forms of the Unicode CLDR, without full stop.
const MONTHS: [&str; 12] =
    ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"];

pub(super) struct Spanish;

impl Tongue for Spanish {
    fn entry(&self, entry: &Entry, of: &Relationship) -> String {
        let who = self.who(&entry.who, of);
        match &entry.what {
            What::OpenedRelationship => {
                format!("{who} abrió esta cuenta con el consentimiento de la persona titular.")
            }
            What::PublishedRecord { title, kind, date, replaces, .. } => {
                let dated = date
                    .as_ref()
                    .map(|date| format!(", de fecha {}", stated_date(self, date)))
                    .unwrap_or_default();
                let replaces =
                    replaces.map(|entry| format!("; sustituye a la entrada {entry}")).unwrap_or_default();
                format!("{who} anotó un registro: «{title}», {}{dated}{replaces}.", self.one_kind(*kind))
            }
            What::WithdrewRecord { record, reason } => {
                format!("{who} retiró de la lista {}{}.", self.record(record), quoted(reason))
            }
            What::Granted(grant) => self.granted(&who, grant),
            What::Revoked { grant, note } => {
                format!("{who} detuvo {}{}.", permission(grant, of, entry.index), quoted(note))
            }
            What::RevokedAll { note } => {
                format!("{who} detuvo todo acceso a los registros de esta cuenta{}.", quoted(note))
            }
            What::RequestedAccess(request) => self.requested(&who, request),
            What::Answered { entry, answer, .. } => self.answered(&who, *entry, answer),
            What::Disclosed(disclosure) => self.disclosed(&who, disclosure),
            What::Disputed { entry, statement } => {
                format!("{who} declaró que la entrada {entry} es incorrecta{}.", quoted(statement))
            }
            What::DelegateAppointed(delegation) => {
                let until = delegation
                    .until
                    .map_or(String::new(), |until| format!(", hasta el {}", self.date(until)));
                format!(
                    "{who} autorizó a {} como persona delegada, {}{until}: para {}.",
                    self.person(&delegation.delegate),
                    self.activation(delegation.activation),
                    self.right(delegation.right)
                )
            }
            What::DelegationEnded(person) => {
                format!("{who} puso fin a la autorización de {}.", self.person(person))
            }
            What::DelegationAccepted(person) => {
                format!("{} aceptó actuar por la persona titular.", first_upper(&self.person(person)))
            }
            What::DelegationGivenUp(person) => {
                format!("{} renunció a actuar por la persona titular.", first_upper(&self.person(person)))
            }
            What::ActivationAsked(person) => {
                format!(
                    "{} pidió empezar a actuar por la persona titular.",
                    first_upper(&self.person(person))
                )
            }
            What::ActivationRefused(person) => {
                format!("{who} dijo que no: {} no empieza a actuar.", self.person(person))
            }
            What::GuardiansSet { guardians, .. } if guardians.is_empty() => {
                format!("{who} dejó la cuenta sin personas guardianas.")
            }
            What::GuardiansSet { guardians, needed, delay_days } => {
                let names: Vec<String> = guardians.iter().map(|person| self.person(person)).collect();
                format!(
                    "{who} nombró personas guardianas: {}; juntas, {needed} de esas {} pueden trasladar la cuenta a claves nuevas, pasados {}.",
                    self.list(&names),
                    names.len(),
                    days(*delay_days)
                )
            }
            What::RecoveryApproved(person) => format!(
                "{} aceptó, como persona guardiana, trasladar la cuenta a claves nuevas.",
                first_upper(&self.person(person))
            ),
            What::RecoveryVetoed => format!("{who} rechazó que la cuenta se traslade a claves nuevas."),
            What::HandoverSet { on } => {
                format!("{who} fijó el {} como día de entrega de la cuenta.", self.date(*on))
            }
            What::EmergencyAccessSet(EmergencyAccess::Off) => {
                format!("{who} desactivó el acceso de urgencia.")
            }
            What::EmergencyAccessSet(EmergencyAccess::On(scope)) => {
                format!(
                    "{who} permitió que los servicios de urgencias vean {} sin pedirlo.",
                    self.scope(scope)
                )
            }
            What::ViewingKeyRotated => {
                format!("{who} cambió la clave que abre las entradas posteriores.")
            }
            What::KeysRotated => {
                format!("{who} trasladó la cuenta a claves nuevas; las anteriores ya no valen.")
            }
            What::SignOfLife => format!("{who} dio señal de vida."),
            What::RelationshipClosed => format!("{who} cerró esta cuenta."),
            What::Closed { action, .. } => {
                format!(
                    "Sin abrir en esta copia: {}, con la firma de {}.",
                    self.action(*action),
                    who_inside(&who)
                )
            }
        }
    }

    fn who(&self, who: &Who, of: &Relationship) -> String {
        match who {
            Who::Patient => "La persona titular".to_owned(),
            Who::Delegate(person) => {
                format!("{}, en nombre de la persona titular,", first_upper(&self.person(person)))
            }
            Who::Provider(provider) => acting(provider, of),
            Who::Guardian(person) => {
                format!("{}, como persona guardiana,", first_upper(&self.person(person)))
            }
            Who::UnknownAgent(address) => format!("Alguien cuyo nombre no está abierto ({address})"),
        }
    }

    fn action(&self, action: ActionKind) -> &'static str {
        match action {
            ActionKind::OpenedRelationship => "apertura de la cuenta",
            ActionKind::PublishedRecord => "registro anotado",
            ActionKind::WithdrewRecord => "registro retirado de la lista",
            ActionKind::Granted => "acceso dado",
            ActionKind::Revoked => "acceso detenido",
            ActionKind::RevokedAll => "todo acceso detenido",
            ActionKind::RequestedAccess => "acceso solicitado",
            ActionKind::Answered => "respuesta a una solicitud",
            ActionKind::Disclosed => "copias entregadas",
            ActionKind::Disputed => "entrada impugnada",
            ActionKind::DelegateAppointed => "autorización de una persona delegada",
            ActionKind::DelegationEnded => "fin de una autorización",
            ActionKind::DelegationAccepted => "autorización aceptada",
            ActionKind::DelegationGivenUp => "renuncia a una autorización",
            ActionKind::ActivationAsked => "petición de empezar a actuar",
            ActionKind::ActivationRefused => "negativa a que empiece a actuar",
            ActionKind::GuardiansSet => "nombramiento de personas guardianas",
            ActionKind::RecoveryApproved => "acuerdo con claves nuevas",
            ActionKind::RecoveryVetoed => "rechazo de claves nuevas",
            ActionKind::HandoverSet => "día de entrega fijado",
            ActionKind::EmergencyAccessSet => "acceso de urgencia decidido",
            ActionKind::ViewingKeyRotated => "cambio de la clave de lectura",
            ActionKind::KeysRotated => "traslado de la cuenta a claves nuevas",
            ActionKind::SignOfLife => "señal de vida",
            ActionKind::RelationshipClosed => "cierre de la cuenta",
        }
    }

    fn scope(&self, scope: &Scope) -> String {
        match scope {
            Scope::Everything => "todos los registros".to_owned(),
            Scope::Kinds(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(|kind| self.kind(*kind).to_owned()).collect();
                self.list(&kinds)
            }
            Scope::Records(records) => match records.as_slice() {
                [one] => self.record(one),
                [_, _] | [_, _, _] => {
                    self.list(&records.iter().map(|record| self.record(record)).collect::<Vec<_>>())
                }
                many => many_records(many),
            },
        }
    }

    fn kind(&self, kind: RecordKind) -> &'static str {
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

    fn one_kind(&self, kind: RecordKind) -> &'static str {
        match kind {
            RecordKind::Medication => "un medicamento",
            RecordKind::Allergy => "una alergia",
            RecordKind::Problem => "un problema de salud",
            RecordKind::Observation => "un resultado o una medición",
            RecordKind::Immunization => "una vacuna",
            RecordKind::Procedure => "un procedimiento",
            RecordKind::Document => "una carta o un documento",
            RecordKind::Imaging => "una imagen",
            RecordKind::Visit => "una visita",
            RecordKind::Other => "otro registro",
        }
    }

    fn purpose(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::Treatment => "el tratamiento",
            Purpose::Coordination => "coordinar la atención",
            Purpose::SecondOpinion => "una segunda opinión",
            Purpose::Payment => "el seguro o el pago",
            Purpose::Research => "investigación",
            Purpose::PatientRequest => "cumplir el deseo de la persona titular",
        }
    }

    fn right(&self, right: Right) -> &'static str {
        match right {
            Right::See => "ver registros",
            Right::Share => "ver registros, y dar y detener accesos",
            Right::Manage => "ver registros, dar y detener accesos, y cambiar las reglas de la cuenta",
        }
    }

    fn activation(&self, activation: Activation) -> String {
        match activation {
            Activation::AtOnce => "desde ese momento".to_owned(),
            Activation::AfterWait(wait) => {
                format!("pasados {} desde que lo pida, si la persona titular no se opone", days(wait))
            }
            Activation::AfterSilence(silence) => {
                format!("pasados {} sin señal de vida de la persona titular", days(silence))
            }
        }
    }

    fn standing(&self, standing: Standing) -> String {
        match standing {
            Standing::InForce => "En vigor".to_owned(),
            Standing::NotYet => "Empieza más adelante".to_owned(),
            Standing::Stopped(Some(entry)) => format!("Detenido por la entrada {entry}"),
            Standing::Stopped(None) => "Detenido".to_owned(),
            Standing::RanOut => "Terminó su plazo".to_owned(),
        }
    }

    fn list(&self, items: &[String]) -> String {
        listed(items, "nadie", |next| if begins_with_i(next) { "e" } else { "y" })
    }

    fn day(&self, day: i8, month: i8, year: i16) -> String {
        format!("{day} {}", self.month(month, year))
    }

    fn month(&self, month: i8, year: i16) -> String {
        let month = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
        format!("{month} {year}")
    }

    fn person(&self, person: &Person) -> String {
        person
            .name
            .clone()
            .unwrap_or_else(|| format!("alguien cuyo nombre no está abierto ({})", person.address))
    }

    fn record(&self, record: &RecordRef) -> String {
        match (&record.title, record.entry) {
            (Some(title), Some(entry)) => format!("«{title}» (entrada {entry})"),
            (Some(title), None) => format!("«{title}»"),
            (None, Some(entry)) => format!("el registro de la entrada {entry}"),
            (None, None) => "un registro que no está en esta copia".to_owned(),
        }
    }

    fn verified(&self, verified: &Verified) -> Vec<String> {
        let network = &verified.history.network;
        let as_of = verified.history.as_of;
        let mut said = vec![match verified.trust {
            Trust::Genesis => format!(
                "Este archivo dice lo que dice el libro compartido «{}»: se siguió desde su comienzo, que su archivo de red nombra.",
                network.chain_id
            ),
            Trust::Header(height) => format!(
                "Este archivo dice lo que dice el libro compartido «{}»: se siguió desde el bloque {height}, del que responde su archivo de red.",
                network.chain_id
            ),
            Trust::ItselfOnly => format!(
                "Este archivo concuerda consigo mismo, y no se comprobó nada más: dice ser del libro compartido «{}», génesis {}. Para saber que lo es, compruébelo con el archivo de red de ese libro.",
                network.chain_id, network.genesis_hash
            ),
        }];
        let votes = verified.votes;
        said.push(format!(
            "A fecha de {}, bloque {}: firmado por {} de {} validadores, con {} de {} votos.",
            self.moment(as_of.time),
            as_of.height,
            votes.signers,
            votes.validators,
            votes.signed_power,
            votes.total_power
        ));
        for relationship in &verified.history.relationships {
            let period = relationship.period;
            let complete = match (period.is_whole(), period.to - period.from) {
                (true, 1) => "está su única entrada".to_owned(),
                (true, _) => format!("están sus {} entradas", period.size),
                (false, 1) => format!("está la entrada {}, de {} en total", period.from, period.size),
                (false, _) => {
                    format!("están las entradas {} a {} de {}", period.from, period.to - 1, period.size)
                }
            };
            let closed = relationship.entries.iter().filter(|entry| !entry.what.is_open()).count();
            let opened = relationship.entries.len() - closed;
            said.push(format!(
                "{}: {complete}, sin que se haya quitado, añadido, cambiado ni movido ninguna. {} {opened}; {} {closed}.",
                party(&relationship.publisher),
                if opened == 1 { "Se puede leer" } else { "Se pueden leer" },
                if closed == 1 { "queda cerrada" } else { "quedan cerradas" },
            ));
        }
        if verified.stated.whose.is_empty() {
            said.push("El archivo no dice de quién es este historial.".to_owned());
        } else {
            said.push(format!(
                "El archivo dice que este es el historial de «{}». El libro compartido no guarda nombres de personas, así que nada demuestra ese nombre.",
                verified.stated.whose
            ));
        }
        said
    }
}

impl Spanish {
    fn granted(&self, who: &str, grant: &Grant) -> String {
        let verb = if grant.mode == Mode::View { "mirar" } else { "ver" };
        let future = if grant.future == Future::Included { ", también lo que se añada" } else { "" };
        let mode = match grant.mode {
            Mode::Pull => "",
            Mode::Push => "; los registros nuevos se les envían",
            Mode::View => "; no pueden guardar una copia",
        };
        format!(
            "{who} permitió a {} {verb} {}{future}, desde el {} hasta el {}, para {}{mode}.",
            party(&grant.to),
            self.scope(&grant.scope),
            self.date(grant.from),
            self.date(grant.until),
            self.purpose(grant.purpose)
        )
    }

    fn requested(&self, who: &str, request: &Request) -> String {
        let person =
            if request.asked_by.is_empty() { String::new() } else { format!(" ({})", request.asked_by) };
        let future = if request.future == Future::Included { ", también lo que se añada," } else { "" };
        format!(
            "{who}{person} pidió ver {}{future} durante {}, para {}{}.",
            self.scope(&request.scope),
            days(request.days.into()),
            self.purpose(request.purpose),
            quoted(&request.reason)
        )
    }

    fn answered(&self, who: &str, entry: Option<u64>, answer: &Answer) -> String {
        let request = entry.map_or_else(
            || "una solicitud que no está en esta copia".to_owned(),
            |entry| format!("la solicitud de la entrada {entry}"),
        );
        match answer {
            Answer::Allowed(grants) => {
                let whose: Vec<String> = grants.iter().map(|grant| party(&grant.publisher)).collect();
                format!("{who} aceptó {request}: registros de {}.", self.list(&whose))
            }
            Answer::Declined(words) => format!("{who} rechazó {request}{}.", quoted(words)),
        }
    }

    fn disclosed(&self, who: &str, disclosure: &Disclosure) -> String {
        let to = match &disclosure.to {
            Recipient::Patient => "la persona titular".to_owned(),
            Recipient::Delegate(person) => {
                format!("{}, que actúa por la persona titular", self.person(person))
            }
            Recipient::Provider(provider) => party(provider),
        };
        let person = if disclosure.person.is_empty() {
            String::new()
        } else {
            format!(", donde lo recibió {}", disclosure.person)
        };
        let basis = match &disclosure.basis {
            Basis::Owner => ", de quien son los registros".to_owned(),
            Basis::Grant(GrantRef { entry: Some(entry), .. }) => {
                format!(", con el permiso de la entrada {entry}")
            }
            Basis::Grant(GrantRef { entry: None, .. }) => {
                ", con un permiso que no está en esta copia".to_owned()
            }
            Basis::Delegate => ", con ese derecho".to_owned(),
            Basis::Emergency(reason) => format!(", en una urgencia{}", quoted(reason)),
        };
        let records = self.scope(&Scope::Records(disclosure.records.clone()));
        format!("{who} entregó {records} a {to}{person}{basis}.")
    }
}

/// A permission that another entry speaks of.
fn permission(grant: &GrantRef, of: &Relationship, before: u64) -> String {
    match (of.grant(grant.id, before), grant.entry) {
        (Some((given, terms)), _) => {
            format!("el acceso de {} que dio la entrada {}", party(&terms.to), given.index)
        }
        (None, Some(entry)) => format!("el acceso que dio la entrada {entry}"),
        (None, None) => "un acceso que no está en esta copia".to_owned(),
    }
}

/// A name in the middle of a sentence.
fn who_inside(who: &str) -> String {
    let who = who.trim_end_matches(',');
    who.strip_prefix("La persona")
        .map(|rest| format!("la persona{rest}"))
        .or_else(|| who.strip_prefix("Alguien").map(|rest| format!("alguien{rest}")))
        .unwrap_or_else(|| who.to_owned())
}

fn first_upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Records, each by the entry that listed it.
fn many_records(records: &[RecordRef]) -> String {
    let known: Vec<u64> = records.iter().filter_map(|record| record.entry).collect();
    let missing = records.len() - known.len();
    let (count, entries) = (records.len(), numbers(&known));
    match (known.is_empty(), missing) {
        (true, _) => format!("{count} registros que no están en esta copia"),
        (false, 0) => format!("{count} registros (entradas {entries})"),
        (false, _) => {
            let noun = if known.len() == 1 { "entrada" } else { "entradas" };
            let are = if missing == 1 { "está" } else { "están" };
            format!("{count} registros ({noun} {entries}, y {missing} que no {are} en esta copia)")
        }
    }
}

fn quoted(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": «{words}»") }
}

fn days(count: u32) -> String {
    if count == 1 { "1 día".to_owned() } else { format!("{count} días") }
}

/// Whether a word begins with the vowel i as it is spoken, before which "y" becomes "e". In "hierba" or "Ion" it is no
/// vowel. (RAE, Diccionario panhispánico de dudas, "y²")
fn begins_with_i(word: &str) -> bool {
    let mut letters = word
        .chars()
        .skip_while(|letter| !letter.is_alphabetic())
        .flat_map(char::to_lowercase)
        .skip_while(|letter| *letter == 'h');
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

//! The letter about a wrong entry: the person's own, or written by whoever helps them.

use medrec_protocol::Timestamp;

use super::super::Language;

/// What a letter is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisputedThing {
    /// A record.
    Record {
        /// Its title.
        title: String,
    },
    /// A look at records.
    LookUp {
        /// Person or role that looked; may be empty.
        by: String,
        /// The reason that was given; may be empty.
        reason: String,
    },
    /// Any other entry.
    Entry {
        /// The ledger's word for it.
        action: String,
    },
}

/// Who writes to whom about which entry.
#[derive(Clone, Copy, Debug)]
pub struct LetterFacts<'a> {
    /// Whose records they are.
    pub who: &'a str,
    /// Somebody else writes, for that person.
    pub helped: bool,
    /// To whom.
    pub provider: &'a str,
    /// About what.
    pub thing: &'a DisputedThing,
    /// When the entry was written.
    pub at: Timestamp,
    /// Its place in the log.
    pub position: u64,
    /// When the letter is written.
    pub today: Timestamp,
}

/// A letter to a provider about a wrong entry.
pub fn letter(language: Language, facts: LetterFacts<'_>, statement: &str) -> String {
    match language {
        Language::English => english(facts, statement),
        Language::Spanish => spanish(facts, statement),
    }
}

fn if_any(text: &str, said: impl Fn(&str) -> String) -> String {
    if text.is_empty() { String::new() } else { said(text) }
}

fn english(facts: LetterFacts<'_>, statement: &str) -> String {
    let LetterFacts { who, helped, provider, thing, at, position, today } = facts;
    let (date, today) = (Language::English.tongue().date(at), Language::English.tongue().date(today));
    let records = if helped { format!("the records of {who}") } else { "my records".to_owned() };
    let what = match thing {
        DisputedThing::Record { title } => format!("the record “{title}”, published on {date}"),
        DisputedThing::LookUp { by, reason } => {
            let by = if_any(by, |by| format!(" by {by}"));
            let reason = if_any(reason, |reason| format!(", for the stated reason “{reason}”"));
            format!("the look at {records}{by} on {date}{reason}")
        }
        DisputedThing::Entry { action } => format!("the entry “{action}” of {date}"),
    };
    let (begins, log, ends) = if helped {
        (format!("I write for {who}."), "the log with you", format!("For {who}:"))
    } else {
        (format!("I am {who}."), "my log with you", who.to_owned())
    };
    format!(
        "To: {provider}\n{today}\n\n{begins} This is about {what} (entry {position} of {log}).\n\n{statement}\n\nPlease check this, correct what is wrong, and tell me in writing what you found and what you did. If you think that nothing is wrong, please tell me why, and keep this letter with the record.\n\n{ends}\n"
    )
}

fn spanish(facts: LetterFacts<'_>, statement: &str) -> String {
    let LetterFacts { who, helped, provider, thing, at, position, today } = facts;
    let (date, today) = (Language::Spanish.tongue().date(at), Language::Spanish.tongue().date(today));
    let records = if helped { format!("los registros de {who}") } else { "mis registros".to_owned() };
    let what = match thing {
        DisputedThing::Record { title } => format!("el registro «{title}», publicado el {date}"),
        DisputedThing::LookUp { by, reason } => {
            let by = if_any(by, |by| format!(" por {by}"));
            let reason = if_any(reason, |reason| format!(", con el motivo «{reason}»"));
            format!("la consulta de {records}{by} el {date}{reason}")
        }
        DisputedThing::Entry { action } => format!("la entrada «{action}» del {date}"),
    };
    let (begins, log, ends) = if helped {
        (format!("Escribo en nombre de {who}. Se trata de"), "del historial", format!("En nombre de {who}:"))
    } else {
        (format!("Soy {who}. Escribo por"), "de mi historial", who.to_owned())
    };
    format!(
        "A: {provider}\n{today}\n\n{begins} {what} (entrada {position} {log} con ustedes).\n\n{statement}\n\nLes pido que lo comprueben, que corrijan lo que esté mal y que me digan por escrito qué encontraron y qué hicieron. Si creen que no hay nada mal, díganme por qué y guarden esta carta con el registro.\n\n{ends}\n"
    )
}

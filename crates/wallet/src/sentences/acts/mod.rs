//! What decisions beside giving access mean, in English and Spanish, and the letter about a wrong entry.
//!
//! Whoever helps somebody reads the other one's name wherever the owner reads "you" and "your".

mod english;
mod letter;
mod spanish;

use std::collections::BTreeMap;

pub use letter::{DisputedThing, LetterFacts, letter};

use medrec_protocol::{RecordKind, Timestamp};

use super::{Language, SeenScope};
use crate::view::{Begins, Right, Sentence, SentenceCode};

/// A decision, as it was read back from the bytes to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActFacts {
    /// A delegate is appointed.
    Appoint {
        /// Name.
        name: String,
        /// What the delegate is to the patient; may be empty.
        relation: String,
        /// How much the delegate may do.
        right: Right,
        /// When it begins to count.
        begins: Begins,
        /// Last second.
        until: Timestamp,
    },
    /// A delegation ends.
    EndDelegation {
        /// Name.
        name: String,
    },
    /// A delegation does not begin.
    RefuseStart {
        /// Name.
        name: String,
    },
    /// Guardians are chosen, or none.
    SetGuardians {
        /// Names.
        names: Vec<String>,
        /// How many must agree.
        threshold: u8,
        /// Days in which the patient can say no.
        days: u32,
    },
    /// A recovery is refused.
    VetoRecovery,
    /// A rule for emergencies.
    Emergency {
        /// Allowed at all?
        allowed: bool,
        /// Which kinds; none means everything.
        kinds: Vec<RecordKind>,
    },
    /// An entry is disputed.
    Dispute {
        /// Title of the record, if it is one.
        title: Option<String>,
        /// What is wrong.
        statement: Vec<String>,
    },
    /// The viewing keys change.
    ChangeViewingKeys,
    /// The owner's keys change.
    ChangeKeys,
    /// A child's account is promised to the child.
    Handover {
        /// First second in which it belongs to the child.
        due: Timestamp,
    },
    /// A relationship is closed.
    Close,
    /// A sign of life.
    ShowLife,
    /// A delegate accepts.
    Accept,
    /// A delegate gives up.
    GiveUp,
    /// A delegate asks for a beginning.
    AskStart,
    /// A guardian agrees to a recovery.
    ApproveRecovery,
}

fn sentence(text: String) -> Sentence {
    Sentence { code: SentenceCode::Act, args: BTreeMap::new(), values: BTreeMap::new(), text }
}

/// A question, and what it means.
type Said = (String, Vec<String>);

/// The question above a decision, and what it means. `whom` is the person for whom a delegate acts.
pub fn act(
    language: Language,
    facts: &ActFacts,
    providers: &[String],
    whom: Option<&str>,
) -> (Sentence, Vec<Sentence>) {
    let (title, said) = match language {
        Language::English => english::said(facts, providers, whom),
        Language::Spanish => spanish::said(facts, providers, whom),
    };
    let (title, mut said) = (sentence(title), said.into_iter().map(sentence).collect::<Vec<_>>());
    said.extend(whom.map(|whom| for_whom(language, whom)));
    (title, said)
}

/// For whom a delegate signs.
pub fn for_whom(language: Language, whom: &str) -> Sentence {
    sentence(match language {
        Language::English => {
            format!(
                "You sign this for {whom}, with your own key. It stands in their history under your name."
            )
        }
        Language::Spanish => {
            format!("Lo firma por {whom}, con su propia clave. Queda en su historial con el nombre de usted.")
        }
    })
}

fn scope(kinds: &[RecordKind]) -> SeenScope {
    if kinds.is_empty() { SeenScope::Everything } else { SeenScope::Kinds(kinds.to_vec()) }
}

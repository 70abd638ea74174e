//! English.

use medrec_protocol::{RecordKind, Timestamp};

use super::{super::Language, ActFacts, Said, scope};
use crate::view::{Begins, Right};

/// What every sentence knows: whose records they are, and with whom.
struct English<'a> {
    /// The person who is helped; none where the owner reads.
    whom: Option<&'a str>,
    /// The providers, as a list.
    places: String,
}

/// The question above a decision, and what it means.
pub(super) fn said(facts: &ActFacts, providers: &[String], whom: Option<&str>) -> Said {
    let said = English { whom, places: Language::English.tongue().list(providers) };
    match facts {
        ActFacts::Appoint { name, relation, right, begins, until } => {
            said.appoint(name, relation, *right, *begins, *until)
        }
        ActFacts::EndDelegation { name } => said.end_delegation(name),
        ActFacts::RefuseStart { name } => said.refuse_start(name),
        ActFacts::SetGuardians { names, .. } if names.is_empty() => said.no_guardians(),
        ActFacts::SetGuardians { names, threshold, days } => said.guardians(names, *threshold, *days),
        ActFacts::VetoRecovery => said.veto_recovery(),
        ActFacts::Emergency { allowed: true, kinds } => said.emergency(kinds),
        ActFacts::Emergency { allowed: false, .. } => said.no_emergency(),
        ActFacts::Dispute { title, statement } => said.dispute(title.as_deref(), statement),
        ActFacts::ChangeViewingKeys => said.change_viewing_keys(),
        ActFacts::ChangeKeys => said.change_keys(),
        ActFacts::Handover { due } => said.handover(*due),
        ActFacts::Close => said.close(),
        ActFacts::ShowLife => said.show_life(),
        ActFacts::Accept => said.accept(),
        ActFacts::GiveUp => said.give_up(),
        ActFacts::AskStart => said.ask_start(),
        ActFacts::ApproveRecovery => said.approve_recovery(),
    }
}

fn days_in_words(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

impl English<'_> {
    /// The owner, as subject or object.
    fn you(&self) -> &str {
        self.whom.unwrap_or("you")
    }

    /// Something of the owner.
    fn your(&self, what: &str) -> String {
        self.whom.map_or_else(|| format!("your {what}"), |whom| format!("the {what} of {whom}"))
    }

    /// Either of two sentences: the owner's own, or that of whoever helps.
    fn either(&self, own: &str, helped: impl Fn(&str) -> String) -> String {
        self.whom.map_or_else(|| own.to_owned(), helped)
    }

    fn appoint(&self, name: &str, relation: &str, right: Right, begins: Begins, until: Timestamp) -> Said {
        let who = if relation.is_empty() { name.to_owned() } else { format!("{name} ({relation})") };
        let (you, records) = (self.you(), self.your("records"));
        let may = match right {
            Right::See => {
                format!("{who} can see {records} and who has access. {name} cannot share or change anything.")
            }
            Right::Share => format!(
                "{who} can see {records}, give and stop access, answer requests, and say that something is wrong."
            ),
            Right::Manage => format!(
                "{who} can do everything that {you} can do about sharing, set what emergency care may see, and appoint others with fewer rights."
            ),
        };
        let begins = match begins {
            Begins::AtOnce => format!("It begins when {name} accepts."),
            Begins::AfterWait { days } => format!(
                "It begins {} after {name} asks for it. Until then {you} can say no.",
                days_in_words(days)
            ),
            Begins::AfterSilence { days } => {
                let days = days_in_words(days);
                self.either(
                    &format!("It begins when this wallet was not opened for {days}, and rests again when you open it."),
                    |whom| {
                        format!("It begins when {whom} has not opened their own wallet for {days}, and rests again when they open it.")
                    },
                )
            }
        };
        let meant = vec![
            may,
            begins,
            format!("It ends on {}.", Language::English.tongue().date(until)),
            format!("It is for {records} with {}.", self.places),
            format!(
                "Everything {name} does is signed with {name}'s own key and stands in {}.",
                self.your("history")
            ),
            self.either("You can end it at any time.", |whom| {
                format!("{whom} and you can end it at any time.")
            }),
        ];
        (format!("Let {name} help {you}?"), meant)
    }

    fn end_delegation(&self, name: &str) -> Said {
        let meant = vec![
            format!(
                "{name} can no longer act for {} or see what comes from now on, with {}.",
                self.you(),
                self.places
            ),
            format!("The key to {} changes, so an old copy of it opens nothing new.", self.your("records")),
            format!(
                "What {name} has seen or decided until now stays as it is. You can stop any access separately."
            ),
        ];
        (format!("End what {name} may do?"), meant)
    }

    fn refuse_start(&self, name: &str) -> Said {
        let meant = vec![
            format!("{name} has asked to begin acting for {}. That does not begin now.", self.you()),
            format!("{name} may ask again. To rule that out, end the appointment."),
        ];
        (format!("Say no to {name}?"), meant)
    }

    fn no_guardians(&self) -> Said {
        let meant = self.either(
            "If you lose this computer and your recovery words, nobody can bring your account back.",
            |whom| {
                format!(
                    "If {whom} loses the computer and the recovery words, nobody can bring the account back."
                )
            },
        );
        ("Do without guardians?".to_owned(), vec![meant])
    }

    fn guardians(&self, names: &[String], threshold: u8, days: u32) -> Said {
        let names = Language::English.tongue().list(names);
        let days = days_in_words(days);
        let meant = vec![
            self.either(
                &format!("If you lose this computer and your recovery words, {threshold} of {names} together can move your account to new keys."),
                |whom| {
                    format!("If {whom} loses the computer and the recovery words, {threshold} of {names} together can move the account to new keys.")
                },
            ),
            self.either(&format!("When they do, you have {days} to say no."), |whom| {
                format!("When they do, {whom} has {days} to say no.")
            }),
            format!("They cannot see {}.", self.your("records")),
            format!("It is for {} with {}.", self.your("accounts"), self.places),
        ];
        ("Choose these guardians?".to_owned(), meant)
    }

    fn veto_recovery(&self) -> Said {
        let meant = vec![
            self.either(
                "Your guardians want to move your account to new keys. That does not happen.",
                |whom| {
                    format!(
                        "The guardians of {whom} want to move the account to new keys. That does not happen."
                    )
                },
            ),
            "If you do not know why they want it, talk to them.".to_owned(),
        ];
        ("Say no to this recovery?".to_owned(), meant)
    }

    fn emergency(&self, kinds: &[RecordKind]) -> Said {
        let seen = Language::English.tongue().scope(&scope(kinds), self.whom);
        let asking = if self.whom.is_some() { "asking first" } else { "asking you" };
        let told = self.either("you are told at once", |whom| format!("{whom} is told at once"));
        let meant = vec![
            format!("Hospitals and services that give emergency care may see {seen} without {asking}."),
            format!("They must give a reason, it ends after 72 hours at the latest, and {told}."),
            format!("It is for {} with {}.", self.your("records"), self.places),
            "You can stop this at any time.".to_owned(),
        ];
        ("Allow a look in an emergency?".to_owned(), meant)
    }

    fn no_emergency(&self) -> Said {
        let before = if self.whom.is_some() { "it was allowed before" } else { "you allowed it before" };
        let records = self.your("records");
        let meant = format!("In an emergency nobody can see {records} with {} unless {before}.", self.places);
        ("Allow no look in an emergency?".to_owned(), vec![meant])
    }

    fn dispute(&self, title: Option<&str>, statement: &[String]) -> Said {
        let what = title.map_or_else(|| "this entry".to_owned(), |title| format!("“{title}”"));
        let who = self.either("You say", |whom| format!("You say for {whom}"));
        let mut meant = vec![format!("{who} that {what} from {} is wrong:", self.places)];
        meant.extend(statement.iter().cloned());
        meant.push(
            "The provider can read this. Nothing is erased: your words stand beside the entry.".to_owned(),
        );
        (format!("Say that {what} is wrong?"), meant)
    }

    fn change_viewing_keys(&self) -> Said {
        let get = self.either("You and everybody who may help you get", |whom| {
            format!("{whom}, you and everybody else who may help get")
        });
        let meant = format!(
            "From now on, old copies of the keys open nothing new from {}. {get} the new ones.",
            self.places
        );
        (format!("Change the keys to {}?", self.your("records")), vec![meant])
    }

    fn change_keys(&self) -> Said {
        let meant = vec![
            format!(
                "The old keys sign nothing more, with {}. A lost computer can do nothing from then on.",
                self.places
            ),
            "Your new recovery words open everything; the old ones open nothing.".to_owned(),
            "People whom you help must appoint you again.".to_owned(),
        ];
        ("Move your accounts to new keys?".to_owned(), meant)
    }

    fn handover(&self, due: Timestamp) -> Said {
        let day = Language::English.tongue().date(due);
        let meant = vec![
            format!("From {day} on the account belongs to whoever gave you the code, with {}.", self.places),
            "Then your keys sign nothing more there, and whoever you appointed acts no more.".to_owned(),
            "You can bring the day forward. You cannot put it off or take the promise back.".to_owned(),
        ];
        (format!("Promise this account for {day}?"), meant)
    }

    fn close(&self) -> Said {
        let (places, you) = (&self.places, self.you());
        let meant = vec![
            format!(
                "{places} can add no more records for {you} here, and nobody can fetch copies from there."
            ),
            "What is there already you can still see. Opening it again needs a new enrolment.".to_owned(),
        ];
        (format!("Leave {places} for good?"), meant)
    }

    fn show_life(&self) -> Said {
        let meant = format!("People who may act for {} only after a silence do not begin.", self.you());
        let title = self.either("Show that you are there?", |whom| format!("Show that {whom} is there?"));
        (title, vec![meant])
    }

    fn accept(&self) -> Said {
        let meant = "You may then act as you were appointed. You can give it up at any time.".to_owned();
        (self.either("Accept to help?", |whom| format!("Accept to help {whom}?")), vec![meant])
    }

    fn give_up(&self) -> Said {
        let meant = "You can then see nothing new and decide nothing any more.".to_owned();
        (self.either("Give up helping?", |whom| format!("Give up helping {whom}?")), vec![meant])
    }

    fn ask_start(&self) -> Said {
        let who = self.whom.unwrap_or("the person whom you help");
        let meant = format!("The wait begins now. Until it is over, {who} can say no.");
        (self.either("Ask to begin?", |whom| format!("Ask to begin helping {whom}?")), vec![meant])
    }

    fn approve_recovery(&self) -> Said {
        let (person, owner) = (self.whom.unwrap_or("the person"), self.whom.unwrap_or("the owner"));
        let account = self.either("the account", |whom| format!("the account of {whom}"));
        let meant = vec![
            format!("Do this only if you have spoken with {person} and are sure who gave you the code."),
            format!("When enough guardians agree, {owner} still has some days to say no."),
        ];
        (format!("Agree that {account} moves to new keys?"), meant)
    }
}

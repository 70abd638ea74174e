//! People whom this person helps.

use medrec_wallet::view::{AppointmentView, DelegateState, HelpedView};
use serde_json::{Value, json};

use super::{
    delegates::{right, state},
    json::document,
};
use crate::{moment::Here, output::Words};

pub fn json(people: &[HelpedView]) -> Value {
    json!({ "people": document(&people) })
}

pub fn words(people: &[HelpedView], here: &Here) -> Words {
    let mut out = Words::new();
    if people.is_empty() {
        out.line("You have offered help to nobody. Offer it with: medrec helping offer NAME");
    }
    for helped in people {
        out.line(format!("{}  (offer {})", helped.label, helped.number));
        if helped.appointments.is_empty() {
            let since = here.day(helped.offered_at.seconds());
            out.sub(format!("offered on {since}; no appointment stands on the ledger"));
        }
        for appointment in &helped.appointments {
            one(&mut out, appointment, here);
        }
        next(&mut out, helped);
    }
    out
}

fn one(out: &mut Words, appointment: &AppointmentView, here: &Here) {
    let provider = &appointment.provider;
    match (appointment.right, appointment.state, appointment.until) {
        (Some(may), Some(how_far), Some(until)) => {
            let begins = appointment.begins_at.map(|at| format!(" on {}", here.minute(at.seconds())));
            let begins = begins.unwrap_or_default();
            let until = here.day(until.seconds());
            out.sub(format!("{provider}: may {}, {}{begins}, until {until}", right(may), state(how_far)));
        }
        _ if !appointment.guardian => {
            out.sub(format!("{provider}: ended"));
        }
        _ => {}
    }
    if appointment.guardian {
        let recovery = if appointment.recovery { "; a recovery is under way" } else { "" };
        out.sub(format!("{provider}: you are a guardian{recovery}"));
    }
}

/// What to type next.
fn next(out: &mut Words, helped: &HelpedView) {
    let any = |state| helped.appointments.iter().any(|appointment| appointment.state == Some(state));
    let label = &helped.label;
    if any(DelegateState::Invited) {
        out.sub(format!("medrec helping accept --for \"{label}\""));
    } else if any(DelegateState::Standby) {
        out.sub(format!("medrec helping ask-start --for \"{label}\", where it begins after a wait"));
    } else if any(DelegateState::Active) {
        out.sub(format!("medrec sync --for \"{label}\""));
    }
}

/// A code to be handed over, alone.
pub fn code_json(code: &str) -> Value {
    json!({ "code": code })
}

pub fn code(code: &str) -> Words {
    let mut out = Words::new();
    out.line(code);
    out
}

pub fn offered_json(helped: &HelpedView, code: &str) -> Value {
    json!({ "number": helped.number, "label": helped.label, "code": code })
}

pub fn offered(helped: &HelpedView, code: &str) -> Words {
    let mut out = Words::new();
    out.line(format!(
        "Give this code to {}. It holds no secret, and it is for one person only:",
        helped.label
    ));
    out.line(code);
    out.line("When they have appointed you: medrec helping");
    out
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{AgentAddress, view::Right};

    use super::{super::testing::*, *};

    fn helped(state: Option<DelegateState>, guardian: bool) -> HelpedView {
        HelpedView {
            number: 0,
            label: "Mother".into(),
            offered_at: time(NOW),
            appointments: vec![AppointmentView {
                provider: provider_name(),
                relationship: relationship(),
                agent: AgentAddress::from_bytes([3; 20]),
                guardian,
                right: state.map(|_| Right::Share),
                state,
                begins_at: None,
                until: state.map(|_| time(NOW + 86_400)),
                recovery: false,
            }],
        }
    }

    #[test]
    fn each_appointment_says_how_far_it_is_and_what_to_type() {
        let told = |state| words(&[helped(Some(state), false)], &here()).as_str().to_owned();
        assert_eq!(
            told(DelegateState::Invited),
            "\
Mother  (offer 0)
    City Clinic (Lisbon): may see and share, not accepted yet, until 5 May 2026
    medrec helping accept --for \"Mother\"
"
        );
        assert!(told(DelegateState::Active).contains("medrec sync --for \"Mother\""));
        assert!(told(DelegateState::Standby).contains("ask-start"));
        assert!(words(&[helped(None, false)], &here()).as_str().contains(": ended"));
        let guardian = words(&[helped(None, true)], &here()).as_str().to_owned();
        assert!(guardian.contains("you are a guardian") && !guardian.contains("ended"), "{guardian}");
    }

    #[test]
    fn a_code_for_somebody_else_stands_alone_so_that_it_can_be_copied() {
        assert_eq!(code("medrec:take-over:1abc").as_str(), "medrec:take-over:1abc\n");
        assert_eq!(code_json("medrec:take-over:1abc"), json!({ "code": "medrec:take-over:1abc" }));
    }

    #[test]
    fn a_document_has_keys_and_states() {
        let document = json(&[helped(Some(DelegateState::Active), false)]);
        let appointment = &document["people"][0]["appointments"][0];
        assert_eq!(appointment["state"], "active");
        assert_eq!(appointment["right"], "share");
        assert!(appointment["agent"].as_str().unwrap().starts_with("mra1"));
    }
}

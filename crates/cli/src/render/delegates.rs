//! Who may act for this person: delegates, guardians, emergency care.

use medrec_wallet::view::{
    Begins, DelegateState, DelegateView, EmergencyView, GuardiansView, ProviderName, Right,
};
use serde_json::{Value, json};

use super::json::document;
use crate::{
    moment::{Here, counted},
    output::Words,
    prefix::short,
};

/// What a delegate may do, after "may".
pub fn right(right: Right) -> &'static str {
    match right {
        Right::See => "see",
        Right::Share => "see and share",
        Right::Manage => "see, share and manage",
    }
}

/// How far a delegation is.
pub fn state(state: DelegateState) -> &'static str {
    match state {
        DelegateState::Invited => "not accepted yet",
        DelegateState::Active => "active",
        DelegateState::Standby => "waiting",
        DelegateState::Beginning => "has asked to begin; begins",
        DelegateState::Over => "over",
    }
}

pub fn json(delegates: &[DelegateView]) -> Value {
    json!({ "delegates": document(&delegates) })
}

pub fn words(delegates: &[DelegateView], here: &Here) -> Words {
    let mut out = Words::new();
    if delegates.is_empty() {
        out.line("Nobody may act for you.");
    }
    for delegate in delegates {
        let relation =
            if delegate.relation.is_empty() { String::new() } else { format!(" ({})", delegate.relation) };
        let begins = delegate.begins_at.map(|at| format!(" on {}", here.minute(at.seconds())));
        out.line(format!(
            "{}{relation}: {}{}",
            delegate.name,
            state(delegate.state),
            begins.unwrap_or_default()
        ));
        out.sub(format!("may {}, with {}", right(delegate.right), names(&delegate.providers)));
        let until = here.day(delegate.until.seconds());
        match delegate.begins {
            Begins::AtOnce => out.sub(format!("until {until}")),
            Begins::AfterWait { days } => {
                let days = counted(u64::from(days), "day");
                out.sub(format!("begins {days} after they ask; until {until}"))
            }
            Begins::AfterSilence { days } => {
                let days = counted(u64::from(days), "day");
                out.sub(format!("begins after {days} without a sign of life; until {until}"))
            }
        };
        let id = short(&delegate.appointment);
        if delegate.state == DelegateState::Beginning {
            out.sub(format!("to say no: medrec delegates refuse {id}"));
        }
        out.sub(format!("to end it: medrec delegates end {id}"));
    }
    out
}

fn names(providers: &[ProviderName]) -> String {
    super::listed(providers.iter().map(ToString::to_string).collect())
}

pub fn guardians_json(guardians: &[GuardiansView]) -> Value {
    json!({ "guardians": document(&guardians) })
}

pub fn guardians(guardians: &[GuardiansView], here: &Here) -> Words {
    let mut out = Words::new();
    if guardians.is_empty() {
        out.line("You have no guardians.");
    }
    for view in guardians {
        out.line(view.provider.to_string());
        let called = view.guardians.iter().map(|guardian| guardian.name.clone()).collect();
        let days = counted(u64::from(view.delay_days), "day");
        out.sub(format!(
            "{} of {} together; you have {days} to say no",
            view.threshold,
            super::listed(called)
        ));
        if view.recovery {
            let agreed: Vec<_> = view.guardians.iter().filter(|guardian| guardian.approved).collect();
            let agreed = super::listed(agreed.into_iter().map(|guardian| guardian.name.clone()).collect());
            let due = view
                .recovery_due
                .map(|at| format!("; the account changes hands on {}", here.minute(at.seconds())));
            out.sub(format!(
                "ATTENTION: a recovery is under way, agreed to by {agreed}{}",
                due.unwrap_or_default()
            ));
            out.sub("to say no: medrec guardians veto");
        }
    }
    out
}

pub fn emergency_json(rules: &[EmergencyView]) -> Value {
    json!({ "emergency": document(&rules) })
}

pub fn emergency(rules: &[EmergencyView]) -> Words {
    let mut out = Words::new();
    if !rules.iter().any(|rule| rule.allowed) {
        out.line("Emergency care may see nothing without asking.");
    }
    for rule in rules {
        let may = match (rule.allowed, rule.kinds.as_slice()) {
            (false, _) => "nothing".to_owned(),
            (true, []) => "everything".to_owned(),
            (true, kinds) => super::kinds(kinds),
        };
        out.line(format!("{}: {may}", rule.provider));
    }
    out
}

pub fn card_json(card: &str) -> Value {
    json!({ "card": card })
}

pub fn card(card: &str) -> Words {
    let mut out = Words::new();
    out.line("Carry this card. It is no key: only emergency care can use it, and you are told at once.");
    out.line(card);
    out
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{RecordKind, view::GuardianView};

    use super::{super::testing::*, *};

    fn daughter(state: DelegateState, begins: Begins) -> DelegateView {
        DelegateView {
            appointment: "cd".repeat(16).parse().unwrap(),
            name: "Sofia".into(),
            relation: "daughter".into(),
            right: Right::Share,
            begins,
            until: time(NOW + 86_400),
            state,
            begins_at: None,
            providers: vec![provider_name()],
            appointed_at: time(NOW),
        }
    }

    #[test]
    fn a_delegate_is_shown_with_what_until_when_and_how_to_end_it() {
        assert_eq!(
            words(&[daughter(DelegateState::Active, Begins::AtOnce)], &here()).as_str(),
            "\
Sofia (daughter): active
    may see and share, with City Clinic (Lisbon)
    until 5 May 2026
    to end it: medrec delegates end cdcdcdcdcdcd
"
        );
        let asked = daughter(DelegateState::Beginning, Begins::AfterWait { days: 7 });
        let asked = words(&[asked], &here()).as_str().to_owned();
        assert!(asked.contains("begins 7 days after they ask"), "{asked}");
        assert!(asked.contains("medrec delegates refuse cdcdcdcdcdcd"), "{asked}");
        let document = json(&[daughter(DelegateState::Active, Begins::AfterSilence { days: 90 })]);
        assert_eq!(document["delegates"][0]["begins"], "after_silence");
        assert_eq!(document["delegates"][0]["days"], 90);
    }

    #[test]
    fn a_recovery_stands_out() {
        let view = GuardiansView {
            provider: provider_name(),
            guardians: vec![
                GuardianView { name: "Rui".into(), approved: true },
                GuardianView { name: "Inês".into(), approved: false },
            ],
            threshold: 2,
            delay_days: 14,
            recovery: true,
            recovery_due: None,
        };
        let told = guardians(&[view], &here()).as_str().to_owned();
        assert!(told.contains("2 of Rui and Inês together; you have 14 days to say no"), "{told}");
        assert!(told.contains("ATTENTION: a recovery is under way, agreed to by Rui"), "{told}");
        assert!(told.contains("medrec guardians veto"), "{told}");
    }

    #[test]
    fn no_kind_named_means_everything_and_not_allowed_means_nothing() {
        let rule = |allowed, kinds| EmergencyView { provider: provider_name(), allowed, kinds };
        let told = |rule| emergency(&[rule]).as_str().to_owned();
        assert_eq!(told(rule(true, vec![])), "City Clinic (Lisbon): everything\n");
        assert_eq!(told(rule(true, vec![RecordKind::Allergy])), "City Clinic (Lisbon): allergies\n");
        assert!(told(rule(false, vec![])).ends_with("City Clinic (Lisbon): nothing\n"));
    }
}

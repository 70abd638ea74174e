//! Who can see what.

use medrec_wallet::view::{Future, GrantState, GrantView, Scope, SharingView};
use serde_json::{Value, json};

use super::json::document;
use crate::{
    moment::{Here, counted},
    output::Words,
    prefix::short,
};

pub fn json(sharing: &[SharingView]) -> Value {
    json!({ "sharing": document(&sharing) })
}

pub fn words(sharing: &[SharingView], here: &Here) -> Words {
    let mut out = Words::new();
    if sharing.is_empty() {
        out.line("Nobody can see your records except those who wrote them.");
    }
    for view in sharing {
        out.line(format!("{}{}", view.grantee, if view.live { "" } else { "  (no longer)" }));
        for grant in &view.grants {
            out.sub(one_grant(grant, here));
        }
        out.sub(match view.last_used {
            Some(at) => {
                format!("looked {}, last on {}", counted(view.uses, "time"), here.minute(at.seconds()))
            }
            None => "has not looked".to_owned(),
        });
    }
    out
}

/// One permission in one line.
pub fn one_grant(grant: &GrantView, here: &Here) -> String {
    let what = match &grant.scope {
        Scope::Everything => "everything".to_owned(),
        Scope::Kinds { kinds } => super::kinds(kinds),
        Scope::Records { count } => counted(*count as u64, "record"),
    };
    let future = match grant.future {
        Future::Included => ", also later ones",
        Future::Excluded => "",
    };
    let (since, until) = (here.day(grant.since.seconds()), here.day(grant.until.seconds()));
    let when = match (grant.state, grant.stopped_at) {
        (GrantState::Live, _) => format!("since {since}, until {until}"),
        (GrantState::NotYet, _) => format!("from {since} until {until}"),
        (GrantState::Ended, _) => format!("ended on {until}"),
        (GrantState::Stopped, Some(at)) => format!("stopped on {}", here.day(at.seconds())),
        (GrantState::Stopped, None) => "stopped".to_owned(),
    };
    format!("{what} of {}{future} · {when} · id {}", grant.publisher, short(&grant.id))
}

#[cfg(test)]
pub mod tests {
    use medrec_wallet::{
        GrantId, RecordKind,
        view::{Mode, Why},
    };

    use super::{super::testing::*, *};

    pub fn sharing_view() -> SharingView {
        SharingView {
            grantee: provider_name(),
            live: true,
            sentences: Vec::new(),
            uses: 2,
            last_used: Some(time(NOW)),
            grants: vec![GrantView {
                id: GrantId::from_bytes([0xab; 16]),
                share: "cd".repeat(16).parse().unwrap(),
                publisher: provider_name(),
                scope: Scope::Kinds { kinds: vec![RecordKind::Medication] },
                future: Future::Included,
                mode: Mode::Pull,
                why: Why::Treatment,
                since: time(NOW),
                until: time(NOW + 30 * 86_400),
                stopped_at: None,
                state: GrantState::Live,
                uses: 2,
                copies: 3,
                last_used: Some(time(NOW)),
            }],
        }
    }

    #[test]
    fn a_provider_with_access_is_shown_with_what_and_until_when() {
        assert_eq!(
            words(&[sharing_view()], &here()).as_str(),
            "\
City Clinic (Lisbon)
    medicines of City Clinic (Lisbon), also later ones · since 4 May 2026, until 3 Jun 2026 · id abababababab
    looked 2 times, last on 4 May 2026, 14:05
"
        );
    }

    #[test]
    fn a_document_has_ids_scope_and_times() {
        let document = json(&[sharing_view()]);
        let grant = &document["sharing"][0]["grants"][0];
        assert_eq!(grant["id"], "ab".repeat(16));
        assert_eq!(grant["scope"], "kinds");
        assert_eq!(grant["kinds"], json!(["medication"]));
        assert_eq!(grant["until"], NOW + 30 * 86_400);
        assert_eq!(grant["until_iso"], "2026-06-03T12:05:00Z");
        assert_eq!(document["sharing"][0]["grantee"]["name"], "City Clinic");
    }

    #[test]
    fn nobody_is_said_in_words() {
        assert!(words(&[], &here()).as_str().starts_with("Nobody can see"));
    }
}

//! Who asks.

use medrec_wallet::{
    RequestId,
    view::{Future, GrantProgress, RequestState, RequestView},
};
use serde_json::{Value, json};

use super::json::document;
use crate::{
    moment::{Here, counted},
    output::Words,
    prefix::short,
};

pub fn json(requests: &[RequestView]) -> Value {
    json!({ "requests": document(&requests) })
}

pub fn words(requests: &[RequestView], here: &Here) -> Words {
    let mut out = Words::new();
    if requests.is_empty() {
        out.line("Nobody asks for access.");
    }
    for request in requests {
        entry(&mut out, request, here);
    }
    out
}

fn entry(out: &mut Words, request: &RequestView, here: &Here) {
    let kinds = if request.kinds.is_empty() { "everything".to_owned() } else { super::kinds(&request.kinds) };
    let future = match request.future {
        Future::Included => ", also what is published later",
        Future::Excluded => "",
    };
    out.line(format!("{} asks to see {kinds}{future}.", request.provider));
    out.sub(format!("for {}, {}", counted(u64::from(request.days), "day"), super::why(request.why)));
    out.sub(format!("their reason: {}", request.reason));
    out.sub(format!("asked by {} on {}", request.asked_by, here.minute(request.asked_at.seconds())));
    match request.state {
        RequestState::Waiting => {
            let id = short(&request.id);
            out.sub(format!("answer until {} · id {id}", here.minute(request.answer_until.seconds())));
            out.sub(format!("medrec requests allow {id}   or   medrec requests decline {id}"))
        }
        RequestState::Allowed => out.sub("you allowed it"),
        RequestState::Declined => out.sub("you declined it"),
        RequestState::Over => out.sub("its time is over"),
    };
}

pub fn declined_json(request: RequestId, progress: GrantProgress) -> Value {
    json!({ "request": request, "declined": progress == GrantProgress::OnLedger, "progress": progress })
}

pub fn declined(progress: GrantProgress) -> Words {
    let mut out = Words::new();
    match progress {
        GrantProgress::OnLedger => out.line("Declined. They will see your answer."),
        other => out.line(format!("Your answer: {}.", super::progress(other))),
    };
    out
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{RecordKind, view::Why};

    use super::{super::testing::*, *};

    fn request(state: RequestState) -> RequestView {
        RequestView {
            id: RequestId::from_bytes([0xcd; 16]),
            provider: provider_name(),
            kinds: vec![RecordKind::Medication, RecordKind::Allergy],
            future: Future::Excluded,
            days: 30,
            why: Why::Treatment,
            reason: "Your visit on Monday".into(),
            asked_by: "Dr. Reis".into(),
            asked_at: time(NOW),
            answer_until: time(NOW + 7 * 86_400),
            state,
            sentence: sentence("City Clinic asks."),
        }
    }

    #[test]
    fn a_request_says_who_what_why_and_how_to_answer() {
        assert_eq!(
            words(&[request(RequestState::Waiting)], &here()).as_str(),
            "\
City Clinic (Lisbon) asks to see medicines and allergies.
    for 30 days, for treatment
    their reason: Your visit on Monday
    asked by Dr. Reis on 4 May 2026, 14:05
    answer until 11 May 2026, 14:05 · id cdcdcdcdcdcd
    medrec requests allow cdcdcdcdcdcd   or   medrec requests decline cdcdcdcdcdcd
"
        );
    }

    #[test]
    fn an_empty_list_of_kinds_is_a_request_for_everything() {
        let all = RequestView { kinds: Vec::new(), future: Future::Included, ..request(RequestState::Over) };
        let words = words(&[all], &here());
        assert!(
            words
                .as_str()
                .starts_with("City Clinic (Lisbon) asks to see everything, also what is published later.\n")
        );
        assert!(words.as_str().ends_with("its time is over\n"));
    }

    #[test]
    fn a_request_as_a_document_has_its_id_and_state() {
        let document = json(&[request(RequestState::Waiting)]);
        assert_eq!(document["requests"][0]["id"], "cd".repeat(16));
        assert_eq!(document["requests"][0]["state"], "waiting");
        assert_eq!(document["requests"][0]["kinds"], json!(["medication", "allergy"]));
        assert_eq!(document["requests"][0]["answer_until_iso"], "2026-05-11T12:05:00Z");
        assert_eq!(declined_json(RequestId::from_bytes([1; 16]), GrantProgress::Waiting)["declined"], false);
    }
}

use std::collections::BTreeSet;

use medrec_protocol::ProviderAddress;

use super::{Language::*, *};
use crate::view::{Begins, Right};

fn facts() -> AccessFacts {
    AccessFacts {
        grantee: ProviderName {
            address: ProviderAddress::from_bytes([1; 20]),
            name: "City Clinic".to_owned(),
            place: "Lisbon".to_owned(),
        },
        whose: None,
        scope: SeenScope::Kinds(vec![RecordKind::Medication, RecordKind::Allergy]),
        future: Future::Excluded,
        mode: Mode::Pull,
        why: Why::Treatment,
        today: Timestamp::from_seconds(1_795_219_200),
        until: Timestamp::from_seconds(1_795_219_200 + 90 * SECONDS_PER_DAY),
        publishers: vec!["Santa Maria (Lisbon)".to_owned(), "Dr. Ana (Sintra)".to_owned()],
        records: 12,
        leaves_out_own: true,
        answers_request: false,
    }
}

fn texts(sentences: &[Sentence]) -> Vec<&str> {
    sentences.iter().map(|sentence| sentence.text.as_str()).collect()
}

#[test]
fn a_share_is_said_in_plain_sentences() {
    let facts = facts();
    assert_eq!(give_access(English, &facts).text, "Give City Clinic (Lisbon) access?");
    assert_eq!(
        texts(&access(English, &facts)),
        [
            "They can see your medicines and allergies.",
            "They cannot see anything else.",
            "Now that is 12 records, from Santa Maria (Lisbon) and Dr. Ana (Sintra).",
            "Records that are added later are not included.",
            "From today, 21 Nov 2026, until 19 Feb 2027.",
            "This is for treatment.",
            "Records that City Clinic (Lisbon) wrote are left out: they have those.",
            "You can stop this at any time.",
            "Copies they make stay with them.",
        ]
    );
}

#[test]
fn a_helper_reads_whose_records_they_are_in_both_languages() {
    let mums = |scope| AccessFacts {
        whose: Some("Mum".to_owned()),
        scope,
        why: Why::PatientRequest,
        leaves_out_own: false,
        ..facts()
    };
    let scopes = [SeenScope::Everything, facts().scope, SeenScope::Records(1), SeenScope::Records(3)];
    let english = [
        "They can see all records of Mum.",
        "They can see the medicines and allergies of Mum.",
        "They can see one record of Mum that you chose.",
        "They can see 3 records of Mum that you chose.",
    ];
    let spanish = [
        "Pueden ver todos los registros de Mum.",
        "Pueden ver de Mum: medicamentos y alergias.",
        "Pueden ver un registro de Mum que usted eligió.",
        "Pueden ver 3 registros de Mum que usted eligió.",
    ];
    for (scope, (en, es)) in scopes.into_iter().zip(english.into_iter().zip(spanish)) {
        let facts = mums(scope);
        let said = access(English, &facts);
        assert_eq!(said[0].text, en);
        assert_eq!(access(Spanish, &facts)[0].text, es);
        assert!(said.iter().all(|sentence| !sentence.text.contains("your")), "{:?}", texts(&said));
    }
    let asked = asks(English, "A", &SeenScope::Everything, Some("Mum"), 30, Future::Excluded);
    assert_eq!(asked.text, "A asks to see all records of Mum for 30 days.");
    for (why, es) in [
        (Why::Treatment, "Es para el tratamiento de Mum."),
        (Why::Coordination, "Es para coordinar la atención de Mum."),
        (Why::PatientRequest, "Es para cumplir el deseo de Mum."),
    ] {
        let said = access(Spanish, &AccessFacts { why, ..mums(SeenScope::Everything) });
        assert!(texts(&said).contains(&es), "{:?}", texts(&said));
    }
}

/// What only the owner reads: new words, and a promise to a child.
fn is_the_owners(facts: &ActFacts) -> bool {
    matches!(facts, ActFacts::ChangeKeys | ActFacts::Handover { .. })
}

#[test]
fn a_helper_reads_whose_records_account_and_history_a_decision_is_about() {
    let places = ["City Clinic (Lisbon)".to_owned()];
    let owners = [
        "your records",
        "your account",
        "your history",
        "your guardians",
        "for you ",
        "help you",
        "asking you",
        "you are told",
        "You say that",
        "sus registros",
        "su cuenta",
        "sus cuentas",
        "sus guardianes",
        "historial de usted",
        "por usted",
        "le ayude",
        "preguntarle",
        "a usted",
    ];
    for facts in every_act().into_iter().filter(|facts| !is_the_owners(facts)) {
        for language in Language::ALL {
            let (title, mut said) = act(*language, &facts, &places, Some("Mum"));
            let signs = said.pop().unwrap();
            assert_eq!(signs, for_whom(*language, "Mum"));
            said.insert(0, title);
            let text = texts(&said).join(" ");
            assert!(owners.iter().all(|words| !text.contains(words)), "{text}");
            let named = !matches!(facts, ActFacts::RefuseStart { .. } | ActFacts::Dispute { .. });
            assert!(!named || text.contains("Mum"), "{text}");
        }
    }
}

#[test]
fn a_delegate_who_lets_somebody_help_reads_for_whom() {
    let facts = ActFacts::Appoint {
        name: "Rui".to_owned(),
        relation: "son".to_owned(),
        right: Right::See,
        begins: Begins::AfterSilence { days: 30 },
        until: Timestamp::from_seconds(1_788_480_000),
    };
    let (title, said) = act(English, &facts, &["City Clinic (Lisbon)".to_owned()], Some("Mum"));
    assert_eq!(title.text, "Let Rui help Mum?");
    assert_eq!(
        texts(&said),
        [
            "Rui (son) can see the records of Mum and who has access. Rui cannot share or change anything.",
            "It begins when Mum has not opened their own wallet for 30 days, and rests again when they open it.",
            "It ends on 4 Sep 2026.",
            "It is for the records of Mum with City Clinic (Lisbon).",
            "Everything Rui does is signed with Rui's own key and stands in the history of Mum.",
            "Mum and you can end it at any time.",
            "You sign this for Mum, with your own key. It stands in their history under your name.",
        ]
    );
    let (title, said) = act(Spanish, &facts, &["City Clinic (Lisbon)".to_owned()], Some("Mum"));
    assert_eq!(title.text, "¿Dejar que Rui ayude a Mum?");
    assert_eq!(said[3].text, "Vale para los registros de Mum con City Clinic (Lisbon).");
    let emergency = ActFacts::Emergency { allowed: true, kinds: vec![RecordKind::Allergy] };
    let (_, said) = act(Spanish, &emergency, &[], Some("Mum"));
    assert_eq!(
        said[0].text,
        "Los hospitales y servicios de urgencias pueden ver, sin preguntar antes, de Mum: alergias."
    );
}

#[test]
fn everything_for_looking_only_is_said_so() {
    let facts = AccessFacts {
        scope: SeenScope::Everything,
        mode: Mode::View,
        future: Future::Included,
        leaves_out_own: false,
        ..facts()
    };
    let said = access(English, &facts);
    assert_eq!(said[0].text, "They can look at all your records, but not keep a copy.");
    assert!(!said.iter().any(|sentence| sentence.code == SentenceCode::NothingElse));
    assert!(said.iter().any(|sentence| sentence.code == SentenceCode::FutureToo));
    assert!(!said.iter().any(|sentence| sentence.code == SentenceCode::CopiesStay));
}

#[test]
fn sentences_to_be_consented_to_have_at_most_fifteen_words_beside_names() {
    for sentence in Language::ALL.iter().flat_map(|language| access(*language, &facts())) {
        let names: usize = sentence.args.values().map(|value| value.split(' ').count()).sum();
        let words = sentence.text.split(' ').count().saturating_sub(names);
        assert!(words <= 15, "{}", sentence.text);
    }
}

#[test]
fn stopping_does_not_pretend_that_copies_come_back() {
    let last = Some(Timestamp::from_seconds(1_777_852_800));
    let who = ["City Clinic (Lisbon)".to_owned()];
    assert_eq!(
        texts(&stopped(English, &who, 3, last, 0)),
        [
            "City Clinic (Lisbon) cannot fetch more.",
            "Copies that were already taken stay where they are: 3, last on 4 May 2026."
        ]
    );
    assert_eq!(texts(&stopped(English, &who, 0, None, 0))[1], "No copies were taken.");
    assert!(texts(&stopped(English, &who, 0, None, 1))[0].contains("not confirmed"));
}

#[test]
fn what_is_signed_once_more_is_asked_first_in_both_languages() {
    let who = ["City Clinic (Lisbon)".to_owned()];
    let last = Some(Timestamp::from_seconds(1_777_852_800));
    let (title, said) = stop_again(English, &who, 3, last);
    assert_eq!(title.text, "Stop access for City Clinic (Lisbon)?");
    assert_eq!(
        texts(&said),
        [
            "They cannot fetch more from then on.",
            "Copies that were already taken stay where they are: 3, last on 4 May 2026."
        ]
    );
    let (title, said) = stop_again(Spanish, &who, 0, None);
    assert_eq!(title.text, "¿Detener el acceso de City Clinic (Lisbon)?");
    assert_eq!(texts(&said), ["Desde entonces no podrán obtener nada más.", "No se hizo ninguna copia."]);
    let (title, said) = answer_again(English, &who[0], true);
    assert_eq!(title.text, "Answer the request of City Clinic (Lisbon)?");
    assert_eq!(texts(&said), ["It tells them where to fetch what you allow."]);
    let (_, said) = answer_again(Spanish, &who[0], false);
    assert_eq!(texts(&said), ["Les dice que usted no lo permite."]);
}

#[test]
fn every_argument_stands_in_its_sentence() {
    for language in Language::ALL {
        let stopped = stopped(*language, &["A".to_owned()], 2, Some(Timestamp::from_seconds(0)), 0);
        let all = [access(*language, &facts()), stopped].concat();
        for sentence in all.iter().filter(|sentence| sentence.code != SentenceCode::Why) {
            for value in sentence.args.values() {
                assert!(sentence.text.contains(value.as_str()), "{}: {value}", sentence.text);
            }
        }
    }
}

#[test]
fn a_share_is_said_in_plain_spanish() {
    let facts = AccessFacts {
        publishers: vec!["Santa Maria (Lisbon)".to_owned(), "Ibarra (Sintra)".to_owned()],
        ..facts()
    };
    assert_eq!(give_access(Spanish, &facts).text, "¿Dar acceso a City Clinic (Lisbon)?");
    assert_eq!(
        texts(&access(Spanish, &facts)),
        [
            "Pueden ver sus medicamentos y alergias.",
            "No pueden ver nada más.",
            "Ahora son 12 registros, de Santa Maria (Lisbon) e Ibarra (Sintra).",
            "Los registros que se añadan después no están incluidos.",
            "Desde hoy, 21 nov 2026, hasta el 19 feb 2027.",
            "Es para su tratamiento.",
            "Los registros que escribió City Clinic (Lisbon) quedan fuera: ya los tienen.",
            "Usted puede detener esto en cualquier momento.",
            "Conservarán las copias que hagan.",
        ]
    );
}

#[test]
fn spanish_everything_for_looking_only_is_said_so() {
    let facts = AccessFacts {
        scope: SeenScope::Everything,
        mode: Mode::View,
        future: Future::Included,
        records: 1,
        ..facts()
    };
    let said = access(Spanish, &facts);
    assert_eq!(said[0].text, "Pueden mirar todos sus registros, pero no guardar una copia.");
    assert_eq!(said[1].text, "Ahora es 1 registro, de Santa Maria (Lisbon) y Dr. Ana (Sintra).");
    assert_eq!(said.last().unwrap().text, "Conservarán lo que recuerden o anoten.");
}

#[test]
fn spanish_stopping_does_not_pretend_that_copies_come_back() {
    let last = Some(Timestamp::from_seconds(1_777_852_800));
    let who = ["City Clinic (Lisbon)".to_owned(), "Hidalgo (Sintra)".to_owned()];
    assert_eq!(
        texts(&stopped(Spanish, &who, 3, last, 0)),
        [
            "City Clinic (Lisbon) e Hidalgo (Sintra) ya no pueden obtener nada más.",
            "Las copias que ya se hicieron se quedan donde están: 3, la última del 4 may 2026."
        ]
    );
    let one = stopped(Spanish, &who[..1], 1, last, 0);
    assert_eq!(one[0].text, "City Clinic (Lisbon) ya no puede obtener nada más.");
    assert_eq!(one[1].text, "La copia que ya se hizo se queda donde está: 1, del 4 may 2026.");
    assert_eq!(texts(&stopped(Spanish, &who, 0, None, 0))[1], "No se hizo ninguna copia.");
    assert!(texts(&stopped(Spanish, &who, 0, None, 1))[0].contains("aún no confirma"));
}

#[test]
fn spanish_says_e_before_the_vowel_i_only() {
    let list = |last: &str| Spanish.tongue().list(&["A".to_owned(), last.to_owned()]);
    for word in ["imágenes", "Íñigo", "Hidalgo", "hígado", "Irene", "Yves", "IMSS"] {
        assert_eq!(list(word), format!("A e {word}"));
    }
    for word in ["alergias", "Hierro", "hiato", "Ion", "Hospital", "Yolanda", "Y", "", "vacunas"] {
        assert_eq!(list(word), format!("A y {word}"));
    }
    let kinds = SeenScope::Kinds(vec![RecordKind::Visit, RecordKind::Imaging]);
    assert_eq!(Spanish.tongue().scope(&kinds, None), "sus visitas e imágenes");
}

#[test]
fn counts_agree_in_number() {
    let day = Timestamp::from_seconds(1_788_480_000);
    assert_eq!(used(Spanish, 1, Some(day)).text, "Han mirado una vez, el 4 sept 2026.");
    assert_eq!(used(Spanish, 2, Some(day)).text, "Han mirado 2 veces hasta ahora, la última el 4 sept 2026.");
    assert_eq!(used(English, 1, Some(day)).text, "Looked once so far, on 4 Sep 2026.");
    assert_eq!(used(English, 2, Some(day)).text, "Looked twice so far, last on 4 Sep 2026.");
    let taken = &stopped(English, &["A".to_owned()], 1, Some(day), 0)[1];
    assert_eq!(taken.text, "The copy that was already taken stays where it is: 1, on 4 Sep 2026.");
    let one = asks(Spanish, "A", &SeenScope::Records(1), None, 1, Future::Excluded);
    assert_eq!(one.text, "A pide ver un registro que usted eligió durante 1 día.");
    let more = asks(Spanish, "A", &SeenScope::Records(2), None, 30, Future::Included);
    assert_eq!(
        more.text,
        "A pide ver 2 registros que usted eligió durante 30 días, también lo que se añada."
    );
    assert_eq!(more.values, BTreeMap::from([("days", 30)]));
}

/// One of every meaning, and more where a language makes differences.
fn everything_that_is_said(language: Language) -> Vec<Sentence> {
    let (who, day) = (["A".to_owned(), "B".to_owned()], Some(Timestamp::from_seconds(1_788_480_000)));
    let scopes = [
        SeenScope::Everything,
        SeenScope::Records(1),
        SeenScope::Records(2),
        SeenScope::Kinds(RecordKind::ALL.to_vec()),
    ];
    let mut said = vec![give_access(language, &facts())];
    for (scope, mode, future, why) in scopes.iter().flat_map(|scope| {
        Mode::ALL.iter().flat_map(move |mode| {
            Future::ALL
                .iter()
                .flat_map(move |future| Why::ALL.iter().map(move |why| (scope, *mode, *future, *why)))
        })
    }) {
        let facts = AccessFacts { scope: scope.clone(), mode, future, why, answers_request: true, ..facts() };
        said.extend(access(language, &facts));
        said.push(sees(language, scope, None, mode, facts.until));
        said.push(asks(language, "A", scope, None, 30, future));
    }
    for (copies, waiting) in [(0, 0), (1, 0), (2, 1)] {
        said.extend(stopped(language, &who, copies, day.filter(|_| copies > 0), waiting));
        said.push(used(language, copies, day.filter(|_| copies > 0)));
    }
    for facts in every_act() {
        let (title, meaning) = act(language, &facts, &who, Some("A"));
        said.push(title);
        // What the person wrote is not translated.
        said.extend(meaning.into_iter().filter(|sentence| sentence.text != "Wrong dose."));
    }
    let again = [
        stop_again(language, &who, 1, day),
        answer_again(language, "A", true),
        answer_again(language, "A", false),
    ];
    said.extend(again.into_iter().flat_map(|(title, mut meant)| {
        meant.insert(0, title);
        meant
    }));
    said
}

/// Every decision, and more where a language makes differences.
fn every_act() -> Vec<ActFacts> {
    let (name, until) = ("Rosa".to_owned(), Timestamp::from_seconds(1_788_480_000));
    let mut acts = vec![
        ActFacts::EndDelegation { name: name.clone() },
        ActFacts::RefuseStart { name: name.clone() },
        ActFacts::SetGuardians { names: vec!["A".into(), "B".into(), "C".into()], threshold: 2, days: 1 },
        ActFacts::SetGuardians { names: Vec::new(), threshold: 0, days: 0 },
        ActFacts::VetoRecovery,
        ActFacts::Emergency { allowed: true, kinds: vec![RecordKind::Allergy] },
        ActFacts::Emergency { allowed: true, kinds: Vec::new() },
        ActFacts::Emergency { allowed: false, kinds: Vec::new() },
        ActFacts::Dispute { title: Some("Letter".into()), statement: vec!["Wrong dose.".into()] },
        ActFacts::Dispute { title: None, statement: vec!["Wrong dose.".into()] },
        ActFacts::ChangeViewingKeys,
        ActFacts::ChangeKeys,
        ActFacts::Handover { due: until },
        ActFacts::Close,
        ActFacts::ShowLife,
        ActFacts::Accept,
        ActFacts::GiveUp,
        ActFacts::AskStart,
        ActFacts::ApproveRecovery,
    ];
    for right in Right::ALL {
        for begins in [Begins::AtOnce, Begins::AfterWait { days: 1 }, Begins::AfterSilence { days: 30 }] {
            let (name, relation) = (name.clone(), "daughter".to_owned());
            acts.push(ActFacts::Appoint { name, relation, right: *right, begins, until });
        }
    }
    acts
}

#[test]
fn a_letter_says_who_what_and_when_in_both_languages() {
    let at = Timestamp::from_seconds(1_788_480_000);
    let thing = DisputedThing::LookUp { by: "Dr. Reyes".into(), reason: "unconscious".into() };
    let facts = LetterFacts {
        who: "Amélia",
        helped: false,
        provider: "City Clinic (Lisbon)",
        thing: &thing,
        at,
        position: 7,
        today: at.plus(86_400),
    };
    let english = letter(English, facts, "I was at work that day.");
    for part in [
        "City Clinic (Lisbon)\n5 Sep 2026\n",
        "I am Amélia",
        "Dr. Reyes",
        "unconscious",
        "entry 7",
        "at work that day",
    ] {
        assert!(english.contains(part), "{part}: {english}");
    }
    let spanish = letter(Spanish, facts, "Ese día trabajaba.");
    assert!(spanish.contains("Soy Amélia") && spanish.contains("entrada 7"), "{spanish}");
    // Whoever helps does not sign as the other one.
    let helped = LetterFacts { helped: true, ..facts };
    let english = letter(English, helped, "");
    assert!(
        english.contains("I write for Amélia. This is about the look at the records of Amélia by"),
        "{english}"
    );
    assert!(english.ends_with("For Amélia:\n") && !english.contains("I am"), "{english}");
    let spanish = letter(Spanish, helped, "");
    assert!(
        spanish.contains("la consulta de los registros de Amélia") && !spanish.contains("Soy"),
        "{spanish}"
    );
}

#[test]
fn everything_can_be_said_in_both_languages_and_differently() {
    let (english, spanish) = (everything_that_is_said(English), everything_that_is_said(Spanish));
    let codes: BTreeSet<_> = english.iter().map(|sentence| sentence.code).collect();
    assert_eq!(codes, SentenceCode::ALL.iter().copied().collect());
    assert_eq!(english.len(), spanish.len());
    for (english, spanish) in english.iter().zip(&spanish) {
        assert_eq!((english.code, &english.values), (spanish.code, &spanish.values));
        assert!(english.args.keys().eq(spanish.args.keys()));
        assert_ne!(english.text, spanish.text);
        assert!(!spanish.text.is_empty());
    }
}

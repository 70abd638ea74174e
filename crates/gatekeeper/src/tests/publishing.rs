use std::os::unix::fs::symlink;

use medrec_protocol::{Commitment, actions::Action, actions::PublishRecord, payload::RecordPayload};

use crate::{
    store::{problems, source_files},
    testing::{Clinic, Node, Patient, World},
};

fn pointers(world: &World, patient: &Patient) -> Vec<(u64, PublishRecord)> {
    let log = world.ledger.log(patient.address());
    let pointers = (0..).zip(log).filter_map(|(index, entry)| match entry.action {
        Action::PublishRecord(action) => Some((index, action)),
        _ => None,
    });
    pointers.collect()
}

fn titles(patient: &Patient) -> Vec<String> {
    patient.read::<RecordPayload>().iter().map(|payload| payload.title.as_str().to_owned()).collect()
}

async fn look_again(world: &World, clinic: &Clinic) {
    world.clock.advance(30);
    clinic.work().await;
}

fn condition(id: &str, text: &str) -> String {
    format!(r#"{{"resourceType":"Condition","id":"{id}","code":{{"text":"{text}"}}}}"#)
}

#[tokio::test]
async fn files_of_an_enrolled_patient_are_published_with_what_they_are() {
    let (world, clinic) = World::with_one().await;
    clinic.write("amelia", "c.json", condition("c1", "Asthma").as_bytes());
    clinic.write("amelia", "letters/2026-03-01 Discharge letter.pdf", b"%PDF-1.4\n");
    clinic.write("somebody-else", "x.json", condition("c9", "Gout").as_bytes());
    world.clock.advance(30);
    let patient = world.enrolled(&clinic, "amelia").await;
    look_again(&world, &clinic).await;
    let mut found = titles(&patient);
    found.sort();
    assert_eq!(found, ["Asthma", "Discharge letter"]);
    for (_, pointer) in pointers(&world, &patient) {
        let bytes = std::fs::read(clinic.gatekeeper.files.path(pointer.commitment)).unwrap();
        let mut read = clinic.gatekeeper.store.read().await.unwrap();
        let kept =
            crate::store::snapshots::kept(&mut read, patient.address(), pointer.commitment).await.unwrap();
        assert_eq!(Commitment::to(&kept.unwrap().salt, &bytes), pointer.commitment);
    }
}

#[tokio::test]
async fn changed_content_supersedes_and_the_old_version_stays_as_it_was() {
    let (world, clinic) = World::with_one().await;
    clinic.write("amelia", "c.json", condition("c1", "Asthma").as_bytes());
    world.clock.advance(30);
    let patient = world.enrolled(&clinic, "amelia").await;
    look_again(&world, &clinic).await;
    clinic.write("amelia", "c.json", condition("c1", "Severe asthma").as_bytes());
    look_again(&world, &clinic).await;
    look_again(&world, &clinic).await;
    let pointers = pointers(&world, &patient);
    assert_eq!(titles(&patient), ["Asthma", "Severe asthma"]);
    assert_eq!(pointers[1].1.supersedes, Some(pointers[0].0));
    let old = std::fs::read(clinic.gatekeeper.files.path(pointers[0].1.commitment)).unwrap();
    assert_eq!(old, condition("c1", "Asthma").as_bytes());
}

#[tokio::test]
async fn two_changes_before_the_ledger_takes_any_become_a_chain_of_versions() {
    let (world, clinic) = World::with_one().await;
    let patient = world.enrolled(&clinic, "amelia").await;
    world.ledger.set_node(Node::Forgetful);
    for text in ["A", "Bb", "Ccc"] {
        clinic.write("amelia", "c.json", condition("c1", text).as_bytes());
        world.clock.advance(30);
        clinic.gatekeeper.take_in_folders().await.unwrap();
        clinic.gatekeeper.work_outbox().await.unwrap();
    }
    world.ledger.set_node(Node::Working);
    look_again(&world, &clinic).await;
    let pointers = pointers(&world, &patient);
    assert_eq!(titles(&patient), ["A", "Bb", "Ccc"]);
    assert_eq!(pointers[1].1.supersedes, Some(pointers[0].0));
    assert_eq!(pointers[2].1.supersedes, Some(pointers[1].0));
}

#[tokio::test]
async fn only_the_changed_resource_of_a_bundle_is_published_again() {
    let (world, clinic) = World::with_one().await;
    let bundle = |second: &str| {
        format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{}}},{{"resource":{}}}]}}"#,
            condition("c1", "Asthma"),
            condition("c2", second)
        )
    };
    clinic.write("amelia", "all.json", bundle("Hay fever").as_bytes());
    world.clock.advance(30);
    let patient = world.enrolled(&clinic, "amelia").await;
    look_again(&world, &clinic).await;
    clinic.write("amelia", "all.json", bundle("Allergic rhinitis").as_bytes());
    look_again(&world, &clinic).await;
    assert_eq!(titles(&patient), ["Asthma", "Hay fever", "Allergic rhinitis"]);
    let pointers = pointers(&world, &patient);
    assert_eq!(pointers[2].1.supersedes, Some(pointers[1].0));
}

#[tokio::test]
async fn a_renamed_file_is_the_same_record_and_goes_on_as_it() {
    let (world, clinic) = World::with_one().await;
    clinic.write("amelia", "a.json", condition("c1", "Asthma").as_bytes());
    world.clock.advance(30);
    let patient = world.enrolled(&clinic, "amelia").await;
    look_again(&world, &clinic).await;
    let files = clinic.files("amelia");
    std::fs::rename(files.join("a.json"), files.join("b.json")).unwrap();
    look_again(&world, &clinic).await;
    assert_eq!(titles(&patient), ["Asthma"]);
    clinic.write("amelia", "b.json", condition("c1", "Severe asthma").as_bytes());
    look_again(&world, &clinic).await;
    let pointers = pointers(&world, &patient);
    assert_eq!(pointers[1].1.supersedes, Some(pointers[0].0));
}

#[tokio::test]
async fn a_file_that_is_gone_stays_published_and_is_noted() {
    let (world, clinic) = World::with_one().await;
    clinic.write("amelia", "a.json", condition("c1", "Asthma").as_bytes());
    world.clock.advance(30);
    let patient = world.enrolled(&clinic, "amelia").await;
    look_again(&world, &clinic).await;
    std::fs::remove_file(clinic.files("amelia").join("a.json")).unwrap();
    look_again(&world, &clinic).await;
    assert_eq!(titles(&patient), ["Asthma"]);
    let mut read = clinic.gatekeeper.store.read().await.unwrap();
    let files = source_files::all(&mut read, patient.address()).await.unwrap();
    assert!(files["a.json"].vanished.is_some());
    drop(read);
    clinic.write("amelia", "a.json", condition("c1", "Asthma").as_bytes());
    look_again(&world, &clinic).await;
    assert_eq!(titles(&patient), ["Asthma"]);
    let mut read = clinic.gatekeeper.store.read().await.unwrap();
    assert!(source_files::all(&mut read, patient.address()).await.unwrap()["a.json"].vanished.is_none());
}

#[tokio::test]
async fn a_link_is_noted_as_a_problem_until_it_is_gone_and_the_others_go_on() {
    let (world, clinic) = World::with_one().await;
    clinic.write("amelia", "a.json", condition("c1", "Asthma").as_bytes());
    let link = clinic.files("amelia").join("hosts");
    symlink("/etc/hosts", &link).unwrap();
    world.clock.advance(30);
    let patient = world.enrolled(&clinic, "amelia").await;
    look_again(&world, &clinic).await;
    assert_eq!(titles(&patient), ["Asthma"]);
    let problems = async || problems::all(&mut clinic.gatekeeper.store.read().await.unwrap()).await.unwrap();
    assert_eq!(problems().await[0].path, "hosts");
    std::fs::remove_file(link).unwrap();
    look_again(&world, &clinic).await;
    assert_eq!(problems().await, []);
}

#[tokio::test]
async fn a_file_that_is_being_written_waits_until_it_has_settled() {
    let (world, clinic) = World::with_one().await;
    let patient = world.enrolled(&clinic, "amelia").await;
    clinic.write("amelia", "a.json", condition("c1", "Asthma").as_bytes());
    let now = std::time::SystemTime::now();
    let file = std::fs::File::options().write(true).open(clinic.files("amelia").join("a.json")).unwrap();
    let at = crate::clock::Clock::now(&*world.clock).seconds();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(at)).unwrap();
    assert!(now > std::time::UNIX_EPOCH);
    clinic.work().await;
    assert_eq!(titles(&patient), [""; 0]);
    world.clock.advance(1);
    clinic.work().await;
    assert_eq!(titles(&patient), ["Asthma"]);
}

#[tokio::test]
async fn hundreds_of_records_are_published_in_a_few_transactions() {
    let (world, clinic) = World::with_one().await;
    let entries: Vec<String> = (0..700)
        .map(|n| format!(r#"{{"resource":{}}}"#, condition(&format!("c{n}"), &format!("Problem {n}"))))
        .collect();
    let bundle =
        format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","));
    clinic.write("amelia", "all.json", bundle.as_bytes());
    world.clock.advance(30);
    let patient = world.enrolled(&clinic, "amelia").await;
    look_again(&world, &clinic).await;
    let pointers = pointers(&world, &patient);
    assert_eq!(pointers.len(), 700);
    let sent = world.ledger.received();
    assert!(sent.len() < 12, "{} transactions", sent.len());
    assert!(sent.iter().all(|tx| tx.encode().len() <= medrec_protocol::tx::MAX_TX_BYTES));
}

#[tokio::test]
async fn a_large_file_is_one_record_with_its_exact_bytes() {
    let (world, clinic) = World::with_one().await;
    let size = medrec_records::limits::MAX_FILE_BYTES + 17;
    let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
    clinic.write("amelia", "scan.bin", &bytes);
    world.clock.advance(30);
    let patient = world.enrolled(&clinic, "amelia").await;
    look_again(&world, &clinic).await;
    let pointers = pointers(&world, &patient);
    assert_eq!(pointers.len(), 1);
    assert_eq!(patient.read::<RecordPayload>()[0].size, size as u64);
    let kept = std::fs::read(clinic.gatekeeper.files.path(pointers[0].1.commitment)).unwrap();
    assert!(kept == bytes);
}

#[tokio::test]
async fn what_was_kept_is_published_once_also_after_a_crash() {
    let (world, clinic) = World::with_one().await;
    let patient = world.enrolled(&clinic, "amelia").await;
    clinic.write("amelia", "a.json", condition("c1", "Asthma").as_bytes());
    world.clock.advance(30);
    clinic.gatekeeper.take_in_folders().await.unwrap();
    std::fs::write(
        clinic.gatekeeper.home.snapshots().join(format!("{}", Commitment::from_bytes([3; 32]))),
        "x",
    )
    .unwrap();
    let clinic = clinic.restarted(&world).await;
    assert_eq!(clinic.gatekeeper.sweep_snapshots().await.unwrap(), 1);
    look_again(&world, &clinic).await;
    let clinic = clinic.restarted(&world).await;
    look_again(&world, &clinic).await;
    assert_eq!(titles(&patient), ["Asthma"]);
    let pointers = pointers(&world, &patient);
    assert!(clinic.gatekeeper.files.path(pointers[0].1.commitment).is_file());
}

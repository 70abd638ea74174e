//! Commands and events as TypeScript sees them. `ui/src/bindings/index.ts` is generated from here.

use tauri_specta::{collect_commands, collect_events};

use crate::{
    check::CheckEvent,
    commands::{access, decisions, door, helping, history, ledger, records, settings, words},
};

/// Every command and event.
pub fn builder() -> tauri_specta::Builder<tauri::Wry> {
    tauri_specta::Builder::<tauri::Wry>::new()
        .commands(collect_commands![
            door::people,
            door::passphrase_strength,
            door::suggest_passphrase,
            door::create_wallet,
            door::restore_wallet,
            door::check_words,
            door::unlock,
            door::look_around,
            door::leave_sample,
            words::show_words,
            words::begin_new_words,
            words::new_words_under_way,
            words::words_shown,
            words::ask_words,
            words::answer_words,
            words::words_done,
            settings::settings,
            settings::change_settings,
            settings::session,
            settings::change_passphrase,
            settings::lock,
            settings::still_here,
            ledger::overview,
            ledger::network,
            ledger::choose_network_file,
            ledger::preview_network,
            ledger::join_network,
            ledger::providers,
            ledger::preview_enrolment,
            ledger::enrol,
            ledger::check_now,
            ledger::cancel_check,
            ledger::pending,
            ledger::propose_again,
            ledger::sign_again,
            ledger::forget_pending,
            ledger::unreadable,
            records::records,
            records::count_records,
            records::mark_records_seen,
            records::record,
            records::summary,
            records::picture,
            records::fetch_record,
            records::cancel_fetch,
            records::save_copy,
            access::propose_share,
            access::propose_answer,
            access::sign_proposal,
            access::drop_proposal,
            access::sharing,
            access::stop,
            access::requests,
            access::decline,
            access::access_log,
            access::copy_share_code,
            decisions::propose_act,
            decisions::sign_act,
            decisions::delegates,
            decisions::guardians,
            decisions::emergency,
            decisions::emergency_card,
            decisions::disputes,
            decisions::dispute_letter,
            decisions::save_letter,
            helping::offer_help,
            helping::offer_code,
            helping::people_i_help,
            helping::check_people_i_help,
            helping::rename_helped,
            helping::start_helping,
            helping::stop_helping,
            helping::appointments,
            helping::handover_request,
            helping::answer_handover,
            helping::ask_for_recovery,
            helping::code_picture,
            helping::copy_code,
            helping::save_code,
            helping::choose_code,
            helping::check_code,
            history::history,
            history::export_history,
            history::check_history_file,
        ])
        .events(collect_events![CheckEvent, settings::SettingsChanged])
        .typ::<medrec_wallet::Code>()
        // Counts and seconds stay far below 2^53, where numbers of TypeScript are exact.
        .dangerously_cast_bigints_to_number()
        // One TypeScript type for each Rust type.
        .disable_serde_phases()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use specta_typescript::Typescript;

    const UPDATE: &str = "MEDREC_UPDATE_BINDINGS";

    fn generated() -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bindings.ts");
        super::builder().export(Typescript::default(), &file).unwrap();
        fs::read_to_string(file).unwrap()
    }

    fn here(path: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    #[test]
    fn the_typescript_of_the_window_is_what_rust_says() {
        let (path, new) = (here("../ui/src/bindings/index.ts"), generated());
        if std::env::var_os(UPDATE).is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &new).unwrap();
        }
        let same = fs::read_to_string(&path).is_ok_and(|old| old == new);
        assert!(same, "ui/src/bindings is out of date: {UPDATE}=1 cargo test -p medrec-desktop bindings");
    }

    #[test]
    fn every_command_is_a_permission_and_some_window_has_it() {
        let text = generated();
        let called: BTreeSet<_> =
            text.split("__TAURI_INVOKE(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let list = fs::read_to_string(here("commands.txt")).unwrap();
        let listed: BTreeSet<_> = list.lines().collect();
        assert_eq!(called, listed, "commands.txt names every command, one in each line");
        let mut granted = BTreeSet::new();
        for window in ["door", "main", "words", "sample"] {
            let text = fs::read_to_string(here("capabilities").join(format!("{window}.json"))).unwrap();
            let capability: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(capability["windows"], serde_json::json!([window]), "one capability for each window");
            for permission in capability["permissions"].as_array().unwrap() {
                let name = permission.as_str().unwrap();
                let own = name.strip_prefix("allow-").map(|name| name.replace('-', "_"));
                let event = ["core:event:allow-listen", "core:event:allow-unlisten"].contains(&name);
                assert!(own.is_some() || event, "{window} may {name}");
                granted.extend(own);
            }
        }
        let granted: BTreeSet<_> = granted.iter().map(String::as_str).collect();
        assert_eq!(granted, listed, "a command that no window may call, or a permission for none");
    }

    #[test]
    fn no_window_receives_a_secret_but_the_one_for_recovery_words() {
        let allowed =
            |window: &str| fs::read_to_string(here("capabilities").join(format!("{window}.json"))).unwrap();
        for window in ["door", "main", "sample"] {
            assert!(!allowed(window).contains("allow-words-shown"), "{window}");
        }
        assert!(!allowed("sample").contains("allow-unlock"));
        assert!(!allowed("main").contains("\"allow-unlock\""));
    }
}

//! Notifications of the desktop. Anybody on the same desktop can read them, so they say that something happened and
//! nothing of what: no name, no record, no health.

use medrec_wallet::{sentences::Language, view::SyncReport};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_notification::NotificationExt as _;

use crate::{session::Open, settings::SettingsFile, windows::MAIN};

/// Tells what a check found, unless the person is looking at it already. What happens to somebody who is helped is told to
/// that person, by their own wallet.
pub fn about(app: &AppHandle, open: &Open, report: &SyncReport) {
    let focused = app.get_webview_window(MAIN).is_some_and(|window| window.is_focused().unwrap_or(false));
    if open.helping.is_some() || (focused && open.is_in_front()) {
        return;
    }
    let language = app.state::<SettingsFile>().get().language;
    for words in lines(report, language) {
        if let Err(error) = app.notification().builder().title("MedRec Wallet").body(words).show() {
            tracing::warn!(%error, "a notification was not shown");
        }
    }
}

fn lines(report: &SyncReport, language: Language) -> Vec<&'static str> {
    let said = |english, spanish| match language {
        Language::English => english,
        Language::Spanish => spanish,
    };
    let happened = [
        (report.new_requests, said("Somebody asks you for access.", "Alguien le pide acceso.")),
        (report.new_lookups, said("Someone looked at your record.", "Alguien consultó su historial.")),
        (
            report.new_records + report.new_versions,
            said("You have a new record.", "Tiene un registro nuevo."),
        ),
    ];
    happened.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_says_that_and_not_what() {
        let report = SyncReport { new_records: 2, new_lookups: 1, ..SyncReport::default() };
        assert_eq!(
            lines(&report, Language::English),
            ["Someone looked at your record.", "You have a new record."]
        );
        assert_eq!(lines(&report, Language::Spanish).len(), 2);
        assert!(lines(&SyncReport::default(), Language::English).is_empty());
    }
}

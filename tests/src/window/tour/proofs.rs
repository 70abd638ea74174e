//! The screens of what is kept for later: the consent history, what is done after a loss, and leaving.

use super::{Family, Tour, Window};

impl<Visit: FnMut(&Window, &str)> Tour<'_, Visit> {
    /// A history that somebody gave is checked without a wallet.
    pub(super) fn check_at_the_door(&mut self, family: &Family) {
        self.press("history_check");
        self.see("history_check_lead", "check");
        self.files("history_check_choose", &[&family.history]);
        self.see("history_unproved", "check-unproved");
        self.files("history_check_another", &[&family.altered]);
        self.see("history_refused", "check-refused");
        self.press("common_back");
    }

    /// The history: read, saved, and one that was given is checked.
    pub(super) fn history(&mut self, family: &Family) {
        self.go("history");
        self.see("history_complete", "history");
        self.press("history_save");
        self.see("history_save_care", "history-save");
        self.press("history_to_history");
        self.press("history_check");
        self.files("history_check_choose", &[&family.history]);
        self.see("history_proved", "history-proved");
        self.press("history_to_history");
    }

    /// What is seldom needed: after a loss, and when accounts change hands.
    pub(super) fn keys(&mut self) {
        for (title, lead, screen) in
            [("keys_title", "keys_lead", "keys"), ("hands_title", "hands_lead", "hands")]
        {
            self.go("settings");
            let open = format!("{} {}", self.words.get("settings_more_open"), self.words.get(title));
            self.window.press(&open);
            self.see(lead, screen);
        }
    }

    /// Leaving a provider, which is read up to the signature and not done.
    pub(super) fn close_account(&mut self) {
        self.go("providers");
        self.press("providers_close");
        self.see("providers_close_final", "close-account");
        self.press("providers_close_check");
        self.see("providers_close_sign", "close-account-sign");
        self.press("common_back");
    }

    fn files(&self, key: &str, files: &[&std::path::Path]) {
        self.window.press_for_files(self.words.get(key), files);
    }
}

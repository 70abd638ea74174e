//! Through every screen of the window, in any look and language, for pictures and for tests of all of them.

mod family;
mod others;
mod proofs;

use std::collections::BTreeMap;

pub use family::Family;
use serde_json::Value;

use super::{Page, Window};
use crate::{PASSPHRASE, REASON, workspace};

/// How the window can look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Light colours, letters of the usual size, in English.
    Light,
    /// Dark colours.
    Dark,
    /// Letters of twice the size.
    Large,
    /// As narrow as a phone.
    Narrow,
    /// In Spanish. Last: a tour begins in English.
    Spanish,
}

impl Look {
    /// Every look.
    pub const ALL: [Self; 5] = [Self::Light, Self::Dark, Self::Large, Self::Narrow, Self::Spanish];

    /// Its name in names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Large => "large",
            Self::Narrow => "narrow",
            Self::Spanish => "spanish",
        }
    }

    fn language(self) -> &'static str {
        if self == Self::Spanish { "es" } else { "en" }
    }
}

/// The words on the pages in one language, by their keys in the catalogue.
struct Words(BTreeMap<String, Value>);

impl Words {
    fn of(language: &str) -> Self {
        let file = workspace().join(format!("ui/messages/{language}.json"));
        let text = std::fs::read_to_string(file).expect("a catalogue of words");
        Self(serde_json::from_str(&text).expect("a catalogue of words"))
    }

    fn get(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("no words for {key}"))
    }
}

/// A tour of one window.
pub struct Tour<'a, Visit> {
    window: &'a Window,
    look: Look,
    words: Words,
    visit: Visit,
}

impl<'a, Visit: FnMut(&Window, &str)> Tour<'a, Visit> {
    /// Begins at the door, where somebody with a wallet stands before it, in English; `visit` is told the name of each
    /// screen.
    pub fn begin(window: &'a Window, look: Look, visit: Visit) -> Self {
        let mut tour = Self { window, look: Look::Light, words: Words::of("en"), visit };
        tour.unlock();
        tour.go("settings");
        // As an earlier tour may not have left it.
        tour.press("settings_theme_light");
        tour.press("door_size_normal");
        match look {
            Look::Light | Look::Narrow => {}
            Look::Dark => tour.press("settings_theme_dark"),
            Look::Large => tour.press("door_size_largest"),
            Look::Spanish => window.press("Español"),
        }
        (tour.look, tour.words) = (look, Words::of(look.language()));
        window.see(tour.words.get("settings_title"));
        tour.go("lock");
        tour.arrive(Page::Door);
        tour
    }

    /// The pages before a wallet is open.
    pub fn door(&mut self, family: &Family) {
        self.see("door_title_unlock", "unlock");
        self.check_at_the_door(family);
        self.press("door_someone_else");
        self.see("door_choice_title", "start");
        self.press("door_choice_new");
        self.window.fill(self.words.get("door_name"), "Ana Prado");
        self.see("door_name_title", "name");
        self.press("door_continue");
        self.see("door_offer", "passphrase");
        self.press("door_offer_own");
        self.window.fill(self.words.get("door_own"), "ocean");
        self.see("door_strength_too_short", "passphrase-weak");
        while !self.window.offers(self.words.get("door_back_to_people")) {
            self.press("common_back");
        }
        self.press("door_back_to_people");
        self.window.see(self.words.get("door_title_unlock"));
    }

    /// The open wallet, part by part.
    pub fn wallet(&mut self, family: &Family) {
        self.unlock();
        self.window.see("Amélia");
        self.window.see(self.words.get("home_todo"));
        (self.visit)(self.window, "home");
        self.go("records");
        self.window.see("Abbey Gardens");
        (self.visit)(self.window, "records");
        self.record();
        self.go("sharing");
        self.window.see("Lantern Pharmacy");
        (self.visit)(self.window, "sharing");
        self.share();
        self.go("access");
        self.window.see("Lantern Pharmacy");
        (self.visit)(self.window, "access");
        self.disputes();
        self.requests();
        self.helpers();
        self.emergency();
        self.history(family);
        self.go("providers");
        self.window.see("Tidewell");
        (self.visit)(self.window, "providers");
        self.close_account();
        self.go("settings");
        self.see("settings_about", "settings");
        self.keys();
        self.go("lock");
        self.arrive(Page::Door);
    }

    /// The invented people, for whoever wants to look around first.
    pub fn sample(&mut self) {
        self.press("door_someone_else");
        self.press("door_choice_look");
        self.arrive(Page::Wallet);
        self.see("shell_sample_title", "sample");
        self.press("shell_leave_sample");
        self.arrive(Page::Door);
    }

    fn record(&mut self) {
        let search = self.words.get("records_search").to_owned();
        self.window.fill(&search, "discharge");
        // The list is laid anew then: what is pressed in that moment would be gone.
        self.window.gone("First appointment");
        self.window.press("Discharge letter");
        self.see("record_history", "record");
        self.press("record_proof_question");
        (self.visit)(self.window, "record-proof");
        self.something_wrong();
    }

    fn share(&mut self) {
        self.press("sharing_give");
        self.window.see("Abbey Gardens");
        (self.visit)(self.window, "share-who");
        self.window.press_in("Abbey Gardens", self.words.get("share_who_choose"));
        self.see("share_what_preview", "share-what");
        self.press("share_next");
        self.see("share_long_legend", "share-how-long");
        self.press("share_long_check");
        self.window.see("Abbey Gardens Specialist Clinic (3 Abbey Gardens, Market Aldwick)");
        (self.visit)(self.window, "share-sign");
    }

    fn requests(&mut self) {
        self.go("requests");
        self.window.see(REASON);
        (self.visit)(self.window, "requests");
        self.press("requests_less");
        self.see("requests_less_kinds", "requests-less");
        self.press("common_back");
    }

    fn unlock(&self) {
        self.window.fill(self.words.get("door_passphrase"), PASSPHRASE);
        self.press("door_unlock");
        self.arrive(Page::Wallet);
    }

    /// Each window opens in the size that it had last.
    fn arrive(&self, page: Page) {
        self.window.at(page);
        match self.look {
            Look::Narrow => self.window.resize(360, 800),
            _ => self.window.resize(1200, 840),
        }
    }

    fn go(&self, part: &str) {
        self.window.go_to(self.words.get(&format!("shell_nav_{part}")));
    }

    fn press(&self, key: &str) {
        self.window.press(self.words.get(key));
    }

    /// Waits for words that only this screen has, and shows it.
    fn see(&mut self, key: &str, screen: &str) {
        self.window.see(self.words.get(key));
        (self.visit)(self.window, screen);
    }
}

//! The screens on which others take part: who helps, whom one helps, emergency care, and what is said to be wrong.

use super::{Family, Page, Tour, Window};

impl<Visit: FnMut(&Window, &str)> Tour<'_, Visit> {
    /// The daughter's window: whom she helps, and her mother's wallet with the frame that says for whom.
    pub fn acting(&mut self, family: &Family) {
        self.unlock();
        self.go("helping");
        self.window.see(family.mother.name());
        self.see("helping_may_share", "helping");
        self.press("helping_offer");
        self.see("helping_offer_words", "helping-offer");
        self.press("common_back");
        self.press("helping_open");
        self.window.see(self.words.get("helping_act_words"));
        self.window.see("Abbey Gardens");
        self.see("helping_give_up", "acting");
        self.window.go_to(self.words.get("helping_nav_records"));
        self.window.see("Abbey Gardens");
        (self.visit)(self.window, "acting-records");
        self.press("helping_back");
        self.window.gone(self.words.get("helping_act_words"));
        self.go("lock");
        self.arrive(Page::Door);
    }

    /// Who helps, and letting somebody help.
    pub(super) fn helpers(&mut self) {
        self.go("helpers");
        self.window.see("Sofia");
        self.see("helpers_share_note", "helpers");
        self.press("helpers_appoint");
        self.window.see(self.words.get("appoint_where"));
        self.see("appoint_code_words", "appoint");
        self.press("common_back");
        self.press("guardians_choose");
        self.see("guardians_lead", "guardians");
        self.press("common_back");
        self.go("helping");
        self.see("helping_none", "helping-nobody");
    }

    /// What emergency doctors may see, and the card to carry.
    pub(super) fn emergency(&mut self) {
        self.go("emergency");
        self.window.see(self.words.get("emergency_now"));
        self.see("emergency_card_words", "emergency");
        self.window.bring_up(self.words.get("emergency_card_print"));
        (self.visit)(self.window, "emergency-card");
    }

    /// What was said to be wrong, its letter, and saying so of another record, which is left again.
    pub(super) fn disputes(&mut self) {
        self.go("access");
        self.press("disputes_title");
        self.see("disputes_lead", "disputes");
        self.press("disputes_letter");
        self.see("dispute_letter_words", "dispute-letter");
        self.press("dispute_letter_done");
    }

    /// In the page of a record.
    pub(super) fn something_wrong(&mut self) {
        self.press("dispute_wrong");
        self.see("dispute_stays", "dispute");
        self.press("common_back");
    }
}

//! The ways through the pages that many scenarios take.

use super::{Page, Window};
use crate::{PASSPHRASE, Person, TestTown};

impl Window {
    /// Opens the wallet of somebody who has one on this computer.
    #[track_caller]
    pub fn unlocked(person: &Person) -> Self {
        let window = Self::open(person.home());
        window.fill("Passphrase", PASSPHRASE);
        window.press("Unlock");
        window.at(Page::Wallet);
        window
    }

    /// A computer without a wallet, at the question how to start.
    #[track_caller]
    pub fn on_a_new_computer(person: &Person) -> Self {
        let window = Self::open(person.home());
        window.see("Welcome");
        window.press("Continue");
        window
    }

    /// Locks the wallet; the command can open it then.
    #[track_caller]
    pub fn lock(&self) {
        self.go_to("Lock");
        self.at(Page::Door);
    }

    /// Chooses the passphrase of the sample people.
    #[track_caller]
    pub fn choose_passphrase(&self) {
        self.press("I want to make up my own");
        self.fill("Your own passphrase", PASSPHRASE);
        self.fill("The same once more", PASSPHRASE);
    }

    /// Through the pages for a new person up to the recovery words.
    #[track_caller]
    pub fn make_wallet(&self, name: &str) {
        self.press("I am new");
        self.fill("Your name", name);
        self.press("Continue");
        self.choose_passphrase();
        self.press("Continue");
        self.press("Make my wallet");
        self.at(Page::Words);
    }

    /// The recovery words as they stand on the page, each after its number.
    #[track_caller]
    pub fn recovery_words(&self) -> Vec<String> {
        self.see("Write these 24 words on paper");
        let text = self.text();
        let mut shown = text.split(' ').skip_while(|word| *word != "1");
        let words = (1..=24).map(|number| {
            assert_eq!(shown.next(), Some(number.to_string().as_str()), "{text}");
            shown.next().unwrap().to_owned()
        });
        words.collect()
    }

    /// Answers the questions about the words from the paper, and goes on to the wallet.
    #[track_caller]
    pub fn check_paper(&self, words: &[String]) {
        self.press("I have written them down");
        self.see("Check your paper");
        for (number, word) in (1..).zip(words) {
            let question = format!("Which word is number {number}?");
            if self.shows(&question) {
                self.choose_in(&question, word);
            }
        }
        self.press("Check my answers");
        self.see("Your paper is right");
        self.press("Go to my wallet");
        self.at(Page::Wallet);
    }

    /// Joins the town's ledger by the text of its file.
    #[track_caller]
    pub fn join(&self, town: &TestTown) {
        self.go_to("Providers");
        self.paste("Or paste its text", &std::fs::read_to_string(town.network_file()).unwrap());
        self.press("Use this text");
        self.see("This is the network medrec-saltmere.");
        self.press("Join");
    }

    /// Enrols with a provider by a fresh code, on the page of providers.
    #[track_caller]
    pub fn enrol(&self, town: &TestTown, person: &Person, slug: &str) {
        let code = town.enrolment_code(slug, &person.local_ids()[slug]).unwrap();
        let name = &town.site(slug).unwrap().name;
        self.paste("Enrolment code", &code);
        self.press("Look whose code this is");
        self.see("Is this the provider?");
        self.see(name);
        self.press("Yes, enrol");
        self.see(&format!("You are enrolled with {name}"));
    }

    /// Has the ledger looked at now, and waits until it was.
    #[track_caller]
    pub fn check_now(&self) {
        self.go_to("Settings");
        self.press("Check now");
        self.see("Checked with the ledger now");
    }

    /// Opens a record that the search finds.
    #[track_caller]
    pub fn open_record(&self, search: &str, title: &str) {
        self.go_to("My records");
        self.fill("Search your records", search);
        // The list is laid anew then: what is pressed in that moment would be gone.
        self.see("found");
        self.press(title);
    }
}

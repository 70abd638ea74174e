//! The wallet's real window, used as a person uses it: by the names of what is on the page.
//!
//! Everything waits a while for what it needs, because pages and ledger take their time; what does not come is told with
//! what was on the page instead, and a picture of it.

mod driver;
mod figures;
mod files;
mod program;
mod spoken;
mod tour;
mod ways;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use driver::{Driver, Element, Refusal};
use files::Desktop;
use program::{Listener, Program};
use serde_json::{Value, json};
use spoken::ScreenReader;
pub use spoken::{Role, Spoken};
use tempfile::TempDir;
pub use tour::{Family, Look, Tour};

use crate::workspace;

/// The program that lets itself be driven.
const PROGRAM: &str = "medrec-wallet-driven";
/// How long something on a page may take to appear: the wallet looks at the ledger by itself each half minute.
const PATIENCE: Duration = Duration::from_secs(75);
/// More than any page has things to use.
const MOST_TABS: usize = 80;
/// How long a page may take to show what it has, before what led to it is done once more.
const TO_SHOW: Duration = Duration::from_secs(4);
/// Notes whether a press comes to what was meant: what the page lays anew in that moment moves away under the hand. Not
/// in windows that close when something is pressed there, which cannot be asked any more.
const LISTEN: &str = "const press = { came: false }; window.pressed = press; \
    arguments[0].addEventListener('click', () => { press.came = true; }, { capture: true, once: true }); \
    return !/door|words/.test(location.pathname) && !arguments[0].closest('nav');";
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// Which of the program's windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Welcome, unlock.
    Door,
    /// Recovery words.
    Words,
    /// The open wallet, or the invented one.
    Wallet,
}

impl Page {
    fn is_at(self, address: &str) -> bool {
        match self {
            Self::Door => address.ends_with("/door.html"),
            Self::Words => address.ends_with("/words.html"),
            // The first page of the program needs no name.
            Self::Wallet => {
                address.trim_end_matches("index.html").trim_end_matches('/').ends_with("localhost")
            }
        }
    }
}

/// A key of the keyboard, as WebDriver names those that write nothing (section 17.4.2).
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// To the next thing that can be used.
    Tab,
    /// Press or send.
    Enter,
    /// Back out.
    Escape,
    /// Press, or turn on and off.
    Space,
}

impl Key {
    fn code(self) -> &'static str {
        match self {
            Self::Tab => "\u{e004}",
            Self::Enter => "\u{e007}",
            Self::Escape => "\u{e00c}",
            Self::Space => " ",
        }
    }
}

/// The program's window.
pub struct Window {
    driver: Driver,
    desktop: Desktop,
    program: Program,
    _folder: TempDir,
}

impl Window {
    /// Starts the program with the wallets of `home`, in English.
    pub fn open(home: &Path) -> Self {
        Self::open_in(home, "en_GB.UTF-8")
    }

    /// Starts the program on a computer that speaks this language.
    pub fn open_in(home: &Path, locale: &str) -> Self {
        Self::open_for(&driven(), home, locale, Listener::Nobody)
    }

    /// Starts the program, in English, where a screen reader runs.
    pub fn open_for_screen_reader(home: &Path) -> Self {
        Self::open_for(&driven(), home, "en_GB.UTF-8", Listener::ScreenReader)
    }

    /// Starts a program that was built elsewhere, as to measure it.
    pub fn open_program(program: &Path, home: &Path) -> Self {
        Self::open_for(program, home, "en_GB.UTF-8", Listener::Nobody)
    }

    fn open_for(program: &Path, home: &Path, locale: &str, listener: Listener) -> Self {
        let window = Self::start(program, home, locale, listener).expect("the window opens");
        window.at(Page::Door);
        window
    }

    fn start(binary: &Path, home: &Path, locale: &str, listener: Listener) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let program = Program::start(folder.path(), locale, listener)?;
        let desktop = Desktop::on(program.bus())?;
        let what = json!({ "binary": binary, "args": ["--home", home] });
        let driver = Driver::start(&program.address(), &json!({ "webkitgtk:browserOptions": what }))
            .with_context(|| format!("no window; what the program printed:\n{}", program.log()))?;
        Ok(Self { driver, desktop, program, _folder: folder })
    }

    /// Waits until the window with this page is there, and uses that one from now on.
    #[track_caller]
    pub fn at(&self, page: Page) {
        self.wait(&format!("there is no window {page:?}"), || {
            for handle in self.driver.windows()? {
                // One that is about to close may be gone by now.
                let address = self.driver.use_window(&handle).and_then(|()| self.driver.address());
                if address.is_ok_and(|address| page.is_at(&address)) {
                    return Ok(());
                }
            }
            bail!("not among its windows")
        });
    }

    /// How many windows the program has.
    pub fn count(&self) -> usize {
        self.driver.windows().expect("the driver lists them").len()
    }

    /// Presses the button, link or other thing to press that has this name, or whose name begins so.
    #[track_caller]
    pub fn press(&self, name: &str) {
        self.click("button", name, None);
    }

    /// Presses it in the part of the page that has a heading, legend or label of its own that begins so.
    #[track_caller]
    pub fn press_in(&self, group: &str, name: &str) {
        self.click("button", name, Some(group));
    }

    /// Goes to a part of the wallet by its name at the side.
    #[track_caller]
    pub fn go_to(&self, part: &str) {
        self.click("navigation", part, None);
    }

    /// Takes one of several choices, or turns one on or off, by its label.
    #[track_caller]
    pub fn choose(&self, label: &str) {
        self.click("choice", label, None);
    }

    /// The same where a label stands under several legends.
    #[track_caller]
    pub fn choose_in(&self, legend: &str, label: &str) {
        self.click("choice", label, Some(legend));
    }

    #[track_caller]
    fn click(&self, what: &str, name: &str, group: Option<&str>) {
        let place = group.map(|group| format!(" in '{group}'")).unwrap_or_default();
        self.wait(&format!("the {what} '{name}'{place} cannot be pressed"), || {
            let element = self.find(what, name, group)?;
            let listens = self.driver.script(LISTEN, &[element.for_script()])?;
            match self.driver.click(&element) {
                // It closed its own window before the driver could answer.
                Err(error) if is_gone(&error) => return Ok(()),
                other => other?,
            }
            ensure!(listens != true || self.came(), "it moved away when it was pressed");
            Ok(())
        });
    }

    /// Whether the last press came to what was meant, or to a page that is no more.
    fn came(&self) -> bool {
        (0..4).any(|look| {
            std::thread::sleep(LOOK * look);
            let missed = self.driver.script("return window.pressed?.came === false", &[]);
            !missed.is_ok_and(|missed| missed == true)
        })
    }

    /// Types into the field with this label, in place of what it held.
    #[track_caller]
    pub fn fill(&self, label: &str, text: &str) {
        self.wait(&format!("the field '{label}' cannot be filled"), || {
            let field = self.find("field", label, None)?;
            self.driver.clear(&field)?;
            self.driver.type_into(&field, text)
        });
    }

    /// Pastes into the field with this label, in place of what it held.
    #[track_caller]
    pub fn paste(&self, label: &str, text: &str) {
        self.wait(&format!("nothing can be pasted into '{label}'"), || {
            let field = self.find("field", label, None)?;
            let script = "arguments[0].focus(); arguments[0].select(); \
                return document.execCommand('insertText', false, arguments[1]);";
            let pasted = self.driver.script(script, &[field.for_script(), json!(text)])?;
            ensure!(pasted == true, "the field does not take it");
            Ok(())
        });
    }

    /// Empties the field with this label, pastes what is on the clipboard, and returns what is in the field then.
    #[track_caller]
    pub fn paste_clipboard(&self, label: &str) -> String {
        let mut pasted = String::new();
        self.wait(&format!("nothing can be pasted into '{label}'"), || {
            let field = self.find("field", label, None)?;
            self.driver.clear(&field)?;
            self.driver.type_into(&field, "\u{e009}v")?;
            let value = self.driver.script("return arguments[0].value", &[field.for_script()])?;
            value.as_str().unwrap_or_default().clone_into(&mut pasted);
            if pasted.is_empty() {
                bail!("the clipboard is empty")
            }
            Ok(())
        });
        pasted
    }

    /// Presses what asks for files, and chooses these, one after another.
    #[track_caller]
    pub fn press_for_files(&self, name: &str, files: &[&Path]) {
        self.desktop.will_choose(files);
        self.press(name);
    }

    /// Waits until the field with this label has these words in it.
    #[track_caller]
    pub fn see_in(&self, label: &str, words: &str) {
        self.wait(&format!("'{words}' is not in the field '{label}'"), || {
            let field = self.find("field", label, None)?;
            let value = self.driver.script("return arguments[0].value", &[field.for_script()])?;
            let value = plain(value.as_str().unwrap_or_default());
            ensure!(value.contains(&plain(words)), "there is: {value}");
            Ok(())
        });
    }

    /// Presses a key, wherever the focus is.
    #[track_caller]
    pub fn key(&self, key: Key) {
        self.wait("a key cannot be pressed", || {
            let element = self.driver.focused()?;
            self.driver.type_into(&element, key.code())
        });
    }

    /// Types where the focus is.
    #[track_caller]
    pub fn type_here(&self, text: &str) {
        self.wait("nothing can be typed here", || {
            let element = self.driver.focused()?;
            self.driver.type_into(&element, text)
        });
    }

    /// Presses Tab until the focus is on something with this name, or whose name begins so.
    #[track_caller]
    pub fn tab_to(&self, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..MOST_TABS {
            self.key(Key::Tab);
            let focused = self.focus();
            if focused.to_lowercase().starts_with(&name.to_lowercase()) {
                return;
            }
            passed.push(focused);
        }
        panic!("Tab does not come to '{name}', only to: {}", passed.join(" | "));
    }

    /// The name of what has the focus.
    pub fn focus(&self) -> String {
        let script = "const e = document.activeElement; \
            return e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent;";
        plain(self.ask(script).as_str().unwrap_or_default())
    }

    /// What a promise on the page gives, or the words with which it fails.
    pub fn ask_and_wait(&self, promise: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; ({promise}).then(done, (e) => done(String(e?.message ?? e)));"
        );
        self.driver.script_with_callback(&script).expect("the page answers")
    }

    /// The text on the page, as it is seen.
    pub fn text(&self) -> String {
        let text = self.driver.script("return document.body.innerText", &[]);
        plain(text.unwrap_or_default().as_str().unwrap_or_default())
    }

    /// Waits until these words are on the page.
    #[track_caller]
    pub fn see(&self, words: &str) {
        self.wait(&format!("'{words}' is not to be seen"), || self.has(words, true));
    }

    /// Does something again and again, until these words are on the page after it.
    #[track_caller]
    pub fn see_after(&self, words: &str, act: impl Fn(&Self)) {
        self.wait(&format!("'{words}' does not come"), || {
            act(self);
            let acted = Instant::now();
            loop {
                match self.has(words, true) {
                    Err(_) if acted.elapsed() < TO_SHOW => std::thread::sleep(LOOK),
                    told => return told,
                }
            }
        });
    }

    /// Waits until these words are not on the page any more.
    #[track_caller]
    pub fn gone(&self, words: &str) {
        self.wait(&format!("'{words}' is still to be seen"), || self.has(words, false));
    }

    /// Whether these words are on the page now.
    pub fn shows(&self, words: &str) -> bool {
        self.text().to_lowercase().contains(&plain(words).to_lowercase())
    }

    fn has(&self, words: &str, wanted: bool) -> Result<()> {
        ensure!(self.shows(words) == wanted, "it was looked for in the page's text");
        Ok(())
    }

    /// The first heading of the page.
    pub fn heading(&self) -> String {
        let script = "return document.querySelector('h1')?.innerText ?? ''";
        let heading = self.driver.script(script, &[]).unwrap_or_default();
        plain(heading.as_str().unwrap_or_default())
    }

    /// Whether something with this name can be pressed now.
    pub fn offers(&self, name: &str) -> bool {
        self.find("button", name, None).is_ok()
    }

    /// What a script on the page gives.
    pub fn ask(&self, script: &str) -> Value {
        self.driver.script(script, &[]).unwrap_or_default()
    }

    /// Brings a button of the page to where it is seen.
    #[track_caller]
    pub fn bring_up(&self, name: &str) {
        self.wait(&format!("there is no button '{name}'"), || self.find("button", name, None).map(|_| ()));
    }

    /// Makes the window so large.
    pub fn resize(&self, width: u32, height: u32) {
        self.driver.resize(width, height).expect("the window can be resized");
    }

    /// Writes a picture of the window.
    pub fn picture(&self, file: &Path) {
        self.draw(file).expect("a picture of the window");
    }

    fn draw(&self, file: &Path) -> Result<()> {
        let (width, height) = self.driver.size()?;
        self.program.picture(width, height, file)
    }

    /// What axe-core finds wrong on the page, in the program's own web view.
    pub fn barriers(&self) -> Vec<String> {
        let axe = workspace().join("ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe).expect("axe-core is installed by `cargo xtask ui`");
        self.driver.script(&axe, &[]).expect("axe-core can be put on the page");
        let found = self.driver.script_with_callback(include_str!("axe.js"));
        let found = found.expect("axe-core answers");
        assert!(found["passes"].as_u64() > Some(0), "axe-core looked at nothing: {found}");
        let violations = found["violations"].as_array().cloned().unwrap_or_default();
        violations.iter().map(|violation| violation.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Waits until a screen reader hears something of this role and name, and returns all that it hears then.
    #[track_caller]
    pub fn hear(&self, role: Role, name: &str) -> Vec<Spoken> {
        let reader = ScreenReader::on(self.program.bus()).expect("a screen reader");
        let mut heard = Vec::new();
        self.wait(&format!("no {role:?} '{name}' is heard"), || {
            heard = reader.everything()?;
            let there = heard.iter().any(|one| one.role == role && one.name == name);
            ensure!(there, "heard: {}", told(&heard));
            Ok(())
        });
        heard
    }

    /// The text in a field, as a screen reader would read it out.
    pub fn read_out(&self, field: &Spoken) -> String {
        let reader = ScreenReader::on(self.program.bus()).expect("a screen reader");
        reader.text(field).expect("a text field")
    }

    fn find(&self, what: &str, name: &str, group: Option<&str>) -> Result<Element> {
        let arguments = [json!(what), json!(name), json!(group)];
        let found = self.driver.script(include_str!("find.js"), &arguments)?;
        let instead = || format!("there is: {}", found.as_str().unwrap_or("nothing"));
        Element::from_script(&found).with_context(instead)
    }

    /// Tries until it works.
    #[track_caller]
    fn wait(&self, complaint: &str, mut act: impl FnMut() -> Result<()>) {
        let started = Instant::now();
        while let Err(error) = act() {
            if started.elapsed() > PATIENCE {
                let picture = self.last_picture();
                panic!("{complaint}: {error:#}\non the page: {}\npicture: {picture}", self.text());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// A picture of what was there when a test failed, or why there is none.
    fn last_picture(&self) -> String {
        let file = pictures().join(format!("failed-{}.png", std::process::id()));
        match self.draw(&file) {
            Ok(()) => file.display().to_string(),
            Err(error) => format!("none: {error:#}; what the program printed:\n{}", self.program.log()),
        }
    }
}

fn told(heard: &[Spoken]) -> String {
    heard.iter().map(|one| format!("{:?} '{}'", one.role, one.name)).collect::<Vec<_>>().join(", ")
}

fn driven() -> PathBuf {
    crate::binaries().join(PROGRAM)
}

fn is_gone(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.code == "no such window")
}

fn pictures() -> PathBuf {
    let folder = crate::binaries().join("..").join("window");
    // Without it the picture is missing, not the test's result.
    let _ = std::fs::create_dir_all(&folder);
    folder
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! Pages for a person and a court: tagged, PDF/UA-1 and PDF/A-2a, A4. (docs/spec/history.md, HIST-60 to HIST-67)
//!
//! Typst lays them out, from one template (`page.typ`) that holds no word and no fact. All text comes to it as data, so
//! nothing that a person or a provider wrote is ever taken for markup. Fonts travel with the program; characters that
//! none of them has are written by their Unicode number, because a page must not drop what it cannot draw.

mod facts;
mod words;

use std::sync::LazyLock;

use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Dict, Duration, Smart, Value},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::{
    model::History,
    sentences::{Language, utc},
    verify::Verified,
};

const TEMPLATE: &str = include_str!("page.typ");
const FONTS: [&[u8]; 4] = [
    include_bytes!("../../fonts/AtkinsonHyperlegible-Regular.ttf"),
    include_bytes!("../../fonts/AtkinsonHyperlegible-Bold.ttf"),
    include_bytes!("../../fonts/NotoSans-Regular.ttf"),
    include_bytes!("../../fonts/NotoSans-Bold.ttf"),
];

/// Why no PDF could be made.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The page could not be laid out, or would not be accessible.
    #[error("the pages could not be made: {0}")]
    Layout(String),
}

/// The history as PDF. `verified` is the check of the verifiable file that goes with it: the page names that file by its
/// digest and says what the check found. Without one the page says that nothing proves it.
pub fn to_pdf(
    history: &History,
    language: Language,
    verified: Option<&Verified>,
) -> Result<Vec<u8>, PdfError> {
    let mut data = facts::of(history, language, verified);
    let replaced = drawable(&mut data);
    data["undrawn"] = replaced.into();
    let world = Page::new(&data, history)?;
    let document = typst::compile::<PagedDocument>(&world).output.map_err(|all| failed(&all))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|error| PdfError::Layout(error.message().to_string()))?;
    let options = PdfOptions {
        // Typst's default: a hash of title and author. The digest tells two histories of one person apart.
        ident: verified.map_or(Smart::Auto, |verified| Smart::Custom(verified.digest.to_string())),
        creator: Smart::Custom(Some("MedRec Wallet".to_owned())),
        timestamp: moment(history).map(Timestamp::new_utc),
        standards,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|all| failed(&all))?;
    // What typst remembers of this page is of no use to the next one.
    typst::comemo::evict(0);
    Ok(bytes)
}

fn failed(all: &[SourceDiagnostic]) -> PdfError {
    let messages: Vec<String> = all.iter().map(|one| one.message.to_string()).collect();
    PdfError::Layout(messages.join("; "))
}

/// The page's date is that of the last header: no clock is asked, and the same history gives the same bytes.
fn moment(history: &History) -> Option<Datetime> {
    let at = utc(history.as_of.time);
    let part = |number: i8| u8::try_from(number).ok();
    Datetime::from_ymd_hms(
        at.year().into(),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )
}

/// Fonts and what they know to draw.
struct Fonts {
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

static BUNDLED: LazyLock<Fonts> = LazyLock::new(|| {
    let fonts: Vec<Font> = FONTS.iter().flat_map(|bytes| Font::iter(Bytes::new(*bytes))).collect();
    Fonts { book: LazyHash::new(FontBook::from_fonts(&fonts)), fonts }
});

fn can_draw(character: char) -> bool {
    BUNDLED.fonts.iter().any(|font| font.info().coverage.contains(character.into()))
}

/// Writes what cannot be drawn by its Unicode number, in every text; true when there was any.
fn drawable(data: &mut serde_json::Value) -> bool {
    match data {
        serde_json::Value::String(text) => {
            let shown = |character: char| match character {
                // A page has no tabs; a break inside a fact would read as two facts.
                _ if character.is_control() => " ".to_owned(),
                _ if can_draw(character) => character.to_string(),
                _ => format!("[U+{:04X}]", u32::from(character)),
            };
            let replaced = text.chars().any(|character| !character.is_control() && !can_draw(character));
            *text = text.chars().map(shown).collect();
            replaced
        }
        serde_json::Value::Array(all) => {
            all.iter_mut().filter_map(|one| drawable(one).then_some(())).count() > 0
        }
        serde_json::Value::Object(all) => {
            all.values_mut().filter_map(|one| drawable(one).then_some(())).count() > 0
        }
        _ => false,
    }
}

/// All that typst can see: the template, the data, the fonts. No files, no packages, no clock, no network.
struct Page {
    library: LazyHash<Library>,
    main: Source,
    today: Option<Datetime>,
}

impl Page {
    fn new(data: &serde_json::Value, history: &History) -> Result<Self, PdfError> {
        let data = serde_json::to_vec(data).map_err(|error| PdfError::Layout(error.to_string()))?;
        let mut inputs = Dict::new();
        inputs.insert("data".into(), Value::Bytes(Bytes::new(data)));
        let path =
            VirtualPath::new("page.typ").map_err(|_| PdfError::Layout("the template has no name".into()))?;
        let id = RootedPath::new(VirtualRoot::Project, path).intern();
        Ok(Self {
            library: LazyHash::new(Library::builder().with_inputs(inputs).build()),
            main: Source::new(id, TEMPLATE.to_owned()),
            today: moment(history),
        })
    }
}

impl World for Page {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BUNDLED.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        BUNDLED.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}

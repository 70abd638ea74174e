//! Words for people: cleaning, shortening, and folding for search.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

use crate::description::Description;

/// Put where a text was cut.
const ELLIPSIS: char = '…';

/// How far back from the cut a space is looked for, so that words stay whole.
const WORD_SLACK_BYTES: usize = 24;

/// The text on one line, free of characters that a person cannot see or that reorder what they see, cut to at
/// most `max_bytes` of UTF-8 on a character boundary. `None` if nothing readable is left.
///
/// Control characters and white space become one space. Dropped are the bidirectional controls (a title could
/// otherwise be shown as something it does not say), byte order marks and private-use characters; joiners that
/// Persian and the Indic scripts need stay.
pub(crate) fn plain(text: &str, max_bytes: usize) -> Option<String> {
    let mut clean = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let start = clean.len();
        if start > 0 {
            clean.push(' ');
        }
        let before = clean.len();
        // One byte more than fits is enough to know that the text must be cut.
        for c in word.chars().filter(|c| !is_unseen(*c)) {
            clean.push(c);
            if clean.len() > max_bytes {
                return Some(cut(clean, max_bytes));
            }
        }
        if clean.len() == before {
            clean.truncate(start);
        }
    }
    clean.chars().any(|c| !is_joiner(c) && !is_combining_mark(c)).then_some(clean)
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}'
        | '\u{E0000}'..='\u{10FFFF}')
}

/// Cuts to `max_bytes` with an ellipsis, before a word where one begins near the cut, and never between a letter
/// and its marks.
fn cut(mut text: String, max_bytes: usize) -> String {
    let mut end = max_bytes.saturating_sub(ELLIPSIS.len_utf8()).min(text.len());
    while end > 0 && !is_cut_point(&text, end) {
        end -= 1;
    }
    let word_end = text[..end].rfind(' ').filter(|space| end - space <= WORD_SLACK_BYTES && *space > 0);
    text.truncate(word_end.unwrap_or(end));
    text.truncate(text.trim_end().len());
    text.push(ELLIPSIS);
    text
}

fn is_cut_point(text: &str, at: usize) -> bool {
    text.is_char_boundary(at)
        && !text[at..].starts_with(|next: char| is_combining_mark(next) || is_joiner(next))
        && !text[..at].ends_with(is_joiner)
}

/// Folds a text so that a search ignores case, accents, letter forms and spacing: `Ferreira-Novák` and
/// `FERREIRA-NOVAK` are one, so are `Ελένη` and `ελενη`.
///
/// Steps: lower case, NFKD, drop the accents, NFC. An accent is a combining mark of class 10 or more (UAX #44);
/// the marks below that carry the sound of a letter (nukta, kana voicing, virama) and stay, as do vowel signs.
/// Letters that Unicode does not decompose but keyboards lack (ß, ø, ł, æ …) become their plain spelling.
pub fn fold(text: &str) -> String {
    let decomposed: String = text
        .chars()
        .flat_map(char::to_lowercase)
        .nfkd()
        .filter(|c| canonical_combining_class(*c) < 10)
        .flat_map(char::to_lowercase)
        .collect();
    let mut folded = String::with_capacity(decomposed.len());
    for word in decomposed.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        for c in word.chars() {
            match plain_spelling(c) {
                Some(spelling) => folded.push_str(spelling),
                None if is_unseen(c) || c.is_control() => {}
                None => folded.push(c),
            }
        }
    }
    let composed: String = folded.nfc().collect();
    // A word made of unseen characters alone leaves a gap.
    composed.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn plain_spelling(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// Everything a person may search a record by, folded with [`fold`], each word once: title, FHIR type in words,
/// codes, status, author, place, date.
pub fn search_terms(description: &Description) -> String {
    let mut parts = vec![description.title.clone()];
    parts.extend(description.fhir_type.as_deref().map(type_in_words));
    parts.extend(description.codes.iter().map(|coding| coding.code.clone()));
    parts.extend(description.status.clone());
    parts.extend(description.author.clone());
    parts.extend(description.place.clone());
    parts.extend(description.date.map(|date| date.to_string()));
    let folded = fold(&parts.join(" "));
    let mut words: Vec<&str> = Vec::new();
    for word in folded.split(' ') {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" ")
}

/// A FHIR type as words: `MedicationRequest` is "Medication request".
pub(crate) fn type_in_words(fhir_type: &str) -> String {
    let mut words = String::with_capacity(fhir_type.len() + 4);
    for (index, c) in fhir_type.chars().enumerate() {
        if index > 0 && c.is_ascii_uppercase() {
            words.push(' ');
            words.push(c.to_ascii_lowercase());
        } else {
            words.push(c);
        }
    }
    words
}

//! What a file's name tells.

use crate::limits::MAX_TITLE_BYTES;
use crate::partial_date::PartialDate;
use crate::text::plain;

/// What was read from a file name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FileName {
    /// The name as words: `2026-10-02_discharge-letter.pdf` says "Discharge letter".
    pub(crate) words: Option<String>,
    /// A date that the name begins with.
    pub(crate) date: Option<PartialDate>,
    /// The extension, lower case, without its dot.
    pub(crate) extension: Option<String>,
}

/// Reads a file name; folders before it are ignored.
pub(crate) fn read(name: Option<&str>) -> FileName {
    let Some(name) = name else { return FileName::default() };
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if is_extension(extension) && !stem.is_empty() => (stem, Some(extension)),
        _ => (name, None),
    };
    let (date, rest) = leading_date(stem);
    let spaced: String =
        rest.chars().map(|c| if matches!(c, '_' | '-' | '.' | '+') { ' ' } else { c }).collect();
    let words = plain(&spaced, MAX_TITLE_BYTES).filter(|words| words.chars().any(char::is_alphabetic));
    FileName {
        words: words.map(|words| capitalised(&words)),
        date,
        extension: extension.map(str::to_ascii_lowercase),
    }
}

fn is_extension(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `2026-10-02…` or `20261002…`, if something that is no digit follows, or nothing.
fn leading_date(stem: &str) -> (Option<PartialDate>, &str) {
    for (width, compact) in [(10, false), (8, true)] {
        let Some((head, rest)) = stem.split_at_checked(width) else { continue };
        let head = if compact { dashed(head) } else { Some(head.to_owned()) };
        let date = head.and_then(|head| head.parse().ok());
        if date.is_some() && !rest.starts_with(|c: char| c.is_ascii_digit()) {
            return (date, rest);
        }
    }
    (None, stem)
}

/// `20261002` as `2026-10-02`.
pub(crate) fn dashed(digits: &str) -> Option<String> {
    (digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]))
}

/// The first letter as a capital, unless that would make the text longer than it may be.
fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    let Some(first) = chars.next() else { return String::new() };
    let capital: String = first.to_uppercase().chain(chars).collect();
    if capital.len() > MAX_TITLE_BYTES { words.to_owned() } else { capital }
}

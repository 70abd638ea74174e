//! Shortened ids: what is shown short can be typed short.

/// Characters of an id that are shown. 48 bits: among a million records two share them in one wallet of 560.
const SHOWN: usize = 12;

/// The beginning of an id, long enough to be typed back.
pub fn short(id: &impl ToString) -> String {
    let id = id.to_string();
    id.get(..SHOWN).map_or_else(|| id.clone(), str::to_owned)
}

//! A copy that can be looked at.

use serde::Serialize;

/// A picture, made anew from the pixels that were decoded here: nothing of the file that a provider sent goes further.
/// `Debug` prints its size only.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Picture {
    /// Width in pixels, at most 2,000.
    pub width: u32,
    /// Height in pixels, at most 2,000.
    pub height: u32,
    /// A PNG file, base64.
    pub png_base64: String,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

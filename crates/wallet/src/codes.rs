//! Codes that people hand to each other (offers, requests, cards), as pictures that a telephone can take and as files.
//!
//! None of them holds a key: nothing can be opened with one. But they tell who helps whom, which accounts belong together, or
//! with which providers somebody is, so the window says of each for whom it is. Bech32m in capital letters is what QR stores best; reading gives small letters again.

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use qrcode::{Color, EcLevel, QrCode};

use crate::{
    Result, WalletError,
    use_case::picture::{as_png, within_bounds},
    view::Picture,
};

/// Largest file with a code that is read, in bytes: a photograph.
pub const MAX_CODE_FILE_BYTES: usize = 16 * 1024 * 1024;
/// Longest code, in characters: what one QR picture can hold.
const MAX_CODE_CHARS: usize = 4_296;
/// What every code begins with.
const PREFIX: &str = "mr";
/// Pixels of one module.
const MODULE_PIXELS: u32 = 5;
/// Modules left white around it. (ISO/IEC 18004, 9.1)
const QUIET_MODULES: u32 = 4;
/// Most pixels in one direction in which a QR picture is looked for; what is larger is made smaller first.
const MAX_SEARCHED_SIDE: u32 = 2_400;

const NO_CODE: WalletError =
    WalletError::CannotAct("there is no code in this file; ask for it again, as a text or a sharp picture");

/// A code as a QR picture.
pub fn code_picture(code: &str) -> Result<Picture> {
    let code = checked(code)?.to_ascii_uppercase();
    let made = QrCode::with_error_correction_level(&code, EcLevel::L)
        .map_err(|_| WalletError::CannotAct("this code is too long for a picture; save it as a file"))?;
    let modules = u32::try_from(made.width()).map_err(|_| WalletError::Internal("a QR picture"))?;
    let side = (modules + 2 * QUIET_MODULES) * MODULE_PIXELS;
    let colors = made.to_colors();
    let pixels = GrayImage::from_fn(side, side, |x, y| {
        let module = |at: u32| (at / MODULE_PIXELS).checked_sub(QUIET_MODULES).filter(|at| *at < modules);
        let dark = module(x).zip(module(y)).is_some_and(|(x, y)| {
            let at = usize::try_from(y * modules + x).unwrap_or(usize::MAX);
            colors.get(at) == Some(&Color::Dark)
        });
        Luma([if dark { 0 } else { u8::MAX }])
    });
    as_png(&DynamicImage::ImageLuma8(pixels)).ok_or(WalletError::Internal("a QR picture"))
}

/// The code in a file that somebody handed over: a text, or a picture (PNG or JPEG) of a QR code. Hostile until the code is
/// parsed by whoever wanted it.
pub fn read_code(bytes: Vec<u8>) -> Result<String> {
    if bytes.len() > MAX_CODE_FILE_BYTES {
        return Err(NO_CODE);
    }
    let format = image::guess_format(&bytes).ok();
    let found = match format {
        Some(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => in_picture(bytes, format).ok_or(NO_CODE)?,
        _ => String::from_utf8(bytes).map_err(|_| NO_CODE)?,
    };
    Ok(checked(&found)?.to_ascii_lowercase())
}

fn in_picture(bytes: Vec<u8>, format: ImageFormat) -> Option<String> {
    let mut picture = within_bounds(bytes, format)?;
    if picture.width().max(picture.height()) > MAX_SEARCHED_SIDE {
        picture = picture.thumbnail(MAX_SEARCHED_SIDE, MAX_SEARCHED_SIDE);
    }
    let gray = picture.into_luma8();
    let (width, height) = (usize::try_from(gray.width()).ok()?, usize::try_from(gray.height()).ok()?);
    let pixels = gray.as_raw();
    let mut searched =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    searched.detect_grids().iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text)
}

/// Trimmed, if it looks like a code at all.
fn checked(text: &str) -> Result<&str> {
    let text = text.trim();
    let plausible = text.len() <= MAX_CODE_CHARS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    if plausible { Ok(text) } else { Err(NO_CODE) }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use medrec_protocol::{
        ChainIdentity, Hash32, PublicKey,
        codec::{List, Text},
        offer::HelpOffer,
        payload::V1,
    };

    use super::*;

    fn offer() -> String {
        let chain =
            ChainIdentity { chain_id: "saltmere-1".parse().unwrap(), genesis_hash: Hash32::new([7; 32]) };
        let key = |seed: u8| PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[seed; 32]));
        let keys = List::new((1..=16).map(key).collect()).unwrap();
        HelpOffer { version: V1, chain, name: Text::new("Inês Duarte").unwrap(), keys }.to_string()
    }

    #[test]
    fn a_picture_of_the_longest_offer_gives_the_same_offer_back() {
        let code = offer();
        let picture = code_picture(&code).unwrap();
        let file = STANDARD.decode(&picture.png_base64).unwrap();
        let read = read_code(file).unwrap();
        assert_eq!(read, code);
        read.parse::<HelpOffer>().unwrap();
    }

    #[test]
    fn a_text_file_with_white_space_around_the_code_is_read() {
        let code = offer();
        assert_eq!(read_code(format!("\n  {code}\r\n").into_bytes()).unwrap(), code);
        assert_eq!(read_code(code.to_ascii_uppercase().into_bytes()).unwrap(), code);
    }

    #[test]
    fn files_without_a_code_are_refused_in_words() {
        let mut blank = std::io::Cursor::new(Vec::new());
        DynamicImage::new_luma8(300, 300).write_to(&mut blank, ImageFormat::Png).unwrap();
        for file in [b"hello there".to_vec(), vec![0xff; 64], Vec::new(), blank.into_inner()] {
            assert!(read_code(file).unwrap_err().to_string().contains("no code"));
        }
        assert!(code_picture("https://elsewhere.example").is_err());
        assert!(code_picture(&format!("mrhelp1{}", "q".repeat(5_000))).is_err());
    }
}

//! Copies that are pictures.
//!
//! What a provider sends is hostile: it is decoded here within bounds, and what goes on to a window is a new file that holds
//! the pixels and nothing else.

use std::io::Cursor;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, metadata::Orientation};

use crate::{
    Result, Wallet, WalletError,
    view::{Picture, RecordId},
};

/// Largest file that is decoded, in bytes.
const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;
/// Most pixels in one direction that are decoded.
const MAX_DECODED_SIDE: u32 = 10_000;
/// Most memory that decoding may take, in bytes.
const MAX_DECODED_BYTES: u64 = 256 * 1024 * 1024;
/// Most pixels in one direction that are shown.
const MAX_SHOWN_SIDE: u32 = 2_000;

impl Wallet {
    /// A verified copy as a picture; none when it is no PNG or JPEG, too large, or not one that can be decoded.
    pub async fn picture(&self, id: RecordId) -> Result<Option<Picture>> {
        let record = self.record(id).await?;
        let format = match record.row.media_type.as_str() {
            "image/png" => ImageFormat::Png,
            "image/jpeg" => ImageFormat::Jpeg,
            _ => return Ok(None),
        };
        if record.copy.is_none_or(|copy| copy.size > MAX_FILE_BYTES) {
            return Ok(None);
        }
        let bytes = self.read_copy(id).await?;
        let decoded = tokio::task::spawn_blocking(move || decode(bytes, format)).await;
        decoded.map_err(|_| WalletError::Internal("a picture"))
    }
}

fn decode(bytes: Vec<u8>, format: ImageFormat) -> Option<Picture> {
    let mut picture = within_bounds(bytes, format)?;
    if picture.width().max(picture.height()) > MAX_SHOWN_SIDE {
        picture = picture.thumbnail(MAX_SHOWN_SIDE, MAX_SHOWN_SIDE);
    }
    as_png(&picture)
}

/// Decodes a hostile file, upright; none when it is too large or no such picture.
pub(crate) fn within_bounds(bytes: Vec<u8>, format: ImageFormat) -> Option<DynamicImage> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_DECODED_SIDE);
    limits.max_image_height = Some(MAX_DECODED_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().ok()?;
    limits.reserve(decoder.total_bytes()).ok()?;
    // Cameras write beside the pixels which way is up; what is made anew says it by its pixels.
    let upright = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(upright);
    Some(picture)
}

/// A new file with the pixels and nothing else.
pub(crate) fn as_png(picture: &DynamicImage) -> Option<Picture> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).ok()?;
    Some(Picture {
        width: picture.width(),
        height: picture.height(),
        png_base64: STANDARD.encode(png.into_inner()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    }

    #[test]
    fn a_picture_is_made_anew_without_what_else_the_file_held() {
        let mut file = png(30, 20);
        file.extend(b"<script>something after the end</script>");
        let picture = decode(file, ImageFormat::Png).unwrap();
        assert_eq!((picture.width, picture.height), (30, 20));
        let made = STANDARD.decode(picture.png_base64).unwrap();
        assert!(!made.windows(6).any(|window| window == b"script"));
        assert!(image::load_from_memory(&made).is_ok());
    }

    #[test]
    fn a_large_picture_is_made_smaller_and_a_huge_one_is_not_decoded() {
        let picture = decode(png(4_000, 1_000), ImageFormat::Png).unwrap();
        assert_eq!((picture.width, picture.height), (2_000, 500));
        assert_eq!(decode(png(10_001, 1), ImageFormat::Png), None);
    }

    #[test]
    fn a_photograph_stands_upright() {
        let mut file = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(40, 20).write_to(&mut file, ImageFormat::Jpeg).unwrap();
        let lying = file.into_inner();
        // APP1 with Exif (TIFF, big-endian): one entry, 0x0112 (orientation), SHORT, 6: turn by 90 degrees. (Exif 2.3)
        let tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let exif = [b"Exif\0\0".as_slice(), tiff].concat();
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let turned = [&lying[..2], &[0xff, 0xe1], &length, &exif, &lying[2..]].concat();
        let size = |file: Vec<u8>| decode(file, ImageFormat::Jpeg).map(|made| (made.width, made.height));
        assert_eq!((size(lying), size(turned)), (Some((40, 20)), Some((20, 40))));
    }

    #[test]
    fn what_is_no_picture_gives_none() {
        assert_eq!(decode(b"not a picture".to_vec(), ImageFormat::Png), None);
        assert_eq!(decode(png(3, 3), ImageFormat::Jpeg), None);
        let cut = png(30, 20);
        assert_eq!(decode(cut[..cut.len() / 2].to_vec(), ImageFormat::Png), None);
    }
}

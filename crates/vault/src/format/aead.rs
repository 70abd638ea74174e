//! XChaCha20-Poly1305 (RFC 8439 with draft-irtf-cfrg-xchacha's 24-byte nonce), in place.
//!
//! Every nonce of this crate is random: with 192 bits none repeats.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};

use super::{NONCE_LEN, TAG_LEN};

/// Bytes of an AEAD key.
pub(super) const KEY_LEN: usize = 32;

/// Turns `data` into ciphertext and gives its tag.
#[allow(clippy::expect_used, reason = "the cipher seals up to 256 GiB; this crate seals a few KiB")]
pub(super) fn seal(
    key: &[u8; KEY_LEN],
    nonce: &[u8; NONCE_LEN],
    associated: &[u8],
    data: &mut [u8],
) -> [u8; TAG_LEN] {
    XChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(&XNonce::from(*nonce), associated, data.into())
        .expect("a few KiB are within the cipher's limit")
        .into()
}

/// Turns ciphertext back into `data`; `None`, and `data` unchanged, if key, nonce, associated data, ciphertext
/// or tag is not the one sealed.
pub(super) fn open(
    key: &[u8; KEY_LEN],
    nonce: &[u8; NONCE_LEN],
    associated: &[u8],
    data: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Option<()> {
    XChaCha20Poly1305::new(key.into())
        .decrypt_inout_detached(&XNonce::from(*nonce), associated, data.into(), &Tag::from(*tag))
        .ok()
}

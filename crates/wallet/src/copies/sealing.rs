//! One sealed piece of a copy's file.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadInOut, Payload},
};
use hkdf::Hkdf;
use medrec_protocol::{Commitment, RecordSalt};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::CopyError;

/// Bytes of a record in one chunk.
pub(super) const CHUNK_BYTES: usize = 64 * 1024;
pub(super) const MAGIC: &[u8; 8] = b"MRCOPY\0\x01";
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// What sealing adds.
pub(super) const OVERHEAD: usize = NONCE_BYTES + TAG_BYTES;
/// Salt and size.
const HEADER_BYTES: usize = 32 + 8;
pub(super) const SEALED_HEADER_BYTES: usize = HEADER_BYTES + OVERHEAD;
pub(super) const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + OVERHEAD;
const HEADER_INDEX: u64 = u64::MAX;
const INFO: &[u8] = b"medrec/copy/v1";

/// Whether more chunks follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Place {
    Inner = 0,
    Last = 1,
}

/// Encrypts the pieces of one copy.
#[derive(Clone)]
pub(super) struct ChunkKey(Zeroizing<[u8; 32]>);

/// Bytes of a record on the way to a chunk of the file, with room for what sealing adds.
pub(super) struct Chunk(Vec<u8>);

impl Default for Chunk {
    fn default() -> Self {
        let mut bytes = Vec::with_capacity(SEALED_CHUNK_BYTES);
        bytes.resize(NONCE_BYTES, 0);
        Self(bytes)
    }
}

impl Chunk {
    /// Takes as many bytes as fit; gives the rest.
    pub(super) fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = CHUNK_BYTES - self.len();
        let (now, later) = bytes.split_at(bytes.len().min(room));
        self.0.extend_from_slice(now);
        later
    }

    fn len(&self) -> usize {
        self.0.len() - NONCE_BYTES
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() == CHUNK_BYTES
    }
}

/// What is remembered of a copy beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) salt: RecordSalt,
    pub(super) size: u64,
}

impl ChunkKey {
    pub(super) fn derive(database_key: &[u8; 32], commitment: Commitment) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(None, database_key)
            .expand_multi_info(&[INFO, commitment.as_bytes()], key.as_mut());
        debug_assert!(expanded.is_ok(), "32 bytes are always a valid HKDF-SHA-256 length");
        Self(key)
    }

    /// Encrypts in place, without another copy of what may be large.
    pub(super) fn seal_chunk(&self, index: u64, place: Place, chunk: Chunk) -> Result<Vec<u8>, CopyError> {
        let mut sealed = chunk.0;
        let (nonce, content) = sealed.split_first_chunk_mut::<NONCE_BYTES>().ok_or(CopyError::Damaged)?;
        getrandom::fill(nonce).map_err(|error| CopyError::Disk(std::io::Error::other(error)))?;
        let nonce = XNonce::from(*nonce);
        let tag = self.cipher().encrypt_inout_detached(&nonce, &aad(index, place), content.into());
        sealed.extend_from_slice(&tag.map_err(|_| CopyError::Damaged)?);
        Ok(sealed)
    }

    pub(super) fn open_chunk(&self, index: u64, place: Place, sealed: &[u8]) -> Result<Vec<u8>, CopyError> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(CopyError::Damaged)?;
        let payload = Payload { msg: ciphertext, aad: &aad(index, place) };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| CopyError::Damaged)
    }

    pub(super) fn seal_header(&self, header: &Header) -> Result<Vec<u8>, CopyError> {
        let mut bytes = Chunk::default();
        bytes.fill(header.salt.as_bytes());
        bytes.fill(&header.size.to_le_bytes());
        self.seal_chunk(HEADER_INDEX, Place::Inner, bytes)
    }

    pub(super) fn open_header(&self, sealed: &[u8]) -> Result<Header, CopyError> {
        let bytes = self.open_chunk(HEADER_INDEX, Place::Inner, sealed)?;
        let (salt, size) = bytes.split_first_chunk::<32>().ok_or(CopyError::Damaged)?;
        let size = size.try_into().map_err(|_| CopyError::Damaged)?;
        Ok(Header { salt: RecordSalt::from_bytes(*salt), size: u64::from_le_bytes(size) })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

fn aad(index: u64, place: Place) -> [u8; 9] {
    let mut aad = [place as u8; 9];
    aad[..8].copy_from_slice(&index.to_le_bytes());
    aad
}

/// Chunks of a record of this size: every full one, and the last, which may be empty.
pub(super) fn full_chunks(size: u64) -> u64 {
    size / CHUNK_BYTES as u64
}

/// Where a chunk begins in the file.
pub(super) fn offset_of(chunk: u64) -> u64 {
    (MAGIC.len() + SEALED_HEADER_BYTES) as u64 + chunk * SEALED_CHUNK_BYTES as u64
}

//! Random bytes from the source that the caller passes in.

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::VaultError;

/// `N` random bytes that are public (nonces, salts, ids).
pub(crate) fn random_bytes<const N: usize, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<[u8; N], VaultError> {
    let mut bytes = [0u8; N];
    rng.try_fill_bytes(&mut bytes).map_err(|_| VaultError::Randomness)?;
    Ok(bytes)
}

/// `N` random bytes that are secret: wiped when dropped.
pub(crate) fn random_secret<const N: usize, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Zeroizing<[u8; N]>, VaultError> {
    let mut bytes = Zeroizing::new([0u8; N]);
    rng.try_fill_bytes(bytes.as_mut_slice()).map_err(|_| VaultError::Randomness)?;
    Ok(bytes)
}

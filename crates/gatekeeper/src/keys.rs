//! `keys.toml`: the provider's secrets. They are made once by `init`, never shown, and wiped from memory.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use ed25519_dalek::SigningKey;
use medrec_protocol::{
    PublicKey,
    handover::{HandoverError, SealingSecret},
    state::SealingKey,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    error::{GatekeeperError, Result},
    home,
};

/// Bytes of each secret.
const SECRET_BYTES: usize = 32;
const MAX_KEYS_BYTES: u64 = 4096;
/// Permission bits for anybody but the owner.
const OTHERS: u32 = 0o077;

/// The provider's secrets.
pub struct Keys {
    signing: SigningKey,
    sealing: SealingSecret,
    database: Zeroizing<[u8; SECRET_BYTES]>,
}

/// Layout of the file.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    version: u8,
    signing_seed: String,
    sealing_secret: String,
    database_key: String,
}

impl Keys {
    /// New random keys.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut draw = || {
            let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
            rng.fill_bytes(bytes.as_mut());
            bytes
        };
        let signing = SigningKey::from_bytes(&draw());
        Self { signing, sealing: SealingSecret::from_bytes(draw()), database: draw() }
    }

    /// Reads the file; refuses one that other users can read.
    pub fn read(path: &Path) -> Result<Self> {
        let metadata = fs::metadata(path).map_err(GatekeeperError::file("cannot read", path))?;
        if metadata.permissions().mode() & OTHERS != 0 {
            return Err(GatekeeperError::KeysExposed(path.to_owned()));
        }
        let text = Zeroizing::new(home::read_text(path, MAX_KEYS_BYTES)?);
        // The parser's message would quote the line, and with it a secret.
        let unusable = |what: &str| GatekeeperError::Content { path: path.to_owned(), what: what.into() };
        let file: KeysFile = toml::from_str(&text).map_err(|_| unusable("it is not a key file"))?;
        if file.version != 1 {
            return Err(unusable("it was written by a newer program"));
        }
        let secret =
            |text: &str| secret(text).ok_or_else(|| unusable("a key does not have 64 hexadecimal digits"));
        Ok(Self {
            signing: SigningKey::from_bytes(&*secret(&file.signing_seed)?),
            sealing: SealingSecret::from_bytes(secret(&file.sealing_secret)?),
            database: secret(&file.database_key)?,
        })
    }

    /// Writes the file, mode 0600.
    pub fn write(&self, path: &Path) -> Result<()> {
        let seed = Zeroizing::new(self.signing.to_bytes());
        let file = KeysFile {
            version: 1,
            signing_seed: hex::encode(seed.as_slice()),
            sealing_secret: hex::encode(self.sealing.expose()),
            database_key: hex::encode(self.database.as_slice()),
        };
        let text = toml::to_string(&file).map_err(|_| GatekeeperError::Damaged("keys"))?;
        home::write_private(path, Zeroizing::new(text).as_bytes())
    }

    /// Signs transactions, requests and answers.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// Public half of the signing key.
    pub fn public(&self) -> PublicKey {
        PublicKey::of(&self.signing)
    }

    /// Opens viewing keys that patients hand over.
    pub fn sealing(&self) -> &SealingSecret {
        &self.sealing
    }

    /// Public half of the sealing key.
    pub fn sealing_public(&self) -> Result<SealingKey, HandoverError> {
        self.sealing.public()
    }

    /// Raw key of the database.
    pub fn database(&self) -> &[u8; SECRET_BYTES] {
        &self.database
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

fn secret(text: &str) -> Option<Zeroizing<[u8; SECRET_BYTES]>> {
    let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
    hex::decode_to_slice(text, bytes.as_mut()).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::os_random;

    #[test]
    fn keys_are_read_as_they_were_written_and_show_nothing_of_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let keys = Keys::generate(&mut os_random());
        keys.write(&path).unwrap();
        let again = Keys::read(&path).unwrap();
        assert_eq!(again.public(), keys.public());
        assert_eq!(again.sealing_public().unwrap(), keys.sealing_public().unwrap());
        assert_eq!(again.database(), keys.database());
        assert_eq!(format!("{again:?}"), "Keys(…)");
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        Keys::generate(&mut os_random()).write(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Keys::read(&path), Err(GatekeeperError::KeysExposed(_))));
    }

    #[test]
    fn a_damaged_key_file_is_refused_without_showing_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        Keys::generate(&mut os_random()).write(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for (from, to) in
            [("signing_seed = \"", "signing_seed = \"zz"), ("version = 1", "version = 2"), ("= \"", "= ")]
        {
            fs::write(&path, text.replace(from, to)).unwrap();
            let error = Keys::read(&path).unwrap_err().to_string();
            let secrets = text.split('"').filter(|part| part.len() == 64);
            assert!(secrets.into_iter().all(|secret| !error.contains(&secret[8..24])), "{error}");
        }
    }
}

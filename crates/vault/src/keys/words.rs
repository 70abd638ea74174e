//! Recovery words: BIP-39 with 256 bits of entropy, English list.
//!
//! Only the 32 bytes of entropy are kept; the words are computed when a person asks to see them.

use std::fmt;

use bip39::{Language, Mnemonic};
use rand_core::TryCryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::error::VaultError;
use crate::random::random_secret;

/// Words in a set: 256 bits of entropy and 8 of checksum, 11 in each word (BIP-39).
pub const WORD_COUNT: usize = 24;
/// Bytes of entropy behind the words.
pub const ENTROPY_LEN: usize = 32;
/// Bytes of a BIP-39 seed.
pub(crate) const SEED_LEN: usize = 64;

/// Letters of the longest word in the English list.
pub(crate) const MAX_WORD_LEN: usize = 8;

/// The words that recovery words are of: BIP-39, English, in alphabetical order. Eleven bits name one.
pub fn recovery_word_list() -> &'static [&'static str; 2048] {
    Language::English.word_list()
}

/// 24 recovery words. `Debug` prints nothing of them.
#[derive(Clone)]
pub struct RecoveryWords {
    entropy: Zeroizing<[u8; ENTROPY_LEN]>,
}

impl RecoveryWords {
    /// New words from 32 random bytes.
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, VaultError> {
        Ok(Self { entropy: random_secret(rng)? })
    }

    /// The words of known entropy.
    pub fn from_entropy(entropy: [u8; ENTROPY_LEN]) -> Self {
        Self { entropy: Zeroizing::new(entropy) }
    }

    /// Reads what a person typed: any case, any white space between words (KEY-3).
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let found = text.split_whitespace().count();
        if found != WORD_COUNT {
            return Err(VaultError::WordCount { found });
        }
        let mut normal = Zeroizing::new(String::with_capacity(WORD_COUNT * (MAX_WORD_LEN + 1)));
        for (index, word) in text.split_whitespace().enumerate() {
            if word.len() > MAX_WORD_LEN || !word.bytes().all(|b| b.is_ascii_alphabetic()) {
                return Err(VaultError::UnknownWord { position: index + 1 });
            }
            normal.push_str(word);
            normal.push(' ');
        }
        normal.make_ascii_lowercase();
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &normal).map_err(|e| match e {
            bip39::Error::UnknownWord(index) => VaultError::UnknownWord { position: index + 1 },
            bip39::Error::BadWordCount(found) => VaultError::WordCount { found },
            _ => VaultError::WordsChecksum,
        })?;
        let (mut bytes, _) = mnemonic.to_entropy_array();
        let mut entropy = Zeroizing::new([0u8; ENTROPY_LEN]);
        entropy.copy_from_slice(&bytes[..ENTROPY_LEN]);
        bytes.zeroize();
        Ok(Self { entropy })
    }

    /// The words in order, for showing them to their owner.
    pub fn words(&self) -> [&'static str; WORD_COUNT] {
        let mut words = [""; WORD_COUNT];
        for (place, word) in words.iter_mut().zip(self.mnemonic().words()) {
            *place = word;
        }
        words
    }

    /// The 32 bytes behind the words.
    pub(crate) fn entropy(&self) -> &[u8; ENTROPY_LEN] {
        &self.entropy
    }

    /// The BIP-39 seed without a BIP-39 passphrase (KEY-2).
    pub(crate) fn seed(&self) -> Zeroizing<[u8; SEED_LEN]> {
        self.seed_with("")
    }

    fn seed_with(&self, bip39_passphrase: &str) -> Zeroizing<[u8; SEED_LEN]> {
        Zeroizing::new(self.mnemonic().to_seed_normalized(bip39_passphrase))
    }

    #[allow(clippy::expect_used, reason = "BIP-39 defines words for every 32-byte entropy")]
    fn mnemonic(&self) -> Mnemonic {
        Mnemonic::from_entropy_in(Language::English, self.entropy.as_slice())
            .expect("32 bytes are a BIP-39 entropy length")
    }
}

impl fmt::Debug for RecoveryWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryWords(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct File {
        seed_passphrase: String,
        accepted: Vec<Accepted>,
        refused: Vec<Refused>,
    }

    #[derive(Deserialize)]
    struct Accepted {
        entropy: String,
        words: String,
        seed: String,
    }

    #[derive(Deserialize)]
    struct Refused {
        about: String,
        words: String,
        error: String,
    }

    fn vectors() -> File {
        serde_json::from_str(include_str!("../../../../tests/vectors/bip39.json")).unwrap()
    }

    #[test]
    fn official_vectors_give_the_same_words_and_seeds() {
        let file = vectors();
        assert!(file.accepted.len() >= 8);
        for case in file.accepted {
            let entropy: [u8; ENTROPY_LEN] = hex::decode(&case.entropy).unwrap().try_into().unwrap();
            let words = RecoveryWords::from_entropy(entropy);
            assert_eq!(words.words().join(" "), case.words);
            assert_eq!(hex::encode(words.seed_with(&file.seed_passphrase)), case.seed);
            assert_eq!(RecoveryWords::parse(&case.words).unwrap().entropy(), &entropy);
        }
    }

    #[test]
    fn hostile_words_are_refused_each_with_its_own_error() {
        for case in vectors().refused {
            let error = RecoveryWords::parse(&case.words).expect_err(&case.about);
            let name = match error {
                VaultError::WordCount { found } => format!("word_count:{found}"),
                VaultError::UnknownWord { position } => format!("unknown_word:{position}"),
                VaultError::WordsChecksum => "words_checksum".to_owned(),
                other => panic!("{}: {other:?}", case.about),
            };
            assert_eq!(name, case.error, "{}", case.about);
        }
    }

    #[test]
    fn case_and_white_space_do_not_matter() {
        let words = RecoveryWords::from_entropy([7; ENTROPY_LEN]);
        let text = words.words().join(" \r\n\t\u{00a0}").to_uppercase();
        assert_eq!(RecoveryWords::parse(&format!("  {text}\n")).unwrap().entropy(), words.entropy());
    }

    #[test]
    fn debug_and_errors_show_no_word() {
        let words = RecoveryWords::from_entropy([0; ENTROPY_LEN]);
        assert_eq!(format!("{words:?}"), "RecoveryWords(..)");
        let mut typed: Vec<&str> = words.words().to_vec();
        typed[4] = "secretly";
        let error = RecoveryWords::parse(&typed.join(" ")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secretly"));
        assert!(error.to_string().starts_with("Word 5 is not a recovery word."), "{error}");
    }

    #[test]
    fn the_list_is_the_one_that_words_are_of() {
        let list = recovery_word_list();
        assert!(list.is_sorted() && list.iter().all(|word| word.len() <= MAX_WORD_LEN));
        let words = RecoveryWords::from_entropy([0x5a; ENTROPY_LEN]);
        assert!(words.words().iter().all(|word| list.contains(word)));
    }

    proptest::proptest! {
        #[test]
        fn every_entropy_survives_the_round_trip_through_words(entropy: [u8; ENTROPY_LEN]) {
            let words = RecoveryWords::from_entropy(entropy);
            proptest::prop_assert_eq!(*RecoveryWords::parse(&words.words().join(" ")).unwrap().entropy(), entropy);
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC{0,400}") {
            let _ = RecoveryWords::parse(&text);
        }
    }
}

//! The passphrase: normalised, bounded, wiped when dropped; and an estimate of how long it would stand.

use std::fmt;

use rand_core::TryCryptoRng;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use crate::{
    error::VaultError,
    keys::{MAX_WORD_LEN, recovery_word_list},
    random::random_secret,
};

/// Shortest passphrase in bytes after normalisation (VAULT-9).
pub const MIN_PASSPHRASE_LEN: usize = 8;
/// Longest passphrase in bytes after normalisation (VAULT-9).
pub const MAX_PASSPHRASE_LEN: usize = 1024;

/// Words of a suggested passphrase.
const SUGGESTED_WORDS: usize = 5;

/// Bytes of the longest UTF-8 character.
const MAX_CHAR_LEN: usize = 4;

/// Guesses a second of an attacker who has the file and hardware for it. Argon2id with 128 MiB is slower
/// still, so the estimate errs on the safe side.
const GUESSES_PER_SECOND: u64 = 10_000;

/// What a person types to open a vault, in Unicode NFKC. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Normalises what was typed, so that keyboards that compose characters differently agree.
    ///
    /// White space is kept: a caller that reads from a file removes the line end first.
    pub fn new(typed: &str) -> Result<Self, VaultError> {
        // Full capacity from the start: a string that grows leaves copies of itself in memory.
        let mut normal = Zeroizing::new(String::with_capacity(MAX_PASSPHRASE_LEN + MAX_CHAR_LEN));
        for c in typed.nfkc() {
            normal.push(c);
            if normal.len() > MAX_PASSPHRASE_LEN {
                return Err(VaultError::PassphraseTooLong { maximum: MAX_PASSPHRASE_LEN });
            }
        }
        if normal.len() < MIN_PASSPHRASE_LEN {
            return Err(VaultError::PassphraseTooShort { found: normal.len(), minimum: MIN_PASSPHRASE_LEN });
        }
        Ok(Self(normal))
    }

    /// A passphrase to suggest: five words of the BIP-39 English list, each drawn by itself, with spaces between. 11 bits in
    /// each word make 55 bits: more than fifty thousand years on average, at the 10,000 guesses a second of [`PassphraseStrength`].
    pub fn suggest<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Zeroizing<String>, VaultError> {
        let list = recovery_word_list();
        let bytes = random_secret::<{ 2 * SUGGESTED_WORDS }, R>(rng)?;
        let mut text = Zeroizing::new(String::with_capacity(SUGGESTED_WORDS * (MAX_WORD_LEN + 1)));
        for pair in bytes.chunks_exact(2) {
            if !text.is_empty() {
                text.push(' ');
            }
            // 2,048 divides 65,536, so each word is as likely.
            text.push_str(list[(usize::from(pair[0]) << 8 | usize::from(pair[1])) % list.len()]);
        }
        Ok(text)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// How hard it is to guess. `known` are words an attacker would try first, such as the owner's name.
    pub fn strength(&self, known: &[&str]) -> PassphraseStrength {
        let estimate = zxcvbn(&self.0, known);
        let level = match estimate.score() {
            Score::Zero => StrengthLevel::VeryWeak,
            Score::One => StrengthLevel::Weak,
            Score::Two => StrengthLevel::Fair,
            Score::Three => StrengthLevel::Strong,
            _ => StrengthLevel::VeryStrong,
        };
        PassphraseStrength { level, seconds_to_guess: estimate.guesses() / GUESSES_PER_SECOND }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Five steps from guessable at once to out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StrengthLevel {
    /// Up to 10^3 guesses.
    VeryWeak,
    /// Up to 10^6 guesses.
    Weak,
    /// Up to 10^8 guesses.
    Fair,
    /// Up to 10^10 guesses.
    Strong,
    /// More than that.
    VeryStrong,
}

/// An estimate by zxcvbn of the first 100 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassphraseStrength {
    /// The step.
    pub level: StrengthLevel,
    /// Seconds until an attacker with the file and 10,000 guesses a second has it.
    pub seconds_to_guess: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_typing_give_one_passphrase() {
        let composed = Passphrase::new("crème brûlée").unwrap();
        let decomposed = Passphrase::new("cre\u{0300}me bru\u{0302}le\u{0301}e").unwrap();
        let full_width = Passphrase::new("ｐａｓｓｗｏｒｔ").unwrap();
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
        assert_eq!(full_width.as_bytes(), b"passwort");
    }

    #[test]
    fn lengths_are_counted_in_bytes_after_normalisation() {
        assert!(matches!(
            Passphrase::new("1234567"),
            Err(VaultError::PassphraseTooShort { found: 7, minimum: 8 })
        ));
        assert!(Passphrase::new("12345678").is_ok());
        assert!(Passphrase::new(&"x".repeat(1024)).is_ok());
        assert!(matches!(
            Passphrase::new(&"x".repeat(1025)),
            Err(VaultError::PassphraseTooLong { maximum: 1024 })
        ));
        // One character of 3 bytes that NFKC spells out in 33.
        assert!(matches!(Passphrase::new(&"\u{fdfa}".repeat(40)), Err(VaultError::PassphraseTooLong { .. })));
    }

    #[test]
    fn strength_rises_and_knows_the_owner() {
        let weak = Passphrase::new("password1").unwrap().strength(&[]);
        let strong = Passphrase::new("lantern gravel tuba oyster mild").unwrap().strength(&[]);
        assert_eq!(weak.level, StrengthLevel::VeryWeak);
        assert_eq!(strong.level, StrengthLevel::VeryStrong);
        assert!(strong.seconds_to_guess > weak.seconds_to_guess);
        let named = Passphrase::new("Vreneli-Kägi").unwrap();
        assert!(named.strength(&["vreneli", "kägi"]).seconds_to_guess < named.strength(&[]).seconds_to_guess);
    }

    #[test]
    fn a_suggested_passphrase_is_five_words_of_the_list_and_out_of_reach() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let text = Passphrase::suggest(&mut getrandom::SysRng).unwrap();
            let words: Vec<_> = text.split(' ').collect();
            assert_eq!(words.len(), 5);
            assert!(words.iter().all(|word| recovery_word_list().contains(word)));
            assert!(Passphrase::new(&text).unwrap().strength(&[]).level >= StrengthLevel::Strong);
            seen.insert(text.to_string());
        }
        assert_eq!(seen.len(), 100);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Passphrase::new("open sesame").unwrap()), "Passphrase(..)");
    }
}

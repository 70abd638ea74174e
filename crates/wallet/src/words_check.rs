//! A check that recovery words were written down, without typing: three places, four words to choose from at each.
//! (WCAG 2.2, success criterion 3.3.8: nobody has to transcribe)
//!
//! Invariant: the right word is among the choices once, every choice is of the BIP-39 list, and no two are the same.

use medrec_vault::{RecoveryWords, recovery_word_list};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{random::os_random, view::WordsQuestion};

/// Places that are asked about.
const ASKED: usize = 3;
/// Words to choose from.
const CHOICES: usize = 4;
/// Words in a set.
const WORDS: u8 = 24;
/// Eleven bits name a word of the list.
const WORD_MASK: u16 = 0x7ff;

/// Questions about recovery words, and what answers them. Wiped from memory when dropped; `Debug` prints nothing of it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct WordsCheck {
    asked: [Asked; ASKED],
}

/// One question. Words are places in the list.
#[derive(Clone, Copy, Default, Zeroize)]
struct Asked {
    position: u8,
    right: u16,
    choices: [u16; CHOICES],
}

impl WordsCheck {
    /// Questions about these words, with the operating system's randomness.
    pub fn new(words: &RecoveryWords) -> Self {
        Self::with_random(words, &mut os_random())
    }

    /// Questions about these words, with randomness that is given.
    pub fn with_random(words: &RecoveryWords, rng: &mut impl CryptoRng) -> Self {
        let mut check = Self { asked: [Asked::default(); ASKED] };
        let mut positions = [0; ASKED];
        for index in 0..ASKED {
            positions[index] = fresh(&positions[..index], || below(WORDS, rng) + 1);
        }
        // In the order of the paper.
        positions.sort_unstable();
        let words = words.words();
        for (asked, position) in check.asked.iter_mut().zip(positions) {
            asked.position = position;
            asked.right = place_of(words[usize::from(position) - 1]);
            asked.choices[0] = asked.right;
            for index in 1..CHOICES {
                asked.choices[index] = fresh(&asked.choices[..index], || word(rng));
            }
            shuffle(&mut asked.choices, rng);
        }
        check
    }

    /// The questions, in the order in which they are to be answered.
    pub fn questions(&self) -> Vec<WordsQuestion> {
        let question = |asked: &Asked| WordsQuestion {
            position: asked.position,
            choices: asked.choices.iter().map(|place| text_of(*place).to_owned()).collect(),
        };
        self.asked.iter().map(question).collect()
    }

    /// Whether these are the right words, one for each question, in the order of the questions.
    pub fn answer(&self, answers: &[String]) -> bool {
        answers.len() == ASKED
            && self.asked.iter().zip(answers).all(|(asked, answer)| text_of(asked.right) == answer)
    }
}

impl std::fmt::Debug for WordsCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WordsCheck(..)")
    }
}

fn text_of(place: u16) -> &'static str {
    recovery_word_list()[usize::from(place & WORD_MASK)]
}

#[allow(clippy::expect_used, reason = "recovery words are computed from this list")]
fn place_of(word: &str) -> u16 {
    let place = recovery_word_list().iter().position(|listed| *listed == word);
    place.and_then(|place| u16::try_from(place).ok()).expect("a recovery word is in the list")
}

/// Draws until something comes that is not there yet.
fn fresh<T: PartialEq>(there: &[T], mut draw: impl FnMut() -> T) -> T {
    loop {
        let drawn = draw();
        if !there.contains(&drawn) {
            return drawn;
        }
    }
}

/// A word of the list. 2,048 divides 65,536, so each is as likely.
fn word(rng: &mut impl CryptoRng) -> u16 {
    let mut bytes = [0; 2];
    rng.fill_bytes(&mut bytes);
    u16::from_le_bytes(bytes) & WORD_MASK
}

/// A number below `limit`, each as likely: what would make some likelier is drawn again.
fn below(limit: u8, rng: &mut impl CryptoRng) -> u8 {
    let even = u8::MAX - u8::MAX % limit;
    loop {
        let mut byte = [0];
        rng.fill_bytes(&mut byte);
        if byte[0] < even {
            return byte[0] % limit;
        }
    }
}

/// Fisher and Yates.
fn shuffle(choices: &mut [u16; CHOICES], rng: &mut impl CryptoRng) {
    for (last, limit) in (1..CHOICES).zip(2..=u8::MAX).rev() {
        choices.swap(last, usize::from(below(limit, rng)));
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, convert::Infallible};

    use rand_core::{TryCryptoRng, TryRng};

    use super::*;

    /// Bytes that are the same each time: a linear congruential generator (Knuth's MMIX numbers).
    struct Fixed(u64);

    impl TryRng for Fixed {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Ok((self.0 >> 32) as u32)
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(self.try_next_u32()?))
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            for byte in bytes {
                *byte = self.try_next_u32()?.to_be_bytes()[0];
            }
            Ok(())
        }
    }
    impl TryCryptoRng for Fixed {}

    fn words() -> RecoveryWords {
        RecoveryWords::from_entropy([7; 32])
    }

    fn right(questions: &[WordsQuestion]) -> Vec<String> {
        let words = words().words();
        questions.iter().map(|asked| words[usize::from(asked.position) - 1].to_owned()).collect()
    }

    #[test]
    fn three_places_are_asked_about_and_each_has_the_right_word_once() {
        let (mut positions, mut places) = (BTreeSet::new(), BTreeSet::new());
        for seed in 0..300 {
            let questions = WordsCheck::with_random(&words(), &mut Fixed(seed)).questions();
            assert_eq!(questions.len(), 3);
            assert!(questions.is_sorted_by(|a, b| a.position < b.position), "different, in order");
            for (asked, right) in questions.iter().zip(right(&questions)) {
                assert!((1..=24).contains(&asked.position));
                let different: BTreeSet<_> = asked.choices.iter().collect();
                assert_eq!((asked.choices.len(), different.len()), (4, 4));
                assert!(asked.choices.iter().all(|word| recovery_word_list().contains(&word.as_str())));
                positions.insert(asked.position);
                places.extend(asked.choices.iter().position(|word| *word == right));
            }
        }
        assert_eq!(
            (positions.len(), places.len()),
            (24, 4),
            "every place is asked about, and stands everywhere"
        );
    }

    #[test]
    fn only_the_right_words_in_order_answer_it() {
        let check = WordsCheck::with_random(&words(), &mut Fixed(1));
        let right = right(&check.questions());
        assert!(check.answer(&right));
        assert!(!check.answer(&right[..2]));
        assert!(!check.answer(&[]));
        assert!(!check.answer(&[right.clone(), vec![right[0].clone()]].concat()));
        for (index, asked) in check.questions().iter().enumerate() {
            let wrong = asked.choices.iter().filter(|word| **word != right[index]);
            for wrong in wrong {
                let mut answers = right.clone();
                answers[index].clone_from(wrong);
                assert!(!check.answer(&answers));
            }
        }
    }

    #[test]
    fn the_same_randomness_asks_the_same_and_the_systems_asks_something_else() {
        let fixed = || WordsCheck::with_random(&words(), &mut Fixed(5)).questions();
        assert_eq!(fixed(), fixed());
        assert_ne!(WordsCheck::new(&words()).questions(), WordsCheck::new(&words()).questions());
    }

    #[test]
    fn debug_shows_no_word() {
        let check = WordsCheck::with_random(&words(), &mut Fixed(5));
        let shown = format!("{check:?} {:?}", check.questions());
        assert!(
            check
                .questions()
                .iter()
                .flat_map(|asked| &asked.choices)
                .all(|word| !shown.contains(word.as_str()))
        );
    }

    #[test]
    fn a_check_is_wiped() {
        let mut check = WordsCheck::with_random(&words(), &mut Fixed(5));
        check.zeroize();
        assert!(
            check
                .asked
                .iter()
                .all(|asked| asked.choices == [0; 4] && asked.right == 0 && asked.position == 0)
        );
    }
}

//! The words after `cargo xtask <command>`: flags and values, and nothing that no command understands.

use anyhow::{Context, Result, bail};

/// The words of one command line that have not been understood yet.
#[derive(Debug)]
pub struct Arguments {
    rest: Vec<String>,
}

impl Arguments {
    /// Takes the words that follow the command.
    pub fn new(rest: Vec<String>) -> Self {
        Self { rest }
    }

    /// Whether the flag `name` (`--like-this`) was given.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.rest.len();
        self.rest.retain(|word| word != name);
        self.rest.len() < before
    }

    /// The value of `name`, written `--name value` or `--name=value`.
    pub fn value(&mut self, name: &str) -> Result<Option<String>> {
        let prefix = format!("{name}=");
        if let Some(at) = self.rest.iter().position(|word| word.starts_with(&prefix)) {
            return Ok(Some(self.rest.remove(at)[prefix.len()..].to_owned()));
        }
        let Some(at) = self.rest.iter().position(|word| word == name) else { return Ok(None) };
        self.rest.remove(at);
        let missing = || format!("{name} needs a value");
        if at == self.rest.len() {
            bail!(missing());
        }
        let value = self.rest.remove(at);
        (!value.starts_with("--")).then_some(value).map(Some).with_context(missing)
    }

    /// Ends the reading: a word that nobody asked for is an error.
    pub fn finish(self) -> Result<()> {
        match self.rest.first() {
            None => Ok(()),
            Some(word) => bail!("'{word}' is not understood here; see cargo xtask help"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    fn arguments(words: &[&str]) -> Arguments {
        Arguments::new(words.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_value_is_read_in_both_spellings() {
        for words in [&["--dir", "here", "--keep"][..], &["--keep", "--dir=here"][..]] {
            let mut given = arguments(words);
            assert_eq!(given.value("--dir").unwrap().as_deref(), Some("here"));
            assert!(given.flag("--keep"));
            given.finish().unwrap();
        }
    }

    #[test]
    fn a_value_left_out_is_an_error_even_before_another_flag() {
        assert!(arguments(&["--dir"]).value("--dir").is_err());
        assert!(arguments(&["--dir", "--keep"]).value("--dir").is_err());
    }

    #[test]
    fn a_word_nobody_asked_for_is_an_error() {
        let mut given = arguments(&["--quick", "--quikc"]);
        assert!(given.flag("--quick"));
        assert!(given.finish().unwrap_err().to_string().contains("--quikc"));
    }
}

//! The bytes that are signed.

/// Builds the signature base of RFC 9421, section 2.5: one line `identifier: value` for each covered
/// component, then the line of the parameters, joined by line feeds, none at the end.
#[derive(Clone, Debug, Default)]
pub struct SignatureBase(String);

impl SignatureBase {
    /// Adds a component: its identifier with quotes and parameters, and its value.
    #[must_use]
    pub fn line(mut self, identifier: &str, value: &str) -> Self {
        self.0.push_str(identifier);
        self.0.push_str(": ");
        self.0.push_str(value);
        self.0.push('\n');
        self
    }

    /// Ends with the parameters as they stand in `Signature-Input` after the label.
    pub fn finish(self, params: &str) -> Vec<u8> {
        let mut base = self.line("\"@signature-params\"", params).0;
        base.pop();
        base.into_bytes()
    }
}

//! Signing and verifying answers. (HTTP-13 … HTTP-18)

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, StatusCode, header::CONTENT_RANGE};
use medrec_protocol::{Address, ProviderAddress, PublicKey, Timestamp};

use super::{
    CONTENT_DIGEST, LABEL, MAX_SKEW_SECONDS, RECORD, RequestBinding, SALT, SIGNATURE, SIGNATURE_INPUT, SIZE,
    SignatureBase, SignatureError, Signer, fields, params::AnswerParams,
};

/// What an answer's signature covers, besides status and request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerShape {
    /// A whole content, through its digest.
    Content,
    /// The whole of a record. Its bytes are covered by the commitment: they stream, and their digest is not
    /// known before they are sent.
    Record,
    /// A record from some byte on.
    PartOfRecord,
}

impl AnswerShape {
    const fn components(self) -> &'static [Component] {
        use Component::{
            ContentDigest, ContentRange, Method, Record, Salt, Signature, Size, Status, TargetUri,
        };
        match self {
            Self::Content => &[Status, ContentDigest, Method, TargetUri, Signature],
            Self::Record => &[Status, Record, Salt, Size, Method, TargetUri, Signature],
            Self::PartOfRecord => &[Status, Record, Salt, Size, ContentRange, Method, TargetUri, Signature],
        }
    }

    fn identifiers(self) -> Vec<&'static str> {
        self.components().iter().map(|component| component.identifier()).collect()
    }
}

/// Something that an answer's signature covers.
#[derive(Clone, Copy)]
enum Component {
    Status,
    ContentDigest,
    Record,
    Salt,
    Size,
    ContentRange,
    /// Of the request.
    Method,
    /// Of the request.
    TargetUri,
    /// Of the request.
    Signature,
}

impl Component {
    /// RFC 9421, section 2: name and parameters.
    const fn identifier(self) -> &'static str {
        match self {
            Self::Status => "\"@status\"",
            Self::ContentDigest => "\"content-digest\"",
            Self::Record => "\"medrec-record\"",
            Self::Salt => "\"medrec-salt\"",
            Self::Size => "\"medrec-size\"",
            Self::ContentRange => "\"content-range\"",
            Self::Method => "\"@method\";req",
            Self::TargetUri => "\"@target-uri\";req",
            Self::Signature => "\"signature\";req;key=\"sig1\"",
        }
    }

    fn value<'v>(self, answer: &Answer<'v>) -> Result<Cow<'v, str>, SignatureError> {
        let field = |name: &HeaderName| fields::single(answer.headers, name).map(Cow::Borrowed);
        match self {
            Self::Status => Ok(Cow::Owned(answer.status.as_str().to_owned())),
            Self::ContentDigest => field(&CONTENT_DIGEST),
            Self::Record => field(&RECORD),
            Self::Salt => field(&SALT),
            Self::Size => field(&SIZE),
            Self::ContentRange => field(&CONTENT_RANGE),
            Self::Method => Ok(Cow::Borrowed(answer.binding.method.as_str())),
            Self::TargetUri => Ok(Cow::Borrowed(&answer.binding.uri)),
            Self::Signature => Ok(Cow::Owned(fields::signature_item(&answer.binding.signature))),
        }
    }
}

/// What is signed of an answer.
#[derive(Clone, Copy)]
struct Answer<'a> {
    status: StatusCode,
    headers: &'a HeaderMap,
    shape: AnswerShape,
    binding: &'a RequestBinding,
}

impl Answer<'_> {
    fn base(&self, params: &str) -> Result<Vec<u8>, SignatureError> {
        let mut base = SignatureBase::default();
        for component in self.shape.components() {
            base = base.line(component.identifier(), &component.value(self)?);
        }
        Ok(base.finish(params))
    }
}

/// Signs an answer whose covered header fields are already in `headers`; adds `signature-input` and
/// `signature`. The signer must be a provider.
pub fn sign_answer(
    signer: &Signer,
    status: StatusCode,
    headers: &mut HeaderMap,
    shape: AnswerShape,
    binding: &RequestBinding,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let Address::Provider(keyid) = signer.address() else { return Err(SignatureError::OtherSigner) };
    let params = AnswerParams { created: now, keyid }.write(&shape.identifiers());
    let signature = signer.sign(&Answer { status, headers, shape, binding }.base(&params)?);
    fields::set(headers, SIGNATURE_INPUT, &format!("{LABEL}={params}"))?;
    fields::set(headers, SIGNATURE, &fields::signature_header(&signature))
}

/// Verifies an answer to one request. Whoever calls checks the content against `content-digest`, or the
/// record against its commitment.
pub fn verify_answer(
    provider: (ProviderAddress, &PublicKey),
    status: StatusCode,
    headers: &HeaderMap,
    shape: AnswerShape,
    binding: &RequestBinding,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let (text, list) = fields::signature_input(headers)?;
    let params = AnswerParams::read(text, &list, &shape.identifiers())?;
    if params.keyid != provider.0 {
        return Err(SignatureError::OtherSigner);
    }
    is_timely(&params, binding, now)?;
    let signature = fields::signature(headers)?;
    let base = Answer { status, headers, shape, binding }.base(text)?;
    provider.1.verify_raw(&base, &signature).map_err(|_| SignatureError::Mismatch)
}

fn is_timely(params: &AnswerParams, binding: &RequestBinding, now: Timestamp) -> Result<(), SignatureError> {
    let created = params.created;
    if created > now.plus(MAX_SKEW_SECONDS) {
        return Err(SignatureError::NotYetValid { created, now });
    }
    if created.plus(MAX_SKEW_SECONDS) < binding.created {
        return Err(SignatureError::Expired { expires: created, now: binding.created });
    }
    Ok(())
}

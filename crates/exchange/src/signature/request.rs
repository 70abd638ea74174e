//! Signing and verifying requests. (HTTP-1 … HTTP-12)

use http::{HeaderMap, Method};
use medrec_protocol::{Address, PublicKey, Signature, Timestamp};

use super::{
    CONTENT_DIGEST, ContentDigest, LABEL, MAX_SKEW_SECONDS, MAX_TARGET_BYTES, MAX_VALIDITY_SECONDS, PERSON,
    RequestNonce, SIGNATURE, SIGNATURE_INPUT, SignatureBase, SignatureError, Signer, fields,
    params::RequestParams,
};
use crate::{Endpoint, Person};

/// What a request's signature covers, in this order.
const COMPONENTS: [&str; 5] =
    ["\"@method\"", "\"@target-uri\"", "\"@authority\"", "\"content-digest\"", "\"medrec-person\""];

/// Method and target of a request at one gatekeeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestTarget {
    method: Method,
    endpoint: Endpoint,
    path_and_query: String,
}

impl RequestTarget {
    /// `endpoint` is where the request is sent; the receiver takes its own, never what the request says.
    pub fn new(
        method: Method,
        endpoint: Endpoint,
        path_and_query: impl Into<String>,
    ) -> Result<Self, SignatureError> {
        let path_and_query = path_and_query.into();
        let visible = path_and_query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if !path_and_query.starts_with('/') || !visible || path_and_query.len() > MAX_TARGET_BYTES {
            return Err(SignatureError::Target);
        }
        Ok(Self { method, endpoint, path_and_query })
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Path and query.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// The absolute URI.
    pub fn uri(&self) -> String {
        self.endpoint.uri(&self.path_and_query)
    }

    fn base(&self, params: &str, digest: ContentDigest, person: &Person) -> Vec<u8> {
        let [method, target, authority, content_digest, medrec_person] = COMPONENTS;
        SignatureBase::default()
            .line(method, self.method.as_str())
            .line(target, &self.uri())
            .line(authority, self.endpoint.authority())
            .line(content_digest, &digest.header())
            .line(medrec_person, &person.header())
            .finish(params)
    }
}

/// What an answer is bound to: the request's method, target and signature, and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestBinding {
    pub(super) method: Method,
    pub(super) uri: String,
    pub(super) signature: Signature,
    pub(super) created: Timestamp,
}

impl RequestBinding {
    /// The binding of a request that was made at `created`.
    pub fn new(target: &RequestTarget, signature: Signature, created: Timestamp) -> Self {
        Self { method: target.method.clone(), uri: target.uri(), signature, created }
    }
}

/// A request's header fields with its signature, and what the answer must be bound to.
#[derive(Clone, Debug)]
pub struct SignedRequest {
    /// `content-digest`, `medrec-person`, `signature-input`, `signature`.
    pub headers: HeaderMap,
    /// What the answer must be bound to.
    pub binding: RequestBinding,
}

/// Signs a request that is made now and expires after [`MAX_VALIDITY_SECONDS`].
pub fn sign_request(
    signer: &Signer,
    target: &RequestTarget,
    content: &[u8],
    person: &Person,
    nonce: RequestNonce,
    now: Timestamp,
) -> Result<SignedRequest, SignatureError> {
    let expires = now.plus(MAX_VALIDITY_SECONDS);
    let params = RequestParams { created: now, expires, nonce, keyid: signer.address() }.write(&COMPONENTS);
    let digest = ContentDigest::of(content);
    let signature = signer.sign(&target.base(&params, digest, person));
    let mut headers = HeaderMap::new();
    fields::set(&mut headers, CONTENT_DIGEST, &digest.header())?;
    fields::set(&mut headers, PERSON, &person.header())?;
    fields::set(&mut headers, SIGNATURE_INPUT, &format!("{LABEL}={params}"))?;
    fields::set(&mut headers, SIGNATURE, &fields::signature_header(&signature))?;
    let binding = RequestBinding::new(target, signature, now);
    Ok(SignedRequest { headers, binding })
}

/// A request of the right form. Who made it is only claimed.
#[derive(Clone, Debug)]
pub struct UnverifiedRequest {
    target: RequestTarget,
    params: RequestParams,
    digest: ContentDigest,
    person: Person,
    signature: Signature,
}

impl UnverifiedRequest {
    /// Reads the header fields. `target` is made from the receiver's own endpoint.
    pub fn parse(target: RequestTarget, headers: &HeaderMap) -> Result<Self, SignatureError> {
        let (text, list) = fields::signature_input(headers)?;
        let params = RequestParams::read(text, &list, &COMPONENTS)?;
        let signature = fields::signature(headers)?;
        let digest = ContentDigest::parse(fields::single(headers, &CONTENT_DIGEST)?)
            .ok_or(SignatureError::MalformedField { field: "content-digest" })?;
        fields::single(headers, &PERSON)?;
        let person = headers.get(PERSON).and_then(Person::from_header);
        let person = person.ok_or(SignatureError::MalformedField { field: "medrec-person" })?;
        Ok(Self { target, params, digest, person, signature })
    }

    /// The account whose key must have signed.
    pub fn claimed_signer(&self) -> Address {
        self.params.keyid
    }

    /// What an answer to this request is bound to, a refusal too.
    pub fn binding(&self) -> RequestBinding {
        RequestBinding::new(&self.target, self.signature, self.params.created)
    }

    /// What can be checked before the signer's key is looked up: times and content.
    pub fn check(&self, content: &[u8], now: Timestamp) -> Result<(), SignatureError> {
        is_short_lived(&self.params)?;
        is_timely(&self.params, now)?;
        if ContentDigest::of(content) == self.digest { Ok(()) } else { Err(SignatureError::Digest) }
    }

    /// Checks everything. What is left to do is to remember the nonce.
    pub fn verify(
        self,
        key: &PublicKey,
        content: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedRequest, SignatureError> {
        self.check(content, now)?;
        let base = self.target.base(&self.params.write(&COMPONENTS), self.digest, &self.person);
        key.verify_raw(&base, &self.signature).map_err(|_| SignatureError::Mismatch)?;
        Ok(VerifiedRequest {
            binding: self.binding(),
            signer: self.params.keyid,
            person: self.person,
            nonce: self.params.nonce,
            remember_until: self.params.expires.plus(MAX_SKEW_SECONDS),
        })
    }
}

/// A request whose signature holds. It may still be a repetition: see [`super::NonceStore`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRequest {
    /// The account that asks.
    pub signer: Address,
    /// Who looks, as the account states.
    pub person: Person,
    /// The request's nonce.
    pub nonce: RequestNonce,
    /// Last second in which a repetition would pass all other checks.
    pub remember_until: Timestamp,
    /// What the answer is bound to.
    pub binding: RequestBinding,
}

fn is_short_lived(params: &RequestParams) -> Result<(), SignatureError> {
    let seconds = params.expires.seconds().saturating_sub(params.created.seconds());
    if (1..=MAX_VALIDITY_SECONDS).contains(&seconds) {
        Ok(())
    } else {
        Err(SignatureError::Validity { seconds })
    }
}

fn is_timely(params: &RequestParams, now: Timestamp) -> Result<(), SignatureError> {
    if params.created > now.plus(MAX_SKEW_SECONDS) {
        return Err(SignatureError::NotYetValid { created: params.created, now });
    }
    if now > params.expires.plus(MAX_SKEW_SECONDS) {
        return Err(SignatureError::Expired { expires: params.expires, now });
    }
    Ok(())
}

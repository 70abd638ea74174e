//! One signed request and its verified answer.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use http::{HeaderMap, Method, StatusCode, header::RANGE};
use medrec_protocol::{ProviderAddress, PublicKey, state::Provider};
use reqwest::{Client, Response, redirect};

use super::{Asker, ExchangeError, now};
use crate::{
    Endpoint, SignatureError,
    api::{ErrorAnswer, ErrorCode, MAX_ANSWER_BYTES, MessageError, RecordHeader, RecordRange, Route},
    signature::{
        AnswerShape, CONTENT_DIGEST, ContentDigest, RequestBinding, RequestNonce, RequestTarget,
        sign_request, verify_answer,
    },
};

/// How long a gatekeeper may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// For a whole answer, records apart.
    pub message: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            message: Duration::from_mins(1),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Transport {
    http: Client,
    endpoint: Endpoint,
    provider: ProviderAddress,
    key: PublicKey,
    message_timeout: Duration,
}

impl Transport {
    pub fn new(provider: &Provider, timeouts: Timeouts) -> Result<Self, ExchangeError> {
        let endpoint: Endpoint = provider.endpoint.as_str().parse()?;
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.idle)
            .https_only(endpoint.is_encrypted())
            .referer(false)
            .user_agent(concat!("medrec/", env!("CARGO_PKG_VERSION")));
        if endpoint.is_loopback() {
            // Port 0 stands for the port of the URL.
            let here =
                [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
            builder = builder.no_proxy().resolve_to_addrs("localhost", &here);
        }
        let http = builder.build().map_err(ExchangeError::Setup)?;
        let (provider, key) = (provider.address(), provider.signing_key);
        Ok(Self { http, endpoint, provider, key, message_timeout: timeouts.message })
    }

    /// Asks for a message of the API.
    pub async fn content(
        &self,
        asker: &Asker,
        method: Method,
        route: &Route,
        content: Vec<u8>,
    ) -> Result<Vec<u8>, ExchangeError> {
        let exchange = async {
            let (answer, binding) = self.send(asker, method, route, content, None).await?;
            let expected = if *route == Route::Deliver { StatusCode::ACCEPTED } else { StatusCode::OK };
            if answer.status() == expected {
                self.verified_content(answer, &binding).await
            } else {
                Err(self.refusal(answer, &binding).await)
            }
        };
        let timeout = tokio::time::timeout(self.message_timeout, exchange).await;
        timeout.unwrap_or(Err(ExchangeError::TimedOut))
    }

    /// Asks for a record; the answer's header is verified, its content is not.
    pub async fn record(
        &self,
        asker: &Asker,
        method: Method,
        route: &Route,
        range: Option<RecordRange>,
    ) -> Result<(RecordHeader, Response), ExchangeError> {
        let head = method == Method::HEAD;
        let (answer, binding) = self.send(asker, method, route, Vec::new(), range).await?;
        let shape = match (answer.status(), range) {
            (StatusCode::OK, None) => AnswerShape::Record,
            (StatusCode::PARTIAL_CONTENT, Some(_)) => AnswerShape::PartOfRecord,
            _ if head => return Err(self.refusal_without_content(&answer, &binding)),
            _ => return Err(self.refusal(answer, &binding).await),
        };
        self.verify(answer.status(), answer.headers(), shape, &binding)?;
        let header = RecordHeader::read(answer.headers())?;
        if range.is_some_and(|range| !range.is_answered_by(answer.headers(), header.size)) {
            return Err(MessageError::Rule("this is another part of the record than was asked for").into());
        }
        Ok((header, answer))
    }

    async fn send(
        &self,
        asker: &Asker,
        method: Method,
        route: &Route,
        content: Vec<u8>,
        range: Option<RecordRange>,
    ) -> Result<(Response, RequestBinding), ExchangeError> {
        let target = RequestTarget::new(method.clone(), self.endpoint.clone(), route.to_string())?;
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(ExchangeError::Randomness)?;
        let nonce = RequestNonce::from_bytes(nonce);
        let signed = sign_request(&asker.signer, &target, &content, &asker.person, nonce, now())?;
        let mut request = self.http.request(method, target.uri()).headers(signed.headers);
        if let Some(range) = range {
            request = request.header(RANGE, range.header());
        }
        if !content.is_empty() {
            request = request.header(http::header::CONTENT_TYPE, "application/json").body(content);
        }
        let answer = request.send().await.map_err(unreachable)?;
        if answer.status().is_redirection() {
            return Err(ExchangeError::Redirected(answer.status()));
        }
        Ok((answer, signed.binding))
    }

    fn verify(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        shape: AnswerShape,
        binding: &RequestBinding,
    ) -> Result<(), ExchangeError> {
        let verified = verify_answer((self.provider, &self.key), status, headers, shape, binding, now());
        verified.map_err(|error| match error {
            // Proxies and overloaded servers speak without a signature.
            SignatureError::MissingField { .. } if is_overload(status) => ExchangeError::Busy(status),
            error => ExchangeError::Untrusted(error),
        })
    }

    async fn verified_content(
        &self,
        answer: Response,
        binding: &RequestBinding,
    ) -> Result<Vec<u8>, ExchangeError> {
        self.verify(answer.status(), answer.headers(), AnswerShape::Content, binding)?;
        let digest = answer.headers().get(CONTENT_DIGEST).and_then(|value| value.to_str().ok());
        let digest = digest.and_then(ContentDigest::parse);
        let content = bounded(answer).await?;
        if digest == Some(ContentDigest::of(&content)) {
            Ok(content)
        } else {
            Err(SignatureError::Digest.into())
        }
    }

    /// What a status other than the expected one means.
    async fn refusal(&self, answer: Response, binding: &RequestBinding) -> ExchangeError {
        let status = answer.status();
        let content = match self.verified_content(answer, binding).await {
            Ok(content) => content,
            Err(error) => return error,
        };
        match ErrorAnswer::decode(&content) {
            Ok(refusal) if refusal.code.status() == status => ExchangeError::Refused(refusal),
            Ok(_) => MessageError::Rule("the refusal contradicts its status").into(),
            Err(error) => error.into(),
        }
    }

    /// The same for an answer to `HEAD`, which has no content to be compared with its digest.
    fn refusal_without_content(&self, answer: &Response, binding: &RequestBinding) -> ExchangeError {
        let status = answer.status();
        if let Err(error) = self.verify(status, answer.headers(), AnswerShape::Content, binding) {
            return error;
        }
        match ErrorCode::ALL.iter().find(|code| code.status() == status) {
            Some(code) => ExchangeError::Refused(ErrorAnswer::new(*code)),
            None => MessageError::Rule("the status is not one of this API").into(),
        }
    }
}

async fn bounded(mut answer: Response) -> Result<Vec<u8>, ExchangeError> {
    let mut content = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(unreachable)? {
        if content.len() + piece.len() > MAX_ANSWER_BYTES {
            return Err(MessageError::TooLong { limit: MAX_ANSWER_BYTES }.into());
        }
        content.extend_from_slice(&piece);
    }
    Ok(content)
}

fn is_overload(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Addresses of relationships are kept out of errors, and so out of logs.
pub(super) fn unreachable(error: reqwest::Error) -> ExchangeError {
    ExchangeError::Unreachable(error.without_url())
}

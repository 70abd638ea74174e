//! The server: one handler behind bounds. Routes, signatures and answers are medrec-exchange's; decisions are
//! [`crate::release`]'s and [`crate::enrolment`]'s. What is refused is told in the closed list of codes only.

mod doors;
mod limits;
mod stream;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    response::Response,
    serve::{ListenerExt as _, TapIo},
};
use medrec_exchange::{
    api::{ErrorAnswer, ErrorCode, MAX_REQUEST_BYTES},
    server::{
        Admission, Admitted, AnswerDesk, AnswerError, Asked, Cause, NotAdmitted, RecordPart, RecordRequest,
    },
    signature::RequestBinding,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use crate::{
    enrolment::NotEnrolled,
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    people::NotDeclared,
    release::{Release, Withheld},
};
use doors::{KeysOnLedger, StoredNonces};
use limits::Limits;

/// How long an answer may take to begin.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Seconds after which an asker that was too fast may try again.
const RETRY_SECONDS: u32 = 5;

/// The running server's state.
struct Desk {
    gatekeeper: Arc<Gatekeeper>,
    answers: AnswerDesk,
    keys: KeysOnLedger,
    nonces: StoredNonces,
    limits: Limits,
}

/// Serves until `stop`.
pub async fn serve(
    gatekeeper: Arc<Gatekeeper>,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<()> {
    let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
    let service = router(gatekeeper).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(undelayed(listener), service)
        .with_graceful_shutdown(async move { stop.cancelled().await });
    serving.await.map_err(|source| GatekeeperError::Serve { address, source })
}

/// Has each connection send what is written at once. An answer's head and its content are two writes; without this,
/// the content can wait until the other side has acknowledged the head, and that side takes its time (40 ms on Linux).
fn undelayed(listener: TcpListener) -> TapIo<TcpListener, fn(&mut TcpStream)> {
    fn send_at_once(connection: &mut TcpStream) {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection may be slow");
        }
    }
    listener.tap_io(send_at_once)
}

/// The handler behind its bounds.
pub fn router(gatekeeper: Arc<Gatekeeper>) -> Router {
    let desk = Desk {
        answers: AnswerDesk::new(gatekeeper.signer()),
        keys: KeysOnLedger::new(Arc::clone(&gatekeeper)),
        nonces: StoredNonces::new(gatekeeper.store.clone()),
        limits: Limits::default(),
        gatekeeper,
    };
    Router::new()
        .fallback(answer)
        .layer(TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, ANSWER_TIMEOUT))
        .layer(CatchPanicLayer::new())
        .with_state(Arc::new(desk))
}

async fn answer(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    match desk.respond(peer, request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "an answer could not be made");
            let mut response = Response::new(Body::empty());
            *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

impl Desk {
    async fn respond(&self, peer: SocketAddr, request: Request) -> Result<Response, AnswerError> {
        let too_many = ErrorAnswer::new(ErrorCode::TooMany).retry_after(RETRY_SECONDS);
        let Some(_place) = self.limits.admit(peer.ip()) else { return self.refuse(&too_many, None) };
        let (parts, body) = request.into_parts();
        let Ok(content) = to_bytes(body, MAX_REQUEST_BYTES).await else {
            return self.refuse(&ErrorCode::Malformed.into(), None);
        };
        let endpoint = &self.gatekeeper.config.endpoint;
        let admission = Admission { endpoint, keys: &self.keys, nonces: &self.nonces };
        let admitted = match admission.admit(&parts, &content, self.gatekeeper.clock.now()).await {
            Ok(admitted) => admitted,
            Err(NotAdmitted { cause, binding }) => {
                // Not the asker's doing: the ledger cannot be read, or a node lies.
                if matches!(cause, Cause::Keys(_) | Cause::Nonces(_)) {
                    tracing::error!(%cause, "a request could not be answered");
                } else {
                    tracing::info!(%cause, "a request was refused");
                }
                return self.refuse(&cause.code().into(), binding.as_ref());
            }
        };
        if matches!(admitted.asked, Asked::Enrol(_)) && !self.limits.admit_enrolment(peer.ip()) {
            return self.refuse(&too_many, Some(&admitted.binding));
        }
        self.dispatch(&admitted).await
    }

    async fn dispatch(&self, admitted: &Admitted) -> Result<Response, AnswerError> {
        let Admitted { asker, person, asked, binding } = admitted;
        match asked {
            Asked::Enrol(request) => match self.gatekeeper.enrol(request).await {
                Ok(enrolment) => self.message(&enrolment, binding),
                Err(error) => self.not_enrolled(&error, binding),
            },
            Asked::Enrolment(relationship) => match self.gatekeeper.enrolment(*relationship).await {
                Ok(Some(enrolment)) => self.message(&enrolment, binding),
                Ok(None) => self.refuse(&ErrorCode::NotFound.into(), Some(binding)),
                Err(error) => self.fault(&error, binding),
            },
            Asked::Records { relationship, after, emergency } => {
                match self.gatekeeper.list(*asker, *relationship, *after, *emergency).await {
                    Ok(page) => self.message(&page, binding),
                    Err(withheld) => self.withheld(&withheld, binding),
                }
            }
            Asked::ViewingKey(relationship, request) => {
                match self.gatekeeper.hand_over_key(*asker, person, *relationship, request).await {
                    Ok(key) => self.message(&key, binding),
                    Err(withheld) => self.withheld(&withheld, binding),
                }
            }
            Asked::Emergency(relationship, request) => {
                match self.gatekeeper.declare_emergency(*asker, person, *relationship, request).await {
                    Ok(episode) => self.message(&episode, binding),
                    Err(NotDeclared::Withheld(withheld)) => self.withheld(&withheld, binding),
                    Err(NotDeclared::Nobody) => self.refuse(&ErrorCode::Malformed.into(), Some(binding)),
                    Err(NotDeclared::OtherReason) => self.refuse(&ErrorCode::Replayed.into(), Some(binding)),
                }
            }
            Asked::Deliver(notice) => {
                // Whatever becomes of it, the answer is the same.
                if let Err(error) = self.gatekeeper.take_notice(*asker, notice).await {
                    return self.fault(&error, binding);
                }
                Ok(self.answers.noted(binding, self.gatekeeper.clock.now())?.map(Body::from))
            }
            Asked::Record(request) => {
                let Some(place) = self.limits.stream() else {
                    let busy = ErrorAnswer::new(ErrorCode::TooMany).retry_after(RETRY_SECONDS);
                    return self.refuse(&busy, Some(binding));
                };
                match self.gatekeeper.release(*asker, person, request).await {
                    Ok(release) => self.record(release, request, place, binding),
                    Err(withheld) => self.withheld(&withheld, binding),
                }
            }
        }
    }

    fn record(
        &self,
        release: Release,
        request: &RecordRequest,
        place: limits::Place,
        binding: &RequestBinding,
    ) -> Result<Response, AnswerError> {
        let now = self.gatekeeper.clock.now();
        let answer = self.answers.record(&release.header, request.range, binding, now)?;
        let body = match request.part {
            RecordPart::HeaderOnly => Body::empty(),
            RecordPart::Bytes => {
                let from = request.range.map_or(0, |range| range.from);
                stream::body(release.file, from, release.header.size - from, place)
            }
        };
        Ok(answer.map(|()| body))
    }

    fn message<T: serde::Serialize>(
        &self,
        message: &T,
        binding: &RequestBinding,
    ) -> Result<Response, AnswerError> {
        Ok(self.answers.message(message, binding, self.gatekeeper.clock.now())?.map(Body::from))
    }

    fn refuse(
        &self,
        refusal: &ErrorAnswer,
        binding: Option<&RequestBinding>,
    ) -> Result<Response, AnswerError> {
        Ok(self.answers.refusal(refusal, binding, self.gatekeeper.clock.now())?.map(Body::from))
    }

    fn withheld(&self, withheld: &Withheld, binding: &RequestBinding) -> Result<Response, AnswerError> {
        let refusal = match withheld {
            Withheld::NotFound => ErrorCode::NotFound.into(),
            Withheld::BadRange => ErrorCode::BadRange.into(),
            Withheld::NotFresh => ErrorAnswer::new(ErrorCode::NotFresh).retry_after(RETRY_SECONDS),
            Withheld::Unavailable { retry_after } => {
                ErrorAnswer::new(ErrorCode::Unavailable).retry_after(*retry_after)
            }
            Withheld::Fault(error) => return self.fault(error, binding),
        };
        self.refuse(&refusal, Some(binding))
    }

    fn not_enrolled(&self, error: &NotEnrolled, binding: &RequestBinding) -> Result<Response, AnswerError> {
        tracing::info!(%error, "an enrolment was refused");
        self.refuse(&error.code().into(), Some(binding))
    }

    fn fault(&self, error: &GatekeeperError, binding: &RequestBinding) -> Result<Response, AnswerError> {
        tracing::error!(%error, "a request could not be answered");
        let refusal = ErrorAnswer::new(ErrorCode::Unavailable).retry_after(RETRY_SECONDS);
        self.refuse(&refusal, Some(binding))
    }
}

#[cfg(test)]
mod tests {
    use axum::serve::Listener as _;

    use super::*;

    #[tokio::test]
    async fn what_is_written_to_a_connection_is_sent_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let asker = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (connection, from) = undelayed(listener).accept().await;
        assert_eq!(from, asker.local_addr().unwrap());
        assert!(connection.nodelay().unwrap());
    }
}

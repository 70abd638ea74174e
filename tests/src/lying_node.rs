//! A ledger node that lies: it passes everything on to an honest node and rewrites some of the answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, body::Bytes, extract::State, response::IntoResponse};
use serde_json::Value;

/// How an answer is rewritten: method, parameters of the question, and the answer.
pub type Rewrite = Arc<dyn Fn(&str, &Value, &mut Value) + Send + Sync>;

#[derive(Clone)]
struct Desk {
    honest: String,
    rewrite: Arc<Mutex<Option<Rewrite>>>,
    http: reqwest::Client,
}

/// The lying node.
pub struct LyingNode {
    address: SocketAddr,
    rewrite: Arc<Mutex<Option<Rewrite>>>,
    _runtime: tokio::runtime::Runtime,
}

impl LyingNode {
    /// Stands before an honest node and is honest at first.
    pub fn before(node: SocketAddr) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let rewrite = Arc::<Mutex<Option<Rewrite>>>::default();
        let desk = Desk {
            honest: format!("http://{node}/"),
            rewrite: Arc::clone(&rewrite),
            http: reqwest::Client::new(),
        };
        let router = Router::new().fallback(pass_on).with_state(desk);
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, rewrite, _runtime: runtime }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lies from now on.
    pub fn lie(&self, rewrite: impl Fn(&str, &Value, &mut Value) + Send + Sync + 'static) {
        *self.rewrite.lock().unwrap() = Some(Arc::new(rewrite));
    }

    /// Is honest from now on.
    pub fn repent(&self) {
        *self.rewrite.lock().unwrap() = None;
    }
}

async fn pass_on(State(desk): State<Desk>, body: Bytes) -> impl IntoResponse {
    let question: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer =
        desk.http.post(&desk.honest).header("content-type", "application/json").body(body).send().await;
    let text = match answer {
        Ok(answer) => answer.text().await.unwrap_or_default(),
        Err(_) => return (axum::http::StatusCode::BAD_GATEWAY, String::new()),
    };
    let rewrite = desk.rewrite.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(rewrite) = rewrite else { return (axum::http::StatusCode::OK, text) };
    let mut answer: Value = serde_json::from_str(&text).unwrap_or_default();
    rewrite(question["method"].as_str().unwrap_or_default(), &question["params"], &mut answer);
    (axum::http::StatusCode::OK, answer.to_string())
}

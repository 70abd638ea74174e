//! A ledger node that lies: it passes everything on to an honest node and rewrites some of the answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, body::Bytes, extract::State, response::IntoResponse};
use serde_json::{Value, json};

/// How an answer is rewritten: method, parameters of the question, and the answer.
pub type Rewrite = Arc<dyn Fn(&str, &Value, &mut Value) + Send + Sync>;

/// What it does now.
#[derive(Clone, Default)]
struct Manner {
    rewrite: Option<Rewrite>,
    /// Methods that the honest node never hears of.
    kept_back: &'static [&'static str],
}

#[derive(Clone)]
struct Desk {
    honest: String,
    manner: Arc<Mutex<Manner>>,
    http: reqwest::Client,
}

/// The lying node.
pub struct LyingNode {
    address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    _runtime: tokio::runtime::Runtime,
}

impl LyingNode {
    /// Stands before an honest node and is honest at first.
    pub fn before(node: SocketAddr) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let manner = Arc::<Mutex<Manner>>::default();
        let desk = Desk {
            honest: format!("http://{node}/"),
            manner: Arc::clone(&manner),
            http: reqwest::Client::new(),
        };
        let router = Router::new().fallback(pass_on).with_state(desk);
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, manner, _runtime: runtime }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lies from now on.
    pub fn lie(&self, rewrite: impl Fn(&str, &Value, &mut Value) + Send + Sync + 'static) {
        self.manner.lock().unwrap().rewrite = Some(Arc::new(rewrite));
    }

    /// Keeps questions of these methods back from now on, and answers them with an empty result, for the lie to fill.
    pub fn keep_back(&self, methods: &'static [&'static str]) {
        self.manner.lock().unwrap().kept_back = methods;
    }

    /// Is honest from now on.
    pub fn repent(&self) {
        *self.manner.lock().unwrap() = Manner::default();
    }
}

async fn pass_on(State(desk): State<Desk>, body: Bytes) -> impl IntoResponse {
    let question: Value = serde_json::from_slice(&body).unwrap_or_default();
    let manner = desk.manner.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let method = question["method"].as_str().unwrap_or_default();
    let text = if manner.kept_back.contains(&method) {
        json!({"jsonrpc": "2.0", "id": question["id"], "result": {}}).to_string()
    } else {
        let asked = desk.http.post(&desk.honest).header("content-type", "application/json").body(body).send();
        match asked.await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => return (axum::http::StatusCode::BAD_GATEWAY, String::new()),
        }
    };
    let Some(rewrite) = manner.rewrite else { return (axum::http::StatusCode::OK, text) };
    let mut answer: Value = serde_json::from_str(&text).unwrap_or_default();
    rewrite(method, &question["params"], &mut answer);
    (axum::http::StatusCode::OK, answer.to_string())
}

//! The part of W3C WebDriver (https://www.w3.org/TR/webdriver2/) that a person's hands and eyes need.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// How long a window may take to appear.
const TO_OPEN: Duration = Duration::from_secs(40);
/// How long the driver may take for one thing.
const TO_ANSWER: Duration = Duration::from_secs(20);
/// The name under which elements are passed (section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What the driver could not do.
#[derive(Debug)]
pub struct Refusal {
    /// Its code (section 6.6).
    pub code: String,
    message: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}

/// Something on a page.
#[derive(Clone, Debug)]
pub struct Element(String);

impl Element {
    /// The element that a script gave, if it gave one.
    pub fn from_script(value: &Value) -> Option<Self> {
        value[ELEMENT].as_str().map(|id| Self(id.to_owned()))
    }

    /// The element for a script.
    pub fn for_script(&self) -> Value {
        json!({ ELEMENT: self.0 })
    }
}

/// One session of a driver: a program that it started, and the window of it that is used now.
pub struct Driver {
    http: reqwest::Client,
    session: String,
    runtime: Runtime,
}

impl Driver {
    /// Lets the driver at `address` start a program.
    pub fn start(address: &str, capabilities: &Value) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (http, session) = (reqwest::Client::builder().no_proxy().build()?, format!("{address}/session"));
        let mut driver = Self { http, session, runtime };
        let body = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let made = driver.call_within(TO_OPEN, Method::POST, "", Some(&body))?;
        let id = made["sessionId"].as_str().context("the driver named no session")?;
        driver.session = format!("{}/{id}", driver.session);
        Ok(driver)
    }

    /// The windows that are there, in no order.
    pub fn windows(&self) -> Result<Vec<String>> {
        let handles = self.get("/window/handles")?;
        let handles = handles.as_array().context("no list of windows")?;
        Ok(handles.iter().filter_map(|handle| handle.as_str().map(str::to_owned)).collect())
    }

    /// Uses another window from now on.
    pub fn use_window(&self, handle: &str) -> Result<()> {
        self.post("/window", &json!({ "handle": handle })).map(|_| ())
    }

    /// The address of the page.
    pub fn address(&self) -> Result<String> {
        Ok(self.get("/url")?.as_str().context("no address")?.to_owned())
    }

    /// Runs the body of a function on the page and returns what it returns.
    pub fn script(&self, body: &str, arguments: &[Value]) -> Result<Value> {
        self.post("/execute/sync", &json!({ "script": body, "args": arguments }))
    }

    /// The same with a function that gives its answer to the last of its arguments.
    pub fn script_with_callback(&self, body: &str) -> Result<Value> {
        self.post("/execute/async", &json!({ "script": body, "args": [] }))
    }

    /// Presses an element.
    pub fn click(&self, element: &Element) -> Result<()> {
        self.post(&format!("/element/{}/click", element.0), &json!({})).map(|_| ())
    }

    /// Empties a field.
    pub fn clear(&self, element: &Element) -> Result<()> {
        self.post(&format!("/element/{}/clear", element.0), &json!({})).map(|_| ())
    }

    /// Types into an element.
    pub fn type_into(&self, element: &Element, text: &str) -> Result<()> {
        self.post(&format!("/element/{}/value", element.0), &json!({ "text": text })).map(|_| ())
    }

    /// What has the focus.
    pub fn focused(&self) -> Result<Element> {
        Element::from_script(&self.get("/element/active")?).context("nothing has the focus")
    }

    /// Width and height of the window, in pixels.
    pub fn size(&self) -> Result<(u64, u64)> {
        let rect = self.get("/window/rect")?;
        let side = |name: &str| rect[name].as_u64().with_context(|| format!("no {name}"));
        Ok((side("width")?, side("height")?))
    }

    /// Makes the window so large, in pixels.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.post("/window/rect", &json!({ "width": width, "height": height })).map(|_| ())
    }

    fn get(&self, path: &str) -> Result<Value> {
        self.call_within(TO_ANSWER, Method::GET, path, None)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call_within(TO_ANSWER, Method::POST, path, Some(body))
    }

    fn call_within(
        &self,
        patience: Duration,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.session)).timeout(patience);
        if let Some(body) = body {
            request = request.json(body);
        }
        let mut answer: Value = self.runtime.block_on(async { request.send().await?.json().await })?;
        let value = answer["value"].take();
        if let Some(code) = value["error"].as_str() {
            let message = value["message"].as_str().unwrap_or_default().to_owned();
            bail!(Refusal { code: code.to_owned(), message });
        }
        Ok(value)
    }
}

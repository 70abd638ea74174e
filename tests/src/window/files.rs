//! The person at the question "which file?". The program leaves the question to the desktop
//! (https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.FileChooser.html); here a desktop answers
//! that knows what the person wants. No page takes part in it, as on a real desktop.

#![allow(clippy::used_underscore_binding, clippy::unused_self, reason = "as the interface's macro wants it")]

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use reqwest::Url;
use tokio::runtime::Runtime;
use zbus::message::Header;
use zbus::object_server::ResponseDispatchNotifier;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, connection::Builder, fdo, interface};

const NAME: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const REQUEST: &str = "org.freedesktop.portal.Request";
/// The person chose.
const CHOSEN: u32 = 0;
/// The person thought better of it.
const CANCELLED: u32 = 1;

/// What the person will answer, question by question; where nothing is left, they close it.
type Wanted = Arc<Mutex<VecDeque<PathBuf>>>;

/// A desktop that is asked for files.
pub struct Desktop {
    wanted: Wanted,
    _bus: Connection,
    _runtime: Runtime,
}

impl Desktop {
    /// Waits for questions on this message bus.
    pub fn on(bus: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let wanted = Wanted::default();
        let asked = Questions { wanted: Arc::clone(&wanted) };
        let bus = runtime
            .block_on(async { Builder::address(bus)?.serve_at(PATH, asked)?.name(NAME)?.build().await });
        Ok(Self { wanted, _bus: bus.context("a desktop that is asked for files")?, _runtime: runtime })
    }

    /// The next questions are answered with these files, one after another.
    pub fn will_choose(&self, files: &[&Path]) {
        *self.wanted.lock().unwrap() = files.iter().map(|file| (*file).to_owned()).collect();
    }
}

struct Questions {
    wanted: Wanted,
}

type Options = HashMap<String, OwnedValue>;

#[interface(name = "org.freedesktop.portal.FileChooser")]
impl Questions {
    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        3
    }

    fn open_file(
        &self,
        _parent: String,
        _title: String,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> fdo::Result<ResponseDispatchNotifier<OwnedObjectPath>> {
        self.answer(&options, &header, bus)
    }

    fn save_file(
        &self,
        _parent: String,
        _title: String,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> fdo::Result<ResponseDispatchNotifier<OwnedObjectPath>> {
        self.answer(&options, &header, bus)
    }
}

impl Questions {
    /// First the handle of the question, then, as a signal under it, what the person said.
    fn answer(
        &self,
        options: &Options,
        header: &Header<'_>,
        bus: &Connection,
    ) -> fdo::Result<ResponseDispatchNotifier<OwnedObjectPath>> {
        let unnamed = || fdo::Error::InvalidArgs("who asks, and under which token?".to_owned());
        let token = options.get("handle_token").and_then(|token| <&str>::try_from(token).ok());
        let (sender, token) = (header.sender().ok_or_else(unnamed)?.to_owned(), token.ok_or_else(unnamed)?);
        let place = sender.trim_start_matches(':').replace('.', "_");
        let handle = OwnedObjectPath::try_from(format!("{PATH}/request/{place}/{token}"));
        let handle = handle.map_err(|error| fdo::Error::InvalidArgs(error.to_string()))?;
        let chosen = self.wanted.lock().unwrap().pop_front().and_then(|file| Url::from_file_path(file).ok());
        let (reply, replied) = ResponseDispatchNotifier::new(handle.clone());
        let bus = bus.clone();
        tokio::spawn(async move {
            replied.await;
            let code = if chosen.is_some() { CHOSEN } else { CANCELLED };
            let files: Vec<String> = chosen.into_iter().map(String::from).collect();
            let results = HashMap::from([("uris", Value::from(files))]);
            // A program that has ended asks for nothing more.
            let _ = bus.emit_signal(Some(sender), handle, REQUEST, "Response", &(code, results)).await;
        });
        Ok(reply)
    }
}

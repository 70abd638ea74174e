//! Signals of the desktop that the person goes away: the computer will sleep, the session or the screen is locked.
//!
//! | bus | signal | source |
//! | --- | --- | --- |
//! | system | `org.freedesktop.login1.Manager.PrepareForSleep(true)` | systemd-logind |
//! | system | `org.freedesktop.login1.Session.Lock()` | systemd-logind |
//! | session | `org.freedesktop.ScreenSaver.ActiveChanged(true)`, `org.gnome.ScreenSaver.ActiveChanged(true)` | the desktop |
//!
//! Where a bus is missing nothing is heard, and [`crate::idle`] still locks after the time set and after sleep. Whoever can forge
//! these signals can lock the wallet, and nothing else.

use futures::StreamExt as _;
use tauri::AppHandle;
use zbus::{Connection, MatchRule, Message, MessageStream, message::Type};

use crate::flow;

const SYSTEM: [(&str, &str); 2] =
    [("org.freedesktop.login1.Manager", "PrepareForSleep"), ("org.freedesktop.login1.Session", "Lock")];
const SESSION: [(&str, &str); 2] =
    [("org.freedesktop.ScreenSaver", "ActiveChanged"), ("org.gnome.ScreenSaver", "ActiveChanged")];

/// Listens on both buses as long as the program runs.
pub fn watch(app: &AppHandle) {
    for (interface, member) in SYSTEM {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            tell(listen(Connection::system().await, interface, member, &app).await, interface);
        });
    }
    for (interface, member) in SESSION {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            tell(listen(Connection::session().await, interface, member, &app).await, interface);
        });
    }
}

fn tell(ended: zbus::Result<()>, interface: &str) {
    if let Err(error) = ended {
        tracing::info!(%error, interface, "the desktop does not tell when the person goes away");
    }
}

async fn listen(
    bus: zbus::Result<Connection>,
    interface: &'static str,
    member: &'static str,
    app: &AppHandle,
) -> zbus::Result<()> {
    let rule = MatchRule::builder().msg_type(Type::Signal).interface(interface)?.member(member)?.build();
    let mut signals = MessageStream::for_match_rule(rule, &bus?, Some(4)).await?;
    while let Some(signal) = signals.next().await {
        if goes_away(&signal?) {
            flow::lock(app).await;
        }
    }
    Ok(())
}

/// A signal with a flag means it when the flag is set; one without always does.
fn goes_away(signal: &Message) -> bool {
    signal.body().deserialize::<bool>().unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_to_sleep_locks_and_waking_up_does_not() {
        let signal = |body: Option<bool>| {
            let message = Message::signal(
                "/org/freedesktop/login1",
                "org.freedesktop.login1.Manager",
                "PrepareForSleep",
            )
            .unwrap();
            match body {
                Some(flag) => message.build(&flag).unwrap(),
                None => message.build(&()).unwrap(),
            }
        };
        assert!(goes_away(&signal(Some(true))));
        assert!(!goes_away(&signal(Some(false))));
        assert!(goes_away(&signal(None)));
    }
}

//! What a screen reader is told of the window: the tree that the program publishes over AT-SPI
//! (https://docs.gtk.org/atspi2/), read from the message bus by the names of that interface.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type};
use zbus::{Connection, connection::Builder};

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const TEXT: &str = "org.a11y.atspi.Text";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// Everything that runs on this display hangs below it.
const ROOT: (&str, &str) = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root");
/// `ATSPI_STATE_SHOWING`: it is on the screen, not behind it.
const SHOWING: u32 = 25;
/// More than any page has; a tree in a circle ends here.
const MOST: usize = 5_000;

/// Where something is: the program that has it, and its path there.
type Place = (String, OwnedObjectPath);

/// What something is (`AtspiRole`), as far as the tests ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Something to press.
    Button,
    /// Something to turn on or off.
    CheckBox,
    /// A list to choose from.
    ComboBox,
    /// Something to write in.
    Entry,
    /// A heading.
    Heading,
    /// A part of the page that one can go to.
    Landmark,
    /// A way to somewhere else.
    Link,
    /// Something to write in that must not be heard.
    Password,
    /// One of several choices.
    Radio,
    /// A button that stays pressed.
    Toggle,
    /// Anything else, by its number.
    Other(u32),
}

impl Role {
    /// What a person uses.
    pub fn is_used(self) -> bool {
        !matches!(self, Self::Heading | Self::Landmark | Self::Other(_))
    }
}

impl From<u32> for Role {
    fn from(number: u32) -> Self {
        match number {
            7 => Self::CheckBox,
            11 => Self::ComboBox,
            40 => Self::Password,
            43 => Self::Button,
            44 => Self::Radio,
            62 => Self::Toggle,
            79 => Self::Entry,
            83 => Self::Heading,
            88 => Self::Link,
            110 => Self::Landmark,
            other => Self::Other(other),
        }
    }
}

/// One thing of the window, as it is told.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// What it is.
    pub role: Role,
    /// What it is called.
    pub name: String,
    place: Place,
}

/// Listens at the bus that screen readers listen at.
pub struct ScreenReader {
    bus: Connection,
    runtime: Runtime,
}

impl ScreenReader {
    /// Comes to the programs on this message bus.
    pub fn on(session: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let bus = runtime.block_on(async {
            let session = Builder::address(session)?.build().await?;
            let answer = session
                .call_method(Some("org.a11y.Bus"), "/org/a11y/bus", Some("org.a11y.Bus"), "GetAddress", &())
                .await?;
            let address: String = answer.body().deserialize()?;
            Builder::address(address.as_str())?.build().await
        });
        Ok(Self { bus: bus.context("the bus of assistive technology")?, runtime })
    }

    /// Everything that is on the screen, in the order in which it is read.
    pub fn everything(&self) -> Result<Vec<Spoken>> {
        self.runtime.block_on(async {
            let mut waiting = vec![(ROOT.0.to_owned(), OwnedObjectPath::try_from(ROOT.1)?)];
            let mut heard = Vec::new();
            while let Some(place) = waiting.pop() {
                // What was there a moment ago may be gone by now.
                let Ok(children) = self.children(&place).await else { continue };
                waiting.extend(children.into_iter().rev());
                if let Ok(Some(one)) = self.told(place).await {
                    heard.push(one);
                }
                if heard.len() > MOST {
                    break;
                }
            }
            Ok(heard)
        })
    }

    /// The text in a field, as it would be read out.
    pub fn text(&self, field: &Spoken) -> Result<String> {
        self.runtime.block_on(self.ask(&field.place, TEXT, "GetText", &(0_i32, -1_i32)))
    }

    /// One by one: where one program's part stands in another's, as the page's in the window, `GetChildren` leaves it out.
    async fn children(&self, place: &Place) -> Result<Vec<Place>> {
        let count: OwnedValue = self.ask(place, PROPERTIES, "Get", &(ACCESSIBLE, "ChildCount")).await?;
        let mut children = Vec::new();
        for at in 0..i32::try_from(count)? {
            children.push(self.ask(place, ACCESSIBLE, "GetChildAtIndex", &at).await?);
        }
        Ok(children)
    }

    async fn told(&self, place: Place) -> Result<Option<Spoken>> {
        let states: Vec<u32> = self.ask(&place, ACCESSIBLE, "GetState", &()).await?;
        let showing = states.first().is_some_and(|bits| bits & (1 << SHOWING) != 0);
        if !showing {
            return Ok(None);
        }
        let role: u32 = self.ask(&place, ACCESSIBLE, "GetRole", &()).await?;
        let name: OwnedValue = self.ask(&place, PROPERTIES, "Get", &(ACCESSIBLE, "Name")).await?;
        Ok(Some(Spoken { role: role.into(), name: String::try_from(name)?, place }))
    }

    async fn ask<A: DeserializeOwned + Type>(
        &self,
        (program, path): &Place,
        interface: &str,
        method: &str,
        words: &(impl serde::Serialize + DynamicType),
    ) -> Result<A> {
        let answer =
            self.bus.call_method(Some(program.as_str()), path, Some(interface), method, words).await?;
        Ok(answer.body().deserialize()?)
    }
}

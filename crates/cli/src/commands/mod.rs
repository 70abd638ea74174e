//! One file for each group of commands: arguments in, façade, rendered answer out.

pub mod access_log;
pub mod decide;
pub mod delegates;
pub mod dispute;
pub mod emergency;
pub mod enrol;
pub mod fetch;
pub mod guardians;
pub mod hands;
pub mod helping;
pub mod history;
pub mod keep;
pub mod network;
pub mod pending;
pub mod providers;
pub mod records;
pub mod requests;
pub mod share;
pub mod sharing;
pub mod stop;
pub mod sync;
pub mod wallet;

use medrec_wallet::view::Act;

use crate::{arguments::Command, error::CliError, exit::Exit, session::Session};

/// Does what was typed.
pub async fn run(command: Command, session: &Session) -> Result<Exit, CliError> {
    match command {
        Command::Wallet(command) => command.run(session).await,
        Command::Network(command) => command.run(session).await,
        Command::Enrol(command) => command.run(session).await,
        Command::Sync(command) => command.run(session).await,
        Command::Records(command) => command.run(session).await,
        Command::Fetch(command) => command.run(session).await,
        Command::Share(command) => command.run(session).await,
        Command::Stop(command) => command.run(session).await,
        Command::Requests(command) => command.run(session).await,
        Command::Sharing(command) => command.run(session).await,
        Command::AccessLog(command) => command.run(session).await,
        Command::Providers(command) => command.run(session).await,
        Command::Pending(command) => command.run(session).await,
        Command::Delegates(command) => command.run(session).await,
        Command::Helping(command) => command.run(session).await,
        Command::Guardians(command) => command.run(session).await,
        Command::Emergency(command) => command.run(session).await,
        Command::Dispute(command) => command.run(session).await,
        Command::Disputes(command) => command.run(session).await,
        Command::ChangeViewingKeys(command) => command.run(session, Act::ChangeViewingKeys).await,
        Command::Close(command) => command.run(session).await,
        Command::History(command) => command.run(session).await,
        Command::Hands(command) => command.run(session).await,
        Command::ShowLife(command) => command.run(session, Act::ShowLife).await,
    }
}

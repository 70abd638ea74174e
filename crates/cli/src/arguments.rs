//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    commands::{
        access_log::AccessLog,
        delegates::Delegates,
        dispute::{Dispute, Disputes},
        emergency::Emergency,
        enrol::Enrol,
        fetch::Fetch,
        guardians::Guardians,
        hands::HandsCommand,
        helping::Helping,
        history::HistoryCommand,
        keep::{Agreed, Close},
        network::NetworkCommand,
        pending::Pending,
        providers::Providers,
        records::Records,
        requests::Requests,
        share::Share,
        sharing::Sharing,
        stop::Stop,
        sync::Sync,
        wallet::WalletCommand,
    },
    exit::Exit,
};

/// Your medical records, wherever they are: list them, fetch them, share them, stop sharing, see who looked.
#[derive(Debug, Parser)]
#[command(name = "medrec", version, after_help = Exit::help(), max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command; they may stand before or after its name.
#[derive(Args, Debug)]
pub struct Global {
    /// Folder of the wallets on this computer [default: the platform's folder for your data]
    #[arg(long, global = true, value_name = "DIR", env = "MEDREC_HOME", hide_env_values = true)]
    pub home: Option<PathBuf>,
    /// Whose wallet, when there are several: its name, or the beginning of its id
    #[arg(long, global = true, value_name = "NAME|ID")]
    pub person: Option<String>,
    /// For somebody whom you help: their name as "medrec helping" lists it
    #[arg(long = "for", global = true, value_name = "NAME")]
    pub helped: Option<String>,
    /// Read the passphrase from the first line of this file
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Read the passphrase from the next line of standard input
    #[arg(long, global = true)]
    pub passphrase_stdin: bool,
    /// Print one JSON document to standard output, and errors as one to standard error
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make, restore and look after wallets
    #[command(subcommand)]
    Wallet(WalletCommand),
    /// Join a network of providers
    #[command(subcommand)]
    Network(NetworkCommand),
    /// Enrol with a provider, with the code that it gave you
    Enrol(Enrol),
    /// Check the ledger for what is new
    Sync(Sync),
    /// List your records, wherever they are
    Records(Records),
    /// Fetch copies of your records and verify them
    Fetch(Fetch),
    /// Give a provider access
    Share(Share),
    /// Stop access
    Stop(Stop),
    /// Show who asks for access; allow or decline
    Requests(Requests),
    /// Show who can see what
    Sharing(Sharing),
    /// Show who looked
    AccessLog(AccessLog),
    /// Show the providers of the network
    Providers(Providers),
    /// Show what you signed and the ledger has not confirmed; sign it again
    Pending(Pending),
    /// Show who may act for you; appoint somebody, end it, say no
    Delegates(Delegates),
    /// Show whom you help; offer help, accept, ask to begin, give up
    Helping(Helping),
    /// Show who can together bring your account back; choose them, say no to a recovery
    Guardians(Guardians),
    /// Show what emergency care may see; allow or forbid it, print your card
    Emergency(Emergency),
    /// Say that a record or an entry is wrong, or print a letter about it
    Dispute(Dispute),
    /// Show what was said to be wrong
    Disputes(Disputes),
    /// Change the keys to your records, so that old copies of them open nothing new
    ChangeViewingKeys(Agreed),
    /// Show the history of what was decided; export it, or check one that somebody gave you
    #[command(subcommand)]
    History(HistoryCommand),
    /// Move accounts to other keys: new recovery words, a recovery, a child who comes of age
    #[command(subcommand)]
    Hands(HandsCommand),
    /// Leave a provider for good
    Close(Close),
    /// Show that you are there, to those who may act for you only after a silence
    ShowLife(Agreed),
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, error::ErrorKind};

    use super::*;

    fn parse(line: &str) -> Result<Cli, ErrorKind> {
        Cli::try_parse_from(line.split_whitespace()).map_err(|error| error.kind())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn general_options_may_stand_before_and_after_the_command() {
        for line in [
            "medrec --home h --person Ana --passphrase-file p --json wallet unlock-test",
            "medrec wallet unlock-test --home h --person Ana --passphrase-file p --json",
            "medrec --home h wallet --json unlock-test --person Ana --passphrase-file p",
        ] {
            let global = parse(line).unwrap().global;
            assert_eq!(global.home, Some("h".into()), "{line}");
            assert_eq!(global.person.as_deref(), Some("Ana"), "{line}");
            assert_eq!(global.passphrase_file, Some("p".into()), "{line}");
            assert!(global.json && !global.passphrase_stdin, "{line}");
        }
    }

    #[test]
    fn no_argument_of_a_command_is_taken_for_a_general_one() {
        for line in [
            "medrec helping rename Mother Amelia",
            "medrec helping code Mother",
            "medrec helping offer Mother",
            "medrec delegates end Sofia",
            "medrec close Clinic",
        ] {
            let global = parse(line).unwrap().global;
            assert_eq!((global.person, global.helped, global.home), (None, None, None), "{line}");
        }
    }

    #[test]
    fn no_option_takes_a_passphrase_or_words_as_text() {
        for line in [
            "medrec sync --passphrase secret",
            "medrec wallet restore --label A --words abandon",
            "medrec wallet change-passphrase --new-passphrase secret",
        ] {
            assert_eq!(parse(line).unwrap_err(), ErrorKind::UnknownArgument, "{line}");
        }
    }

    #[test]
    fn every_command_of_the_readme_parses() {
        for line in [
            "medrec wallet create --label Ana",
            "medrec wallet restore --label Ana --words-file w",
            "medrec wallet restore --label Ana --words-stdin",
            "medrec wallet list",
            "medrec wallet unlock-test",
            "medrec wallet words",
            "medrec wallet change-passphrase --new-passphrase-file f",
            "medrec network join network.json",
            "medrec network status",
            "medrec enrol mrenrol1abc",
            "medrec sync",
            "medrec records --search metoprolol --kind medication --provider mrp1x --all-versions --limit 5 --offset 10",
            "medrec fetch 0123abcd 4567cdef --out copies",
            "medrec fetch --all",
            "medrec share --with mrp1x --kinds medication,allergy --days 30 --future --purpose second-opinion --yes",
            "medrec share --with Clinic --records 0123abcd,4567cdef",
            "medrec share --with Clinic --everything",
            "medrec stop --grant 0123abcd --yes",
            "medrec stop --share 0123abcd",
            "medrec stop --provider Clinic",
            "medrec stop --all",
            "medrec requests",
            "medrec requests allow 0123abcd --kinds medication --days 7 --yes",
            "medrec requests decline 0123abcd --note no",
            "medrec sharing",
            "medrec access-log --provider Clinic",
            "medrec providers",
            "medrec pending",
            "medrec history show --since 2026-01-01",
            "medrec history export --form verifiable --out history.medrec-history --provider Clinic",
            "medrec history verify history.medrec-history --anchor network.json",
            "medrec hands new-words",
            "medrec hands ask-recovery",
            "medrec hands request",
            "medrec hands answer mrhand1abc --name Nuno",
            "medrec hands promise mrtake1abc --on 2030-05-04",
            "medrec helping offer Mother --name Sofia",
            "medrec helping code Mother",
            "medrec helping rename Mother Amélia",
            "medrec helping",
            "medrec helping accept --for Mother --yes",
            "medrec helping ask-start --for Mother",
            "medrec helping give-up --for Mother",
            "medrec helping approve-recovery mrtake1abc --for Mother",
            "medrec requests allow 0123abcd --for Mother",
            "medrec --for Mother records",
            "medrec delegates",
            "medrec delegates appoint mrhelp1abc --relation daughter --right share --days 365",
            "medrec delegates appoint mrhelp1abc --right see --after-wait 7 --providers Clinic,mrp1x",
            "medrec delegates appoint offer.txt --right manage --after-silence 90",
            "medrec delegates end Sofia --yes",
            "medrec delegates refuse Sofia",
            "medrec guardians",
            "medrec guardians set a.txt b.txt c.txt --agree 2 --delay 14",
            "medrec guardians none",
            "medrec guardians veto",
            "medrec emergency",
            "medrec emergency allow --kinds medication,allergy",
            "medrec emergency forbid",
            "medrec emergency card",
            "medrec dispute 0123abcd --statement wrong",
            "medrec dispute --entry 17 --provider Clinic --statement wrong --letter",
            "medrec disputes",
            "medrec change-viewing-keys",
            "medrec close Clinic --note moved",
            "medrec show-life",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_choice_must_be_made_and_only_one() {
        for (line, kind) in [
            ("medrec share --with Clinic", ErrorKind::MissingRequiredArgument),
            ("medrec share --everything", ErrorKind::MissingRequiredArgument),
            ("medrec share --with Clinic --everything --kinds allergy", ErrorKind::ArgumentConflict),
            ("medrec stop", ErrorKind::MissingRequiredArgument),
            ("medrec stop --all --grant 0123abcd", ErrorKind::ArgumentConflict),
            ("medrec fetch", ErrorKind::MissingRequiredArgument),
            ("medrec fetch --all 0123abcd", ErrorKind::ArgumentConflict),
            ("medrec wallet restore --label A --words-file w --words-stdin", ErrorKind::ArgumentConflict),
            ("medrec delegates appoint mrhelp1abc", ErrorKind::MissingRequiredArgument),
            (
                "medrec delegates appoint mrhelp1abc --right see --after-wait 1 --after-silence 1",
                ErrorKind::ArgumentConflict,
            ),
            ("medrec emergency allow", ErrorKind::MissingRequiredArgument),
            ("medrec emergency allow --everything --kinds allergy", ErrorKind::ArgumentConflict),
            ("medrec dispute --statement wrong", ErrorKind::MissingRequiredArgument),
            ("medrec dispute 0123abcd", ErrorKind::MissingRequiredArgument),
            ("medrec dispute --entry 17 --statement wrong", ErrorKind::MissingRequiredArgument),
            (
                "medrec dispute 0123abcd --entry 17 --provider Clinic --statement wrong",
                ErrorKind::ArgumentConflict,
            ),
        ] {
            assert_eq!(parse(line).unwrap_err(), kind, "{line}");
        }
    }

    #[test]
    fn values_outside_their_range_are_refused() {
        for line in [
            "medrec share --with Clinic --everything --days 0",
            "medrec share --with Clinic --everything --days 3651",
            "medrec share --with Clinic --kinds secrets",
            "medrec share --with Clinic --everything --purpose curiosity",
            "medrec records --kind secrets",
            "medrec records --limit 0",
        ] {
            assert_eq!(parse(line).unwrap_err(), ErrorKind::ValueValidation, "{line}");
        }
    }
}

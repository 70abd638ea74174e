//! The sample town on this computer: a ledger node, the gatekeepers of four providers with their records, and people
//! with wallets. Real processes, real HTTP on loopback, everything in one folder. The demo tells its story with it, the
//! scenario tests try to break it.

mod people;
mod programs;
mod visits;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::loopback;
use crate::network::Network;
use crate::processes::Processes;
pub use people::{PASSPHRASE, Person};
pub use programs::{Outcome, Programs, Refused};
pub use visits::{DOCTOR, EMERGENCY, EMERGENCY_DOCTOR, REASON};

/// Name of the town's ledger.
pub const CHAIN_ID: &str = "medrec-saltmere";
/// The hospital.
pub const HOSPITAL: &str = "saltmere-general-hospital";
/// The family doctor.
pub const PRACTICE: &str = "tidewell-family-practice";
/// The specialist.
pub const CLINIC: &str = "abbey-gardens-clinic";
/// The pharmacy.
pub const PHARMACY: &str = "lantern-pharmacy";
/// Who governs the ledger: a member whose key lies in the node's folder.
pub const CONSORTIUM: &str = "Saltmere Health Council";
const NODE: &str = "medrec-node";
const GATEKEEPER: &str = "medrec-gatekeeper";
/// More than a slow computer needs to start a program.
const PATIENCE: Duration = Duration::from_mins(1);

/// A provider of the town.
#[derive(Debug)]
pub struct Site {
    /// Folder name in `samples/providers`, and name of its process.
    pub slug: String,
    /// Name of the organisation.
    pub name: String,
    /// Where it is.
    pub place: String,
    /// Does it give emergency care?
    pub emergency: bool,
    /// Folder of its gatekeeper.
    pub home: PathBuf,
    /// Folder of its records, one folder in it for each patient.
    pub source: PathBuf,
    /// Where its gatekeeper listens.
    pub address: SocketAddr,
    /// Where others reach it, as the directory says: the same place, unless something stands between.
    pub front: SocketAddr,
}

/// What a gatekeeper has under the grants that it has received.
#[derive(Debug)]
pub struct Fetched {
    /// Copies that it fetched now, verified, and keeps.
    pub fetched: Vec<Value>,
    /// Copies that it had fetched before.
    pub kept_before: Vec<Value>,
    /// What it did not keep.
    pub failed: Vec<Value>,
    /// Grants that the patient stopped: nothing was asked for under them.
    pub stopped: Vec<Value>,
    /// How the command refused, if it did.
    pub refused: Option<Refused>,
}

/// The town.
#[derive(Debug)]
pub struct Town {
    /// Its processes.
    pub processes: Processes,
    /// Its programs.
    pub programs: Programs,
    /// Where the node listens.
    pub node: SocketAddr,
    /// Everything it makes is in here.
    pub folder: PathBuf,
    samples: PathBuf,
    sites: BTreeMap<String, Site>,
    network: Option<Network>,
}

#[derive(Deserialize)]
struct ProviderFile {
    name: String,
    place: String,
    #[serde(default)]
    emergency: bool,
}

#[derive(Deserialize)]
struct PeopleFile {
    person: Vec<PersonEntry>,
}

#[derive(Deserialize)]
struct PersonEntry {
    id: String,
    display_name: String,
    local_ids: BTreeMap<String, String>,
}

impl Town {
    /// Lays the town out in a folder: copies the sample records, gives everybody an address. Starts nothing.
    pub fn lay_out(folder: PathBuf, binaries: PathBuf, samples: PathBuf) -> Result<Self> {
        let processes = Processes::new(folder.join("logs"))?;
        let [node] = loopback::free_addresses()?;
        let programs = Programs::new(binaries, folder.clone());
        let mut town =
            Self { processes, programs, node, folder, samples, sites: BTreeMap::new(), network: None };
        let providers = town.samples.join("providers");
        for entry in
            fs::read_dir(&providers).with_context(|| format!("{} is missing", providers.display()))?
        {
            let slug = entry?.file_name().to_string_lossy().into_owned();
            let site = town.site_of(&slug)?;
            town.sites.insert(slug, site);
        }
        Ok(town)
    }

    /// The ledger will be one of so many hospitals under CometBFT, instead of one process.
    pub fn on_a_network(&mut self, cometbft: PathBuf, validators: usize) -> Result<()> {
        let network = Network::new(&self.programs, self.folder.join("network"), cometbft, validators)?;
        self.node = network.rpc(1);
        self.network = Some(network);
        Ok(())
    }

    /// The hospitals' nodes, where there are several.
    pub fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    fn site_of(&self, slug: &str) -> Result<Site> {
        let folder = self.samples.join("providers").join(slug);
        let file: ProviderFile = toml::from_str(&fs::read_to_string(folder.join("provider.toml"))?)?;
        let source = self.folder.join("records").join(slug);
        copy_folder(&folder.join("patients"), &source)?;
        let [address] = loopback::free_addresses()?;
        let home = self.folder.join("gatekeepers").join(slug);
        let (slug, front) = (slug.to_owned(), address);
        let emergency = file.emergency;
        Ok(Site { slug, name: file.name, place: file.place, emergency, home, source, address, front })
    }

    /// The providers, by folder name.
    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.values()
    }

    /// One provider.
    pub fn site(&self, slug: &str) -> Result<&Site> {
        self.sites.get(slug).with_context(|| format!("there is no provider {slug} in the samples"))
    }

    /// Puts something between a gatekeeper and the others. Before the ledger is made.
    pub fn put_in_front(&mut self, slug: &str, front: SocketAddr) -> Result<()> {
        let site = self.sites.get_mut(slug).with_context(|| format!("there is no provider {slug}"))?;
        site.front = front;
        Ok(())
    }

    /// Writes a network file of its own for those who should reach the ledger by another way.
    pub fn network_file_by(&self, nodes: &[SocketAddr]) -> Result<PathBuf> {
        let text = fs::read_to_string(self.network_file())?;
        let mut file: Value = serde_json::from_str(&text)?;
        file["nodes"] = nodes.iter().map(|node| format!("http://{node}")).collect();
        let ports: Vec<_> = nodes.iter().map(|node| node.port().to_string()).collect();
        let path = self.folder.join(format!("network-{}.json", ports.join("-")));
        fs::write(&path, file.to_string())?;
        Ok(path)
    }

    /// The file with which wallets and gatekeepers join the ledger.
    pub fn network_file(&self) -> PathBuf {
        self.node_home().join("network.json")
    }

    /// Folder of the node.
    pub fn node_home(&self) -> PathBuf {
        self.network.as_ref().map_or_else(|| self.folder.join("ledger"), |network| network.home(1))
    }

    /// Makes each provider's keys and its entry for the directory.
    pub fn make_providers(&self) -> Result<()> {
        for site in self.sites() {
            let mut command = self.programs.command(GATEKEEPER);
            command.arg("init").arg("--home").arg(&site.home);
            command.args(["--name", &site.name, "--place", &site.place]);
            command.arg("--endpoint").arg(format!("http://{}", site.front)).arg("--source").arg(&site.source);
            self.programs.run(command)?.success()?;
        }
        Ok(())
    }

    /// Begins the ledger with these providers in its directory.
    pub fn make_ledger(&self) -> Result<String> {
        let mut words = vec!["--chain-id".to_owned(), CHAIN_ID.to_owned()];
        for site in self.sites() {
            let role = if site.emergency { "--emergency" } else { "--provider" };
            words.extend([role.to_owned(), site.home.join("provider.json").display().to_string()]);
        }
        if let Some(network) = &self.network {
            return network.lay_out(&words);
        }
        let mut command = self.programs.command(NODE);
        command.arg("init").arg("--home").arg(self.node_home()).args(words);
        command.arg("--node").arg(format!("http://{}", self.node));
        command.args(["--member", CONSORTIUM]);
        self.programs.run(command)?.success()
    }

    /// Starts the node, or all of them, and waits until its state can be proved.
    pub fn start_node(&self) -> Result<()> {
        if let Some(network) = &self.network {
            return network.start_all(&self.processes);
        }
        let mut command = self.programs.command(NODE);
        command.arg("run").arg("--home").arg(self.node_home()).arg("--listen").arg(self.node.to_string());
        self.processes.start(NODE, command)?;
        self.processes.wait_until(NODE, PATIENCE, || loopback::answers(self.node, "/health"))
    }

    /// Kills the node, or all of them, as a power cut would.
    pub fn kill_node(&self) -> Result<()> {
        let Some(network) = &self.network else { return self.processes.kill(NODE) };
        network.numbers().try_for_each(|number| self.processes.kill(&Network::name(number)))
    }

    /// Tells a gatekeeper about the ledger.
    pub fn join(&self, slug: &str, network: &Path) -> Result<()> {
        let mut command = self.gatekeeper(slug, "join")?;
        command.arg("--network").arg(network);
        self.programs.run(command)?.success().map(|_| ())
    }

    /// Starts a gatekeeper and waits until it answers.
    pub fn start_gatekeeper(&self, slug: &str) -> Result<()> {
        let address = self.site(slug)?.address;
        let mut command = self.gatekeeper(slug, "run")?;
        command.arg("--listen").arg(address.to_string());
        self.processes.start(slug, command)?;
        self.processes.wait_until(slug, PATIENCE, || loopback::listens(address))
    }

    /// Kills a gatekeeper as a power cut would.
    pub fn kill_gatekeeper(&self, slug: &str) -> Result<()> {
        self.processes.kill(slug)
    }

    /// A command of one provider's gatekeeper.
    pub fn gatekeeper(&self, slug: &str, command: &str) -> Result<Command> {
        let mut line = self.programs.command(GATEKEEPER);
        line.arg(command).arg("--home").arg(&self.site(slug)?.home);
        Ok(line)
    }

    /// Runs a gatekeeper's command to its end.
    pub fn ask_gatekeeper(&self, slug: &str, command: &str, words: &[&str]) -> Result<Outcome> {
        let mut line = self.gatekeeper(slug, command)?;
        line.args(words);
        self.programs.run(line)
    }

    /// Lets a provider fetch whatever it may, in somebody's name.
    pub fn fetch_as(&self, slug: &str, person: &str) -> Result<Fetched> {
        let outcome = self.ask_gatekeeper(slug, "fetch", &["--all", "--by", person, "--json"])?;
        let printed = outcome.printed().unwrap_or_default();
        let refused = outcome.accepted().err();
        let list = |name: &str| printed[name].as_array().cloned().unwrap_or_default();
        let (fetched, kept_before, failed) = (list("fetched"), list("kept_before"), list("failed"));
        Ok(Fetched { fetched, kept_before, failed, stopped: list("stopped"), refused })
    }

    /// A one-time code for the patient whom the provider knows by this number.
    pub fn enrolment_code(&self, slug: &str, local_id: &str) -> Result<String> {
        let answer = self.ask_gatekeeper(slug, "enrol", &["--patient", local_id, "--json"])?.json()?;
        Ok(answer["code"].as_str().context("the gatekeeper printed no code")?.to_owned())
    }

    /// A sample person without a wallet yet.
    pub fn person(&self, id: &str) -> Result<Person> {
        let people: PeopleFile = toml::from_str(&fs::read_to_string(self.samples.join("people.toml"))?)?;
        let entry = people.person.into_iter().find(|person| person.id == id);
        let entry = entry.with_context(|| format!("there is no {id} in the samples"))?;
        Person::new(&self.programs, self.folder.join("wallets").join(id), entry.display_name, entry.local_ids)
    }

    /// Lays a provider's corrected files over its records.
    pub fn correct(&self, slug: &str) -> Result<()> {
        let corrections = self.samples.join("providers").join(slug).join("corrections");
        copy_folder(&corrections, &self.site(slug)?.source)
    }

    /// Everything up to running gatekeepers, for scenarios that begin there.
    pub fn open(&self) -> Result<()> {
        self.make_providers()?;
        self.make_ledger()?;
        self.start_node()?;
        self.open_gatekeepers()
    }

    /// All gatekeepers join the ledger, which runs, and start.
    pub fn open_gatekeepers(&self) -> Result<()> {
        for site in self.sites() {
            self.join(&site.slug, &self.network_file())?;
            self.start_gatekeeper(&site.slug)?;
        }
        Ok(())
    }
}

/// Copies a folder's files over another folder; a copy is as new as its copying.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    ensure!(from.is_dir(), "{} is not a folder", from.display());
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::write(&target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

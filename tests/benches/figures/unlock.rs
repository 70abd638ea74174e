//! Opening a vault.

use std::{hint::black_box, time::Instant};

use anyhow::{Result, anyhow};
use argon2::{Algorithm, Argon2, Params, Version};
use getrandom::SysRng;
use medrec_vault::{KdfParams, NewVault, Passphrase, RecoveryWords, Vault, VaultHome, VaultLabel};

use super::{
    report,
    rounds::{Rounds, Way},
};

const PASSPHRASE: &str = "gravel lantern oyster tuba";
const ROUNDS: usize = 15;
const METHOD: &str = "A vault file with the default work factor (128 MiB, 3 passes, 4 lanes), beside Argon2id itself (the same \
    crate, the same parameters, memory of its own) on the same passphrase. Unlocking also reads and locks the file, checks its \
    header, opens slot and body, grows the key tree and wipes the 128 MiB. Median of the ratios of fifteen alternating rounds.";

pub fn report() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let passphrase = Passphrase::new(PASSPHRASE)?;
    let new = NewVault {
        label: VaultLabel::new("Amélia")?,
        passphrase: &passphrase,
        words: &RecoveryWords::generate(&mut SysRng)?,
        params: KdfParams::DEFAULT,
    };
    let vault = Vault::create(&VaultHome::new(folder.path().join("home")), new, &mut SysRng)?;
    let place = vault.lock().dir().clone();
    let unlock: Way<'_> = Box::new(|| {
        let started = Instant::now();
        let unlocked = Vault::open(place.clone())?.unlock(&passphrase)?;
        let took = started.elapsed();
        drop(unlocked.lock());
        Ok(took)
    });
    let rounds = Rounds::measure(ROUNDS, vec![unlock, Box::new(bare)])?;
    report::section("Opening the vault", METHOD)?;
    let times = (report::time(rounds.time(0)?), report::time(rounds.time(1)?));
    let beside =
        format!("bare Argon2id with the same parameters ({} beside {}); goal ≤ 1.1", times.0, times.1);
    report::figure("unlocking a vault", rounds.ratio(0, 1)?, "×", &beside)
}

fn bare() -> Result<std::time::Duration> {
    let defaults = KdfParams::DEFAULT;
    let started = Instant::now();
    let params = Params::new(defaults.memory_kib(), defaults.iterations(), defaults.lanes(), Some(32));
    let params = params.map_err(|error| anyhow!("{error}"))?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(PASSPHRASE.as_bytes(), &[5; 16], &mut key)
        .map_err(|error| anyhow!("{error}"))?;
    black_box(key);
    Ok(started.elapsed())
}

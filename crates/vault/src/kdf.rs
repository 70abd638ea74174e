//! Argon2id (RFC 9106, version 0x13) with bounds on both sides.
//!
//! ```text
//! slot key = Argon2id(passphrase, salt, memory, passes, lanes), 32 bytes
//! ```
//!
//! VAULT-6: the floor keeps a file from being weak; the ceiling, checked before any memory is taken, keeps a file made
//! by somebody else from bringing the computer down.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize, Zeroizing};

use crate::error::VaultError;
use crate::passphrase::Passphrase;

/// Bytes of salt of a slot.
pub const SALT_LEN: usize = 16;
/// Bytes of a derived slot key.
pub(crate) const SLOT_KEY_LEN: usize = 32;

const KIB_PER_MIB: u32 = 1024;
/// Most memory that calibration chooses, so that the file still opens on a smaller computer.
const CALIBRATION_MEMORY_KIB: u32 = 512 * KIB_PER_MIB;

/// Work factor of Argon2id, always between [`KdfParams::FLOOR`] and [`KdfParams::CEILING`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfParams {
    memory_kib: u32,
    iterations: u32,
    lanes: u32,
}

impl KdfParams {
    /// 64 MiB, 3 passes, 4 lanes: RFC 9106's second recommendation. Nothing weaker is written or opened.
    pub const FLOOR: Self = Self { memory_kib: 64 * KIB_PER_MIB, iterations: 3, lanes: 4 };
    /// 128 MiB, 3 passes, 4 lanes.
    pub const DEFAULT: Self = Self { memory_kib: 128 * KIB_PER_MIB, iterations: 3, lanes: 4 };
    /// 1 GiB, 16 passes, 16 lanes.
    pub const CEILING: Self = Self { memory_kib: 1024 * KIB_PER_MIB, iterations: 16, lanes: 16 };

    /// Checks the bounds; allocates nothing.
    pub const fn new(memory_kib: u32, iterations: u32, lanes: u32) -> Result<Self, VaultError> {
        let (floor, ceiling) = (Self::FLOOR, Self::CEILING);
        if memory_kib > ceiling.memory_kib || iterations > ceiling.iterations || lanes > ceiling.lanes {
            return Err(VaultError::ParametersTooHigh { memory_kib, iterations, lanes });
        }
        if memory_kib < floor.memory_kib || iterations < floor.iterations || lanes < floor.lanes {
            return Err(VaultError::ParametersTooLow { memory_kib, iterations, lanes });
        }
        Ok(Self { memory_kib, iterations, lanes })
    }

    /// Memory in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub const fn iterations(self) -> u32 {
        self.iterations
    }

    /// Lanes computed side by side.
    pub const fn lanes(self) -> u32 {
        self.lanes
    }

    /// Parameters that take about `target` here, never below [`KdfParams::DEFAULT`].
    ///
    /// `clock` is a monotonic clock: time since any fixed moment. Memory is doubled up to 512 MiB first,
    /// because memory is what an attacker pays for; then passes are added.
    pub fn calibrate(target: Duration, clock: &mut dyn FnMut() -> Duration) -> Result<Self, VaultError> {
        let sample = Passphrase::new("calibration")?;
        let mut params = Self::DEFAULT;
        loop {
            let start = clock();
            params.derive(&sample, &[0; SALT_LEN])?;
            let taken = clock().saturating_sub(start);
            match params.stronger() {
                Some(next) if taken * 2 <= target && next.memory_kib > params.memory_kib => params = next,
                Some(next) if taken < target && next.memory_kib == params.memory_kib => params = next,
                _ => return Ok(params),
            }
        }
    }

    const fn stronger(self) -> Option<Self> {
        if self.memory_kib < CALIBRATION_MEMORY_KIB {
            Some(Self { memory_kib: self.memory_kib * 2, ..self })
        } else if self.iterations < Self::CEILING.iterations {
            Some(Self { iterations: self.iterations + 1, ..self })
        } else {
            None
        }
    }

    /// The key that a passphrase gives under these parameters. Takes `memory_kib` of memory and wipes it.
    pub(crate) fn derive(
        self,
        passphrase: &Passphrase,
        salt: &[u8; SALT_LEN],
    ) -> Result<Zeroizing<[u8; SLOT_KEY_LEN]>, VaultError> {
        let out_of_memory = || VaultError::OutOfMemory { memory_kib: self.memory_kib };
        let params = Params::new(self.memory_kib, self.iterations, self.lanes, Some(SLOT_KEY_LEN))
            .map_err(|_| out_of_memory())?;
        let mut memory: Vec<Block> = Vec::new();
        memory.try_reserve_exact(params.block_count()).map_err(|_| out_of_memory())?;
        memory.resize(params.block_count(), Block::new());
        let mut key = Zeroizing::new([0u8; SLOT_KEY_LEN]);
        let done = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
            passphrase.as_bytes(),
            salt,
            key.as_mut_slice(),
            &mut memory,
        );
        memory.iter_mut().for_each(Zeroize::zeroize);
        done.map_err(|_| out_of_memory())?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_outside_the_bounds_are_refused_on_each_axis() {
        let (f, c) = (KdfParams::FLOOR, KdfParams::CEILING);
        for (m, t, p) in [
            (f.memory_kib - 1, f.iterations, f.lanes),
            (f.memory_kib, f.iterations - 1, f.lanes),
            (f.memory_kib, f.iterations, f.lanes - 1),
            (0, 0, 0),
        ] {
            assert!(matches!(KdfParams::new(m, t, p), Err(VaultError::ParametersTooLow { .. })));
        }
        for (m, t, p) in [
            (c.memory_kib + 1, f.iterations, f.lanes),
            (f.memory_kib, c.iterations + 1, f.lanes),
            (f.memory_kib, f.iterations, c.lanes + 1),
            (u32::MAX, u32::MAX, u32::MAX),
        ] {
            assert!(matches!(KdfParams::new(m, t, p), Err(VaultError::ParametersTooHigh { .. })));
        }
        assert_eq!(KdfParams::new(f.memory_kib, f.iterations, f.lanes).unwrap(), f);
        assert_eq!(KdfParams::new(c.memory_kib, c.iterations, c.lanes).unwrap(), c);
    }

    /// A clock that says each derivation took `step`.
    fn steady_clock(step: Duration) -> impl FnMut() -> Duration {
        let mut now = Duration::ZERO;
        move || {
            now += step;
            now
        }
    }

    #[test]
    fn calibration_never_goes_below_the_default() {
        let slow = &mut steady_clock(Duration::from_mins(1));
        assert_eq!(KdfParams::calibrate(Duration::from_millis(1), slow).unwrap(), KdfParams::DEFAULT);
    }

    #[test]
    fn calibration_doubles_memory_while_there_is_time_for_it() {
        let mut readings = [0u64, 100, 0, 300].into_iter().map(Duration::from_millis);
        let found =
            KdfParams::calibrate(Duration::from_millis(500), &mut || readings.next().unwrap()).unwrap();
        assert_eq!(found, KdfParams { memory_kib: 256 * KIB_PER_MIB, ..KdfParams::DEFAULT });
    }

    #[test]
    fn strengthening_ends_at_the_last_pass_and_stays_under_the_ceiling() {
        let mut params = KdfParams::DEFAULT;
        while let Some(next) = params.stronger() {
            assert!(KdfParams::new(next.memory_kib, next.iterations, next.lanes).is_ok());
            params = next;
        }
        assert_eq!((params.memory_kib, params.iterations), (CALIBRATION_MEMORY_KIB, 16));
    }
}

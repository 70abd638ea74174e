//! Randomness of the operating system, in the form that the pure crates take it.

use getrandom::SysRng;
use rand_core::UnwrapErr;

/// The operating system's random source. Drawing from it panics when the system has none, which on the systems this
/// runs on cannot happen once the system has started.
pub(crate) type OsRandom = UnwrapErr<SysRng>;

/// See [`OsRandom`].
pub(crate) fn os_random() -> OsRandom {
    UnwrapErr(SysRng)
}

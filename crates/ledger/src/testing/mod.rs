//! For tests of this crate and of storages: a storage in memory, sample actors, and conformance tests.

//! What sort of thing a record is: the ledger's own word.

pub use medrec_protocol::RecordKind;

//! CometBFT as the engine of a node: its folder, its configuration, its process. (docs/spec/node.md, NODE-23 to NODE-27)
//!
//! A hospital starts one command, `medrec-node run --engine cometbft`. That writes CometBFT's configuration from a short
//! file of settings, serves the application on a socket that nobody else can open, and runs `cometbft` as a child.

mod files;
mod process;
mod settings;

pub use files::EngineHome;
pub use process::{Program, Supervisor, answers};
pub use settings::{Peer, Settings, StateSync};

//! Clients of gatekeepers, one for each provider.
//!
//! Making one reads the system's certificates, and its connections are its own. A wallet that fetches hundreds of
//! records from one provider does the first once and keeps the second open.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use medrec_exchange::{ExchangeError, GatekeeperClient, client::Timeouts};
use medrec_protocol::{ProviderAddress, state::Provider};

/// The clients made so far, each with the directory entry that it was made from.
#[derive(Debug, Default)]
pub(crate) struct Gatekeepers {
    made: Mutex<BTreeMap<ProviderAddress, (Provider, GatekeeperClient)>>,
}

impl Gatekeepers {
    /// The client for a provider; a new one when its entry in the directory is another than before.
    pub fn client(&self, provider: &Provider) -> Result<GatekeeperClient, ExchangeError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let address = provider.address();
        if let Some((entry, client)) = made.get(&address)
            && entry == provider
        {
            return Ok(client.clone());
        }
        let client = GatekeeperClient::new(provider, Timeouts::default())?;
        made.insert(address, (provider.clone(), client.clone()));
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead as _, BufReader, Write as _},
        net::{SocketAddr, TcpListener},
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use ed25519_dalek::SigningKey;
    use medrec_exchange::{Signer, client::Asker};
    use medrec_protocol::{Address, RelationshipAddress, codec::Text};

    use super::*;
    use crate::testing::TestProvider;

    /// Answers every request with an unsigned "not found" and leaves the connection open; counts connections.
    fn listener() -> (SocketAddr, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&count);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    let mut answers = connection.try_clone().unwrap();
                    for line in BufReader::new(connection).lines().map_while(Result::ok) {
                        if line.is_empty() {
                            let _ = answers.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
                        }
                    }
                });
            }
        });
        (address, count)
    }

    fn at(address: SocketAddr) -> Provider {
        let (provider, _) = TestProvider::entry(0, "Abbey Clinic", "Market Aldwick");
        Provider { endpoint: Text::new(format!("http://{address}")).unwrap(), ..provider }
    }

    async fn ask(gatekeepers: &Gatekeepers, provider: &Provider) {
        let relationship = RelationshipAddress::from_bytes([7; 20]);
        let signer = Signer::new(Address::Relationship(relationship), SigningKey::from_bytes(&[7; 32]));
        let client = gatekeepers.client(provider).unwrap();
        // Nobody signed the answer, so it is worth nothing; that it came is enough here.
        client.list_records(&Asker::patient(signer), relationship, None).await.unwrap_err();
    }

    #[tokio::test]
    async fn one_provider_is_asked_over_one_connection_until_its_entry_changes() {
        let ((first, connections), (second, elsewhere)) = (listener(), listener());
        let gatekeepers = Gatekeepers::default();
        for _ in 0..5 {
            ask(&gatekeepers, &at(first)).await;
        }
        assert_eq!(connections.load(Ordering::SeqCst), 1);
        ask(&gatekeepers, &at(second)).await;
        assert_eq!((connections.load(Ordering::SeqCst), elsewhere.load(Ordering::SeqCst)), (1, 1));
    }
}

use std::{path::Path, sync::Arc};

use medrec_exchange::{GatekeeperClient, client::Timeouts};
use medrec_protocol::{
    codec::List,
    payload::{GrantHandle, GrantTerms, V1},
    share::ShareCode,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    http,
    testing::{Clinic, Patient, World, person, terms},
};

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    (listener, endpoint)
}

/// A hospital and a clinic that serve over HTTP, and a patient with both.
pub(super) struct Town {
    pub(super) world: World,
    pub(super) hospital: Clinic,
    pub(super) clinic: Clinic,
    pub(super) at_hospital: Patient,
    pub(super) at_clinic: Patient,
    stop: CancellationToken,
}

impl Drop for Town {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Town {
    pub(super) async fn new() -> Self {
        let (listener, endpoint) = listen().await;
        let (at_clinic, clinics_endpoint) = listen().await;
        let (world, mut clinics) = World::with(&[&endpoint, &clinics_endpoint]).await;
        let (clinic, hospital) = (clinics.remove(1), clinics.remove(0));
        let stop = CancellationToken::new();
        tokio::spawn(http::serve(Arc::clone(&hospital.gatekeeper), listener, stop.clone()));
        tokio::spawn(http::serve(Arc::clone(&clinic.gatekeeper), at_clinic, stop.clone()));
        hospital.write("h-7", "a.json", br#"{"resourceType":"Condition","id":"c","code":{"text":"Asthma"}}"#);
        hospital.write("h-7", "letter.txt", "Sehr geehrte Frau Kollegin".as_bytes());
        hospital.write("h-7", "scan.bin", &vec![7; 700_000]);
        world.clock.advance(3);
        let at_hospital = world.enrolled(&hospital, "h-7").await;
        let at_clinic = world.enrolled(&clinic, "c-1").await;
        hospital.work().await;
        Self { world, hospital, clinic, at_hospital, at_clinic, stop }
    }

    pub(super) fn client(&self) -> GatekeeperClient {
        GatekeeperClient::new(&self.at_hospital.publisher, Timeouts::default()).unwrap()
    }

    pub(super) async fn granted(&self) -> GrantHandle {
        self.granted_as(terms(self.clinic.gatekeeper.address())).await
    }

    /// Gives a grant to the clinic, which takes its share code.
    pub(super) async fn granted_as(&self, terms: GrantTerms) -> GrantHandle {
        let handle = self.at_hospital.grant(terms, 3600).await;
        let code = ShareCode {
            version: V1,
            chain_id: self.clinic.gatekeeper.chain.chain_id.clone(),
            grants: List::new(vec![handle.clone()]).unwrap(),
        };
        assert_eq!(self.clinic.gatekeeper.take_share_code(&code.to_string()).await.unwrap(), 1);
        handle
    }

    pub(super) async fn fetch(&self, out: Option<&Path>) -> crate::grantee::FetchReport {
        self.clinic.gatekeeper.fetch(None, &person("Dr. Sato"), out).await.unwrap()
    }
}

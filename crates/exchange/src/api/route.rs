//! The routes, each with exactly one spelling. (API-2)

use std::fmt;

use http::Method;
use medrec_protocol::{Commitment, RelationshipAddress, decide::Operation, state::EpisodeId};

const ENROLMENTS: &str = "/v1/enrolments";
const RELATIONSHIPS: &str = "/v1/relationships";
const DELIVERIES: &str = "/v1/deliveries";

/// A thing that can be asked of a gatekeeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/enrolments`.
    Enrol,
    /// `GET /v1/enrolments/{relationship}`.
    Enrolment(RelationshipAddress),
    /// `GET /v1/relationships/{relationship}/records`, `?after=INDEX` for the next page, `emergency=EPISODE` under a use
    /// of emergency access.
    Records {
        /// The relationship.
        relationship: RelationshipAddress,
        /// Only records with a greater log index.
        after: Option<u64>,
        /// The use of emergency access that is claimed.
        emergency: Option<EpisodeId>,
    },
    /// `GET` or `HEAD /v1/relationships/{relationship}/records/{commitment}`, `?operation=view` to see the
    /// record without keeping it, `emergency=EPISODE` under a use of emergency access.
    Record {
        /// The relationship.
        relationship: RelationshipAddress,
        /// The record version.
        commitment: Commitment,
        /// To keep it, or to see it.
        operation: Operation,
        /// The use of emergency access that is claimed.
        emergency: Option<EpisodeId>,
    },
    /// `POST /v1/relationships/{relationship}/viewing-key`.
    ViewingKey(RelationshipAddress),
    /// `POST /v1/relationships/{relationship}/emergencies`.
    Emergency(RelationshipAddress),
    /// `POST /v1/deliveries`.
    Deliver,
}

impl Route {
    /// Reads path and query; another spelling of a route is no route.
    pub fn parse(path_and_query: &str) -> Option<Self> {
        let route = Self::read(path_and_query)?;
        (route.to_string() == path_and_query).then_some(route)
    }

    fn read(path_and_query: &str) -> Option<Self> {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Query::read(query)?),
            None => (path_and_query, Query::default()),
        };
        if path == DELIVERIES {
            return Some(Self::Deliver);
        }
        if let Some(rest) = path.strip_prefix(ENROLMENTS) {
            return match rest.strip_prefix('/') {
                None => Some(Self::Enrol),
                Some(relationship) => Some(Self::Enrolment(relationship.parse().ok()?)),
            };
        }
        let rest = path.strip_prefix(RELATIONSHIPS)?.strip_prefix('/')?;
        let (relationship, rest) = rest.split_once('/')?;
        let relationship = relationship.parse().ok()?;
        let Query { after, operation, emergency } = query;
        match rest {
            "records" => Some(Self::Records { relationship, after, emergency }),
            "viewing-key" => Some(Self::ViewingKey(relationship)),
            "emergencies" => Some(Self::Emergency(relationship)),
            record => {
                let commitment = record.strip_prefix("records/")?.parse().ok()?;
                let operation = operation.unwrap_or(Operation::Copy);
                Some(Self::Record { relationship, commitment, operation, emergency })
            }
        }
    }

    /// True when the route can be asked with this method.
    pub fn allows(&self, method: &Method) -> bool {
        match self {
            Self::Enrol | Self::ViewingKey(_) | Self::Emergency(_) | Self::Deliver => *method == Method::POST,
            Self::Enrolment(_) | Self::Records { .. } => *method == Method::GET,
            Self::Record { .. } => *method == Method::GET || *method == Method::HEAD,
        }
    }

    /// True when the route is asked with content.
    pub fn has_content(&self) -> bool {
        self.allows(&Method::POST)
    }
}

/// What may stand behind the question mark. Which route takes what is seen when the route is written again.
#[derive(Default)]
struct Query {
    after: Option<u64>,
    operation: Option<Operation>,
    emergency: Option<EpisodeId>,
}

impl Query {
    fn read(text: &str) -> Option<Self> {
        let mut query = Self::default();
        for part in text.split('&') {
            match part.split_once('=')? {
                ("after", index) => query.after = Some(index.parse().ok()?),
                ("operation", "view") => query.operation = Some(Operation::View),
                ("emergency", episode) => query.emergency = Some(episode.parse().ok()?),
                _ => return None,
            }
        }
        Some(query)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = self.operation.filter(|operation| *operation == Operation::View);
        let parts = [
            self.after.map(|index| format!("after={index}")),
            view.map(|_| "operation=view".to_owned()),
            self.emergency.map(|episode| format!("emergency={episode}")),
        ];
        for (number, part) in parts.into_iter().flatten().enumerate() {
            write!(f, "{}{part}", if number == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enrol => f.write_str(ENROLMENTS),
            Self::Enrolment(relationship) => write!(f, "{ENROLMENTS}/{relationship}"),
            Self::Records { relationship, after, emergency } => {
                write!(f, "{RELATIONSHIPS}/{relationship}/records")?;
                Query { after: *after, operation: None, emergency: *emergency }.write(f)
            }
            Self::Record { relationship, commitment, operation, emergency } => {
                write!(f, "{RELATIONSHIPS}/{relationship}/records/{commitment}")?;
                Query { after: None, operation: Some(*operation), emergency: *emergency }.write(f)
            }
            Self::ViewingKey(relationship) => write!(f, "{RELATIONSHIPS}/{relationship}/viewing-key"),
            Self::Emergency(relationship) => write!(f, "{RELATIONSHIPS}/{relationship}/emergencies"),
            Self::Deliver => f.write_str(DELIVERIES),
        }
    }
}

#[cfg(test)]
mod tests {
    use medrec_protocol::PublicKey;
    use proptest::prelude::*;

    use super::*;

    fn relationship() -> RelationshipAddress {
        RelationshipAddress::of(&PublicKey::from_bytes([7; 32]))
    }

    #[test]
    fn every_route_is_read_as_it_is_written() {
        let relationship = relationship();
        let (commitment, episode) = (Commitment::from_bytes([9; 32]), Some(EpisodeId::from_bytes([7; 16])));
        let mut routes = vec![
            Route::Enrol,
            Route::Enrolment(relationship),
            Route::ViewingKey(relationship),
            Route::Emergency(relationship),
            Route::Deliver,
        ];
        for emergency in [None, episode] {
            for after in [None, Some(0), Some(u64::MAX)] {
                routes.push(Route::Records { relationship, after, emergency });
            }
            for operation in [Operation::Copy, Operation::View] {
                routes.push(Route::Record { relationship, commitment, operation, emergency });
            }
        }
        for route in routes {
            assert_eq!(Route::parse(&route.to_string()), Some(route));
        }
    }

    #[test]
    fn other_spellings_are_no_route() {
        let relationship = relationship();
        let record = format!("/v1/relationships/{relationship}/records/{}", "0a".repeat(32));
        let episode = "0a".repeat(16);
        assert!(Route::parse(&record).is_some());
        for text in [
            String::new(),
            "/".into(),
            "/v1/enrolments/".into(),
            "/v1/enrolments?".into(),
            "/v1/enrolmentsx".into(),
            "/v1//enrolments".into(),
            "/v2/enrolments".into(),
            format!("/v1/enrolments/{}", relationship.to_string().to_uppercase()),
            format!("/v1/relationships/{relationship}/records?after=01"),
            format!("/v1/relationships/{relationship}/records?after=1&after=2"),
            format!("/v1/relationships/{relationship}/records/"),
            record.to_uppercase(),
            record.replace("0a", "0A"),
            format!("{record}?operation=copy"),
            format!("{record}?after=1"),
            format!("{record}?emergency={episode}&operation=view"),
            format!("{record}?emergency={}", episode.to_uppercase()),
            format!("/v1/relationships/{relationship}/records?operation=view"),
            format!("/v1/relationships/{relationship}/records?emergency={episode}&after=1"),
            format!("/v1/relationships/{relationship}/viewing-key?emergency={episode}"),
            format!("/v1/relationships/{relationship}/viewing-key/"),
            "/v1/deliveries?after=1".into(),
            format!("{record}?"),
            format!("{record}/"),
            format!("{record}#f"),
        ] {
            assert_eq!(Route::parse(&text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_route_parser_panic(text in "(/v1/(enrolments|relationships)/?)?\\PC{0,80}(/records/?)?\\PC{0,80}") {
            if let Some(route) = Route::parse(&text) {
                prop_assert_eq!(route.to_string(), text);
            }
        }
    }
}

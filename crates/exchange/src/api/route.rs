//! The routes, each with exactly one spelling. (API-2)

use std::fmt;

use http::Method;
use medrec_protocol::{Commitment, RelationshipAddress, decide::Operation};

const ENROLMENTS: &str = "/v1/enrolments";
const RELATIONSHIPS: &str = "/v1/relationships";

/// A thing that can be asked of a gatekeeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/enrolments`.
    Enrol,
    /// `GET /v1/enrolments/{relationship}`.
    Enrolment(RelationshipAddress),
    /// `GET /v1/relationships/{relationship}/records`, `?after=INDEX` for the next page.
    Records {
        /// The relationship.
        relationship: RelationshipAddress,
        /// Only records with a greater log index.
        after: Option<u64>,
    },
    /// `GET` or `HEAD /v1/relationships/{relationship}/records/{commitment}`, `?operation=view` to see the
    /// record without keeping it.
    Record {
        /// The relationship.
        relationship: RelationshipAddress,
        /// The record version.
        commitment: Commitment,
        /// To keep it, or to see it.
        operation: Operation,
    },
}

impl Route {
    /// Reads path and query; another spelling of a route is no route.
    pub fn parse(path_and_query: &str) -> Option<Self> {
        let route = Self::read(path_and_query)?;
        (route.to_string() == path_and_query).then_some(route)
    }

    fn read(path_and_query: &str) -> Option<Self> {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        if let Some(rest) = path.strip_prefix(ENROLMENTS) {
            return match rest.strip_prefix('/') {
                None => Some(Self::Enrol),
                Some(relationship) => Some(Self::Enrolment(relationship.parse().ok()?)),
            };
        }
        let rest = path.strip_prefix(RELATIONSHIPS)?.strip_prefix('/')?;
        let (relationship, rest) = rest.split_once("/records")?;
        let relationship = relationship.parse().ok()?;
        match rest.strip_prefix('/') {
            None => {
                let after = match query {
                    None => None,
                    Some(query) => Some(query.strip_prefix("after=")?.parse().ok()?),
                };
                Some(Self::Records { relationship, after })
            }
            Some(commitment) => {
                let operation = if query.is_some() { Operation::View } else { Operation::Copy };
                Some(Self::Record { relationship, commitment: commitment.parse().ok()?, operation })
            }
        }
    }

    /// True when the route can be asked with this method.
    pub fn allows(&self, method: &Method) -> bool {
        match self {
            Self::Enrol => *method == Method::POST,
            Self::Enrolment(_) | Self::Records { .. } => *method == Method::GET,
            Self::Record { .. } => *method == Method::GET || *method == Method::HEAD,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enrol => f.write_str(ENROLMENTS),
            Self::Enrolment(relationship) => write!(f, "{ENROLMENTS}/{relationship}"),
            Self::Records { relationship, after } => {
                write!(f, "{RELATIONSHIPS}/{relationship}/records")?;
                after.map_or(Ok(()), |index| write!(f, "?after={index}"))
            }
            Self::Record { relationship, commitment, operation } => {
                write!(f, "{RELATIONSHIPS}/{relationship}/records/{commitment}")?;
                match operation {
                    Operation::Copy => Ok(()),
                    Operation::View => f.write_str("?operation=view"),
                }
            }
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
        let commitment = Commitment::from_bytes([9; 32]);
        for route in [
            Route::Enrol,
            Route::Enrolment(relationship),
            Route::Records { relationship, after: None },
            Route::Records { relationship, after: Some(u64::MAX) },
            Route::Record { relationship, commitment, operation: Operation::Copy },
            Route::Record { relationship, commitment, operation: Operation::View },
        ] {
            assert_eq!(Route::parse(&route.to_string()), Some(route));
        }
    }

    #[test]
    fn other_spellings_are_no_route() {
        let relationship = relationship();
        let record = format!("/v1/relationships/{relationship}/records/{}", "0a".repeat(32));
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

//! Where a gatekeeper is reached: an origin, encrypted unless it is this very computer. (HTTP-3, API-1)

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use url::{Host, Url};

/// Longest text of an endpoint in bytes, as in the directory.
pub const MAX_ENDPOINT_CHARS: usize = 200;

/// Why a text is not the address of a gatekeeper.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL, or too long.
    #[error(
        "this is not the web address of a gatekeeper; expected something like https://gatekeeper.example"
    )]
    Invalid,
    /// More than scheme, host and port.
    #[error("the address of a gatekeeper is scheme, host and port only: no user, path, query or fragment")]
    NotAnOrigin,
    /// Neither https nor http.
    #[error("the address of a gatekeeper begins with https://")]
    Scheme,
    /// Plain http to another computer.
    #[error("{host} is another computer: use https:// (plain http is for this computer only)")]
    PlainHttp {
        /// The host.
        host: String,
    },
}

/// An origin (RFC 6454): scheme, host and port, in canonical form: host in lower case, no default port, no
/// slash at the end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    origin: String,
    authority_at: usize,
    loopback: bool,
}

impl Endpoint {
    /// Host, and port if it is not the default one: `@authority` of RFC 9421.
    pub fn authority(&self) -> &str {
        &self.origin[self.authority_at..]
    }

    /// Scheme, host and port.
    pub fn as_str(&self) -> &str {
        &self.origin
    }

    /// True when it is this very computer.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// True when the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// The absolute URI of a path and query at this origin: `@target-uri` of RFC 9421.
    pub fn uri(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.origin)
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let strange = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
        if text.len() > MAX_ENDPOINT_CHARS || text.contains(strange) {
            return Err(EndpointError::Invalid);
        }
        let url = Url::parse(text).map_err(|_| EndpointError::Invalid)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EndpointError::Scheme);
        }
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() || text.contains('@') {
            return Err(EndpointError::NotAnOrigin);
        }
        let host = url.host().ok_or(EndpointError::Invalid)?;
        let loopback = is_loopback(&host);
        if url.scheme() == "http" && !loopback {
            return Err(EndpointError::PlainHttp { host: host.to_string() });
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let scheme = format!("{}://", url.scheme());
        let origin = format!("{scheme}{host}{port}");
        Ok(Self { origin, authority_at: scheme.len(), loopback })
    }
}

/// The name `localhost` counts because the client never asks a name server for it.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.origin)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Result<Endpoint, EndpointError> {
        text.parse()
    }

    #[test]
    fn https_and_loopback_are_taken_in_canonical_form() {
        for (text, origin, authority) in [
            ("https://Hospital.Example:443/", "https://hospital.example", "hospital.example"),
            ("https://hospital.example:8443", "https://hospital.example:8443", "hospital.example:8443"),
            ("http://127.0.0.1:7001", "http://127.0.0.1:7001", "127.0.0.1:7001"),
            ("http://localhost:80", "http://localhost", "localhost"),
            ("http://[::1]:7001", "http://[::1]:7001", "[::1]:7001"),
        ] {
            let endpoint = endpoint(text).unwrap();
            assert_eq!((endpoint.as_str(), endpoint.authority()), (origin, authority));
            assert_eq!(endpoint.is_loopback(), !endpoint.is_encrypted());
        }
    }

    #[test]
    fn plain_http_to_another_computer_is_refused() {
        for text in
            ["http://hospital.example", "http://192.168.1.7:80", "http://localhost.example", "http://[::2]"]
        {
            assert!(matches!(endpoint(text), Err(EndpointError::PlainHttp { .. })), "{text}");
        }
    }

    #[test]
    fn more_than_an_origin_is_refused() {
        for text in [
            "https://a@hospital.example",
            "https://@hospital.example",
            "https://hospital.example/path",
            "https://hospital.example/?q",
            "https://hospital.example/#f",
        ] {
            assert_eq!(endpoint(text), Err(EndpointError::NotAnOrigin), "{text}");
        }
        assert_eq!(endpoint("ftp://hospital.example"), Err(EndpointError::Scheme));
        for text in
            ["", "hospital.example", "https://", "https:\\\\hospital.example", "https://hos\tpital.example"]
        {
            assert!(endpoint(text).is_err(), "{text}");
        }
    }
}

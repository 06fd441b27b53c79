//! What behaviors do for the pages that a game opens.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::behavior::{BEHAVIOR_HEADER, Behavior};

/// The longest time that the sandbox's own visit to a return URL may take.
const OWN_VISIT: Duration = Duration::from_secs(3);

/// The behavior that a visit asks for, if it does. `HEAD` and visits ahead of time are refused: a
/// page may act at once.
pub(super) struct AskedBehavior(pub(super) Option<Behavior>);

impl<S: Sync> FromRequestParts<S> for AskedBehavior {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        if parts.method != Method::GET {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        if ["sec-purpose", "purpose"]
            .iter()
            .any(|name| parts.headers.contains_key(*name))
        {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        asked_behavior(&parts.headers)
            .map(Self)
            .map_err(|()| StatusCode::BAD_REQUEST)
    }
}

/// Reads the header of a [`Player`](crate::Player). Pages of other sites cannot send it: browsers
/// would ask first, and the sandbox never allows it.
fn asked_behavior(headers: &HeaderMap) -> Result<Option<Behavior>, ()> {
    let Some(value) = headers.get(BEHAVIOR_HEADER) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .map(Some)
        .ok_or(())
}

/// Waits as long as the behavior says. Returns what to do then.
pub(super) async fn after_delay(mut behavior: Behavior) -> Behavior {
    while let Behavior::Delay(time, then) = behavior {
        tokio::time::sleep(time).await;
        behavior = *then;
    }
    behavior
}

/// Visits a loopback URL as a browser would, and ignores the response.
pub(super) async fn visit(host: &str, url: &str) {
    let _ = tokio::time::timeout(OWN_VISIT, request(host, url)).await;
}

async fn request(host: &str, url: &str) -> std::io::Result<()> {
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let path = path.split('#').next().unwrap_or_default();
    let mut stream = tokio::net::TcpStream::connect(host).await?;
    let head = format!(
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\n\
         Sec-Fetch-Dest: document\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut response = [0; 4096];
    while stream.read(&mut response).await? > 0 {}
    Ok(())
}

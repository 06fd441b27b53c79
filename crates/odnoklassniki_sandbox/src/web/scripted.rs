//! What the pages that a game opens have in common: when they act, and what a behavior does by
//! itself.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::behavior::{BEHAVIOR_HEADER, Behavior};

/// Longest time the sandbox's own visit to a return address may take.
const OWN_VISIT: Duration = Duration::from_secs(3);

/// The behavior that comes with a visit, if one does. No visit counts that is `HEAD` or ahead of
/// time: a scripted request acts right away.
pub(super) struct Brought(pub(super) Option<Behavior>);

impl<S: Sync> FromRequestParts<S> for Brought {
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
        brought(&parts.headers)
            .map(Self)
            .map_err(|()| StatusCode::BAD_REQUEST)
    }
}

/// The behavior that a [`Player`](crate::Player) brings along. Pages of other sites cannot send
/// this header: browsers would ask first, and are never allowed.
fn brought(headers: &HeaderMap) -> Result<Option<Behavior>, ()> {
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

/// Waits as long as the behavior wants, and gives what it wants then.
pub(super) async fn after_delay(mut behavior: Behavior) -> Behavior {
    while let Behavior::Delay(time, then) = behavior {
        tokio::time::sleep(time).await;
        behavior = *then;
    }
    behavior
}

/// One plain request to a loopback address, as a browser would make it. The answer is read and
/// forgotten.
pub(super) async fn visit(host: &str, address: &str) {
    let _ = tokio::time::timeout(OWN_VISIT, visit_address(host, address)).await;
}

async fn visit_address(host: &str, address: &str) -> std::io::Result<()> {
    let path = address.splitn(4, '/').nth(3).unwrap_or_default();
    let path = path.split('#').next().unwrap_or_default();
    let mut stream = tokio::net::TcpStream::connect(host).await?;
    let head = format!(
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\n\
         Sec-Fetch-Dest: document\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = [0; 4096];
    while stream.read(&mut answer).await? > 0 {}
    Ok(())
}

//! The plainest HTTP client: one request, all that comes back as text.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// GETs a loopback URL as a browser's navigation would. Returns the whole response.
pub fn get(url: &str) -> String {
    let (host, path) = split(url);
    let headers = "Accept-Language: en\r\nConnection: close\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    send(
        host,
        &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n"),
    )
}

/// Sends these bytes to a host and reads until it closes.
pub fn send(host: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("the port is open");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    stream
        .write_all(request.as_bytes())
        .expect("the request is taken");
    let mut response = Vec::new();
    _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

/// Splits a URL into host with port, and path with query.
pub fn split(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").expect("a plain http URL");
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

/// Returns a parameter of a URL, decoded: there are no other escapes in what the tests look for.
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let raw = url
        .split(['?', '&'])
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(
        raw.replace("%3A", ":")
            .replace("%2F", "/")
            .replace("%5B", "[")
            .replace("%5D", "]"),
    )
}

/// Returns the status code of a response.
pub fn status(response: &str) -> u16 {
    response
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

/// Returns a header of a response.
pub fn header<'a>(response: &'a str, name: &str) -> Option<&'a str> {
    response
        .lines()
        .take_while(|line| !line.is_empty())
        .find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
}

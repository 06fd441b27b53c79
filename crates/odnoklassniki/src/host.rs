//! How a browser writes a host.

use std::net::Ipv6Addr;

use idna::punycode;

/// Begins a label whose letters are beyond ASCII (RFC 5890, 2.3.2.5).
const PREFIX: &str = "xn--";

/// Returns a host that is well formed in the form in which a browser looks it up: ASCII, lower case.
/// `None` if it has a label that no browser accepts (UTS 46).
pub(crate) fn to_ascii(host: &str) -> Option<String> {
    if let Some(rest) = host.strip_prefix('[') {
        let address = rest.strip_suffix(']')?;
        return address.parse::<Ipv6Addr>().ok().map(|ip| format!("[{ip}]"));
    }
    let needs_tables = !host.is_ascii() || host.split('.').any(is_encoded);
    match needs_tables {
        true => to_ascii_by_tables(host),
        false => Some(host.to_ascii_lowercase()),
    }
}

/// Returns whether a browser reads the labels beyond ASCII as they are written, but for their case.
pub(crate) fn stays(host: &str) -> bool {
    let Some(read) = to_ascii(host) else {
        return false;
    };
    let mut labels = read.split('.').zip(host.split('.'));
    labels.all(|(read, written)| written.is_ascii() || is_encoding_of(read, written))
}

/// Returns whether a label that a browser has made is the encoding of another, in lower case.
fn is_encoding_of(read: &str, written: &str) -> bool {
    let lower: String = written.chars().flat_map(char::to_lowercase).collect();
    let encoded = punycode::encode_str(&lower);
    read.strip_prefix(PREFIX).map(str::to_owned) == encoded
}

fn is_encoded(label: &str) -> bool {
    let start = label.get(..PREFIX.len()).unwrap_or_default();
    start.eq_ignore_ascii_case(PREFIX)
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn to_ascii_by_tables(host: &str) -> Option<String> {
    idna::domain_to_ascii(host).ok()
}

/// A browser has the tables: half of what the protocol would add to a game's download.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn to_ascii_by_tables(host: &str) -> Option<String> {
    let url = web_sys::Url::new(&format!("https://{host}/")).ok()?;
    Some(url.hostname())
}

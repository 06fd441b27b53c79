//! The URL of a record, built and compared.

use odnoklassniki::{
    AccessToken, ApplicationId, ApplicationSecretKey, Attachment, AttachmentEncoding,
    BackendSignature, Hosts, InviteParameters, InviteWidget, PostParameters, PostWidget, ReturnTo,
    SessionKey, SessionSecretKey, Signer, SigningRequest, SuggestWidget, UrlError, Widget,
    WidgetParameters, WidgetUrlBuilder, widget_signature,
};
use url::Url;

use super::record::Record;

/// What could be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The record has something that has no setter.
    Nothing,
    /// The builder does not send this on purpose; the digest is checked without it.
    Refused(String),
    /// The record has no URL.
    Signature,
    /// The whole URL.
    Whole,
}

/// Builds the URL of a record with the crate's builder and compares it.
pub fn compare(record: &Record) -> Result<Compared, String> {
    match record.kind.as_str() {
        "widget_invite" => invite(record, InviteWidget::new()),
        "widget_suggest" => invite(record, SuggestWidget::new()),
        _ => post(record),
    }
}

fn post(record: &Record) -> Result<Compared, String> {
    let Ok(Some(json)) = record.text("attachment_json") else {
        return Ok(Compared::Nothing);
    };
    let encoding = match record.text("attachment_encoding")?.as_deref() {
        Some("base64") => AttachmentEncoding::Base64,
        _ => AttachmentEncoding::Plain,
    };
    // An attachment that is refused, such as `{}`, has no URL.
    let Ok(attachment) = Attachment::from_json(&json) else {
        return Ok(Compared::Nothing);
    };
    let mut widget = PostWidget::new(attachment).attachment_encoding(encoding);
    for (name, value) in record.unsigned()? {
        widget = match (name.as_str(), switch(&value)) {
            ("st.groupId", _) => widget.group_id(value),
            ("st.utext", Some(on)) => widget.user_text(on),
            _ => match shared(widget, &name, &value) {
                Some(widget) => widget,
                None => return Ok(Compared::Nothing),
            },
        };
    }
    finish(record, widget)
}

fn invite(record: &Record, mut widget: impl InviteParameters + Widget) -> Result<Compared, String> {
    for (name, value) in record.unsigned()? {
        widget = match (name.as_str(), switch(&value)) {
            ("st.comment", _) => widget.comment(value),
            ("st.custom_args", _) => widget.custom_args(value),
            ("st.target", _) => widget.target(value.split(',')),
            ("st.target_only", Some(on)) => widget.target_only(on),
            ("st.autosel", _) => match value.parse() {
                Ok(friends) => widget.autosel(friends),
                Err(_) => return Ok(Compared::Nothing),
            },
            _ => match shared(widget, &name, &value) {
                Some(widget) => widget,
                None => return Ok(Compared::Nothing),
            },
        };
    }
    finish(record, widget)
}

/// The setters of all widgets; None if there is none for it.
fn shared<W: WidgetParameters>(widget: W, name: &str, value: &str) -> Option<W> {
    Some(match (name, switch(value)?) {
        ("st.popup", on) => widget.popup(on),
        ("st.nohead", on) => widget.nohead(on),
        ("st.silent", on) => widget.silent(on),
        ("st.nocancel", true) => widget.nocancel(true),
        _ => return None,
    })
}

fn switch(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn finish<W: Widget>(record: &Record, mut widget: W) -> Result<Compared, String> {
    for (name, value) in record.signed()? {
        // The builder leaves empty parameters out; the digest is checked with them.
        if value.is_empty() {
            return Ok(Compared::Nothing);
        }
        widget = match name {
            "st.return" => widget.return_url(value),
            "st.redirect_uri" => widget.redirect_uri(value),
            "st.state" => widget.state(value),
            _ => widget,
        };
    }
    let expected = record
        .url
        .as_deref()
        .map(|url| Url::parse(url).map_err(|e| e.to_string()));
    let expected = expected.transpose()?;
    let app_id = match record.text("app_id")? {
        Some(_) => record.number("app_id")?,
        None => ApplicationId::new(1),
    };
    let mut builder = WidgetUrlBuilder::new(app_id);
    if let Some(expected) = &expected {
        let base = expected.join(".").map_err(|error| error.to_string())?;
        builder = builder.with_hosts(
            Hosts::default()
                .with_connect(base.as_str())
                .map_err(|e| e.to_string())?,
        );
    }
    let signer = signer(record)?;
    let url = match builder.build(&widget, ReturnTo::default(), &signer) {
        Ok(url) => url,
        Err(UrlError::Signing(error)) => return Err(error.to_string()),
        Err(error) => return Ok(Compared::Refused(error.to_string())),
    };
    if url.signature().as_str() != record.md5 {
        return Err(format!("the builder signs {}", url.signature().as_str()));
    }
    let Some(expected) = expected else {
        return Ok(Compared::Signature);
    };
    let built = Url::parse(url.expose()).map_err(|error| error.to_string())?;
    if built.path() != expected.path() || built.origin() != expected.origin() {
        return Err(format!(
            "the builder takes {}{}",
            built.authority(),
            built.path()
        ));
    }
    // The order is free, and so is the way of encoding.
    let (built, expected) = (pairs(&built), pairs(&expected));
    let differ = |a: &[(String, String)], b: &[(String, String)]| {
        a.iter()
            .filter(|pair| !b.contains(pair))
            .cloned()
            .collect::<Vec<_>>()
    };
    let (extra, missing) = (differ(&built, &expected), differ(&expected, &built));
    if built != expected {
        return Err(format!(
            "the builder adds {extra:?} and leaves out {missing:?}"
        ));
    }
    Ok(Compared::Whole)
}

fn pairs(url: &Url) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = url.query_pairs().into_owned().collect();
    pairs.sort();
    pairs
}

fn signer(record: &Record) -> Result<Signer, String> {
    let key = record.key()?;
    if let Some(token) = record.text("access_token")? {
        return Ok(Signer::session(
            AccessToken::new(token),
            SessionSecretKey::new(key),
        ));
    }
    if let Some(session) = record.text("session_key")? {
        let session = SessionKey::new(session);
        return Ok(Signer::portal_session(session, SessionSecretKey::new(key)));
    }
    let key = ApplicationSecretKey::new(key);
    Ok(Signer::backend(move |request: &SigningRequest<'_>| {
        Ok(BackendSignature {
            signature: widget_signature(request.fields(), &key),
            access_token: None,
        })
    }))
}

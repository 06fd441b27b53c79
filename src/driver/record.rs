//! The pending requests as a text, for the next run of the game: pure, and without the session's
//! token and key. What can end a request is in it: its return token.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeSet;

use callback_listener::ReturnToken;
use odnoklassniki::oauth::{Layout, ResponseType};
use odnoklassniki::{AttachmentEncoding, Parameters, WidgetKind};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::request::submission::{Joined, LoginPayload, MAX_TAG, Origin, WidgetPayload};
use crate::request::{MAX_JOINED, MAX_PENDING, RequestId, RequestKind, check_timeout};

const FORMAT: &str = "bevy_odnoklassniki pending requests";
const VERSION: u32 = 2;

/// The longest record, in bytes.
pub(super) const MAX_RECORD: usize = 64 * 1024;

/// The greatest id that is read. Greater ones would soon overflow.
const MAX_ID: u64 = 1 << 53;

/// What an earlier run of the game has left. `Debug` shows no token and no callback.
pub(crate) struct Resumed {
    pub(super) requests: Vec<KeptRequest>,
    /// The callback that has come since, with its return token.
    pub(super) callback: Option<(ReturnToken, Zeroizing<String>)>,
}

/// A pending request of an earlier run. `Debug` shows no token.
#[derive(Clone, Debug)]
pub(crate) struct KeptRequest {
    pub(super) id: RequestId,
    pub(super) kind: RequestKind,
    pub(super) return_token: ReturnToken,
    pub(super) tag: Option<String>,
    /// When it ends, in milliseconds since 1970.
    pub(super) deadline: u64,
    pub(super) timeout: Duration,
    /// Whether its page was open.
    pub(super) is_open: bool,
    pub(super) page: KeptPage,
}

/// What the page of a request is made of.
#[derive(Clone, Debug)]
pub(crate) enum KeptPage {
    Widget(Box<WidgetPayload>),
    Login {
        payload: LoginPayload,
        redirect_uri: String,
        joined: Vec<Joined>,
    },
}

impl Resumed {
    /// Makes the ids of later requests greater than these.
    pub(super) fn new(
        requests: Vec<KeptRequest>,
        callback: Option<(ReturnToken, Zeroizing<String>)>,
    ) -> Self {
        let ids = requests.iter().flat_map(KeptRequest::ids);
        ids.for_each(RequestId::continue_after);
        Self { requests, callback }
    }

    /// Returns the return tokens of the requests that a link can still end at this time of day.
    pub(super) fn return_tokens(&self, now: u64) -> Vec<ReturnToken> {
        let requests = (self.requests.iter()).filter(|request| !request.is_over(now));
        let tokens = requests.map(KeptRequest::return_token);
        tokens.cloned().collect()
    }
}

impl fmt::Debug for Resumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resumed")
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

/// Only the fields that identify a record: another version may have other fields besides.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
    app_id: Option<String>,
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'a str,
    version: u32,
    app_id: &'a str,
    requests: Vec<Entry>,
}

#[derive(Deserialize)]
struct Read {
    requests: Vec<Entry>,
}

/// A request, as it is written.
#[derive(Serialize, Deserialize)]
struct Entry {
    id: u64,
    kind: String,
    return_token: Secret,
    tag: Option<String>,
    deadline: u64,
    timeout_ms: u64,
    is_open: bool,
    widget: Option<WidgetEntry>,
    login: Option<LoginEntry>,
}

#[derive(Serialize, Deserialize)]
struct WidgetEntry {
    name: String,
    parameters: Vec<(String, String)>,
    plain_attachment: bool,
}

#[derive(Serialize, Deserialize)]
struct LoginEntry {
    response_type: String,
    scopes: Vec<String>,
    layout: String,
    redirect_uri: String,
    joined: Vec<JoinedEntry>,
}

#[derive(Serialize, Deserialize)]
struct JoinedEntry {
    id: u64,
    tag: Option<String>,
}

/// A text that is wiped.
#[derive(Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
struct Secret(Zeroizing<String>);

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        secret.0.as_str().to_owned()
    }
}

/// Returns the text of these requests. `None` if it is longer than [`MAX_RECORD`].
pub(super) fn write(app_id: &str, requests: &[KeptRequest]) -> Option<Zeroizing<String>> {
    let record = Written {
        format: FORMAT,
        version: VERSION,
        app_id,
        requests: requests.iter().map(KeptRequest::entry).collect(),
    };
    let mut buffer = Zeroizing::new(vec![0; MAX_RECORD]);
    let mut rest = buffer.as_mut_slice();
    serde_json::to_writer(&mut rest, &record).ok()?;
    let written = MAX_RECORD - rest.len();
    let text = core::str::from_utf8(buffer.get(..written)?).ok()?;
    Some(Zeroizing::new(text.to_owned()))
}

/// Parses the text of an earlier run.
///
/// # Errors
///
/// Returns why the text is not restored. The reason quotes nothing of it.
pub(super) fn read(app_id: &str, text: &str) -> Result<Vec<KeptRequest>, &'static str> {
    const DAMAGED: &str = "it is no record of pending requests";
    if text.len() > MAX_RECORD {
        return Err("it is too long");
    }
    let head: Head = serde_json::from_str(text).map_err(|_| DAMAGED)?;
    if head.format != FORMAT {
        return Err(DAMAGED);
    }
    if head.version != VERSION {
        return Err("it was written by another version of the plugin");
    }
    if head.app_id.as_deref() != Some(app_id) {
        return Err("it belongs to another application");
    }
    let read: Read = serde_json::from_str(text).map_err(|_| DAMAGED)?;
    let requests: Option<Vec<_>> = read.requests.into_iter().map(Entry::request).collect();
    requests.filter(|requests| fits(requests)).ok_or(DAMAGED)
}

/// Returns whether a driver could have had these requests at the same time.
fn fits(requests: &[KeptRequest]) -> bool {
    let is_login = |request: &&KeptRequest| matches!(request.page, KeptPage::Login { .. });
    let logins = requests.iter().filter(is_login).count();
    let mut ids = BTreeSet::new();
    let mut tokens = BTreeSet::new();
    logins <= 1
        && requests.len() - logins <= MAX_PENDING
        && requests.iter().all(|request| {
            tokens.insert(request.return_token.expose()) && request.ids().all(|id| ids.insert(id))
        })
}

impl KeptRequest {
    pub(super) fn return_token(&self) -> &ReturnToken {
        &self.return_token
    }

    /// Returns whether callbacks with this return token are for it.
    pub(super) fn is_for(&self, token: &ReturnToken) -> bool {
        self.return_token.matches(token.expose())
    }

    /// Returns whether its deadline has passed at this time of day.
    pub(super) fn is_over(&self, now: u64) -> bool {
        self.deadline <= now
    }

    /// Returns its id, and those of the logins that have joined it.
    pub(super) fn ids(&self) -> impl Iterator<Item = RequestId> {
        self.origins().map(|(id, _)| id)
    }

    /// Returns the same ids, each with what its result says about the request.
    pub(super) fn origins(&self) -> impl Iterator<Item = (RequestId, Origin)> {
        let joined = match &self.page {
            KeptPage::Widget(_) => &[],
            KeptPage::Login { joined, .. } => joined.as_slice(),
        };
        let resumed = |tag: &Option<String>| Origin {
            tag: tag.clone(),
            resumed: true,
        };
        let joined = joined
            .iter()
            .map(move |login| (login.id, resumed(&login.tag)));
        std::iter::once((self.id, resumed(&self.tag))).chain(joined)
    }

    fn entry(&self) -> Entry {
        let (widget, login) = match &self.page {
            KeptPage::Widget(payload) => (Some(WidgetEntry::of(payload)), None),
            KeptPage::Login {
                payload,
                redirect_uri,
                joined,
            } => {
                let scopes = payload.scopes.iter();
                let login = LoginEntry {
                    response_type: payload.response_type.as_str().to_owned(),
                    scopes: scopes.map(|scope| scope.as_str().to_owned()).collect(),
                    layout: payload.layout.as_str().to_owned(),
                    redirect_uri: redirect_uri.clone(),
                    joined: joined.iter().map(JoinedEntry::of).collect(),
                };
                (None, Some(login))
            }
        };
        Entry {
            id: self.id.get(),
            kind: self.kind.name().to_owned(),
            return_token: Secret(Zeroizing::new(self.return_token.expose().to_owned())),
            tag: self.tag.clone(),
            deadline: self.deadline,
            timeout_ms: u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX),
            is_open: self.is_open,
            widget,
            login,
        }
    }
}

impl Entry {
    fn request(self) -> Option<KeptRequest> {
        let kind = RequestKind::from_name(&self.kind)?;
        let page = match (self.widget, self.login) {
            (Some(widget), None) if kind != RequestKind::Login => {
                KeptPage::Widget(Box::new(widget.read()?))
            }
            (None, Some(login)) if kind == RequestKind::Login => login.read()?,
            _ => return None,
        };
        Some(KeptRequest {
            id: id(self.id)?,
            kind,
            return_token: ReturnToken::parse(&self.return_token.0)?,
            tag: tag(self.tag)?,
            deadline: self.deadline,
            timeout: check_timeout(Duration::from_millis(self.timeout_ms)).ok()?,
            is_open: self.is_open,
            page,
        })
    }
}

impl WidgetEntry {
    fn of(payload: &WidgetPayload) -> Self {
        let parameters = &payload.parameters;
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            name: payload.widget.name().to_owned(),
            parameters: parameters.pairs().map(own).collect(),
            plain_attachment: parameters.attachment_encoding() == AttachmentEncoding::Plain,
        }
    }

    fn read(self) -> Option<WidgetPayload> {
        let widgets = [WidgetKind::Post, WidgetKind::Invite, WidgetKind::Suggest];
        let widget = widgets
            .into_iter()
            .find(|widget| widget.name() == self.name)?;
        let encoding = match self.plain_attachment {
            true => AttachmentEncoding::Plain,
            false => AttachmentEncoding::Base64,
        };
        let parameters = Parameters::from_pairs(self.parameters, encoding);
        let payload = WidgetPayload { widget, parameters };
        // Another script of the origin may have written it.
        payload.validate().ok()?;
        Some(payload)
    }
}

impl LoginEntry {
    fn read(self) -> Option<KeptPage> {
        let response_types = [ResponseType::Token, ResponseType::Code];
        let layouts = [Layout::Full, Layout::Mobile, Layout::MobileWithoutHeader];
        let scopes: Option<Vec<_>> = self.scopes.iter().map(|scope| scope.parse().ok()).collect();
        let joined: Option<Vec<_>> = self.joined.into_iter().map(JoinedEntry::read).collect();
        let payload = LoginPayload {
            response_type: response_types
                .into_iter()
                .find(|flow| flow.as_str() == self.response_type)?,
            scopes: scopes?,
            layout: layouts
                .into_iter()
                .find(|layout| layout.as_str() == self.layout)?,
        };
        Some(KeptPage::Login {
            payload,
            redirect_uri: self.redirect_uri,
            joined: joined.filter(|joined| joined.len() <= MAX_JOINED)?,
        })
    }
}

impl JoinedEntry {
    fn of(login: &Joined) -> Self {
        Self {
            id: login.id.get(),
            tag: login.tag.clone(),
        }
    }

    fn read(self) -> Option<Joined> {
        Some(Joined {
            id: id(self.id)?,
            tag: tag(self.tag)?,
        })
    }
}

fn tag(tag: Option<String>) -> Option<Option<String>> {
    let fits = tag.as_ref().is_none_or(|tag| tag.len() <= MAX_TAG);
    fits.then_some(tag)
}

fn id(raw: u64) -> Option<RequestId> {
    let is_id = (1..=MAX_ID).contains(&raw);
    is_id.then(|| RequestId::from_raw(raw))
}

#[cfg(test)]
mod tests;

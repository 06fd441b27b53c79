//! The player's browser: redirects, cookies, and the headers that a browser sends.

use std::time::Duration;

use ureq::http::{Response, header};
use ureq::{Agent, Body, RequestBuilder};

use super::error::PlayerError;
use super::page::Content;
use super::url::{join, origin, return_token};
use crate::behavior::{BEHAVIOR_HEADER, Behavior};
use crate::form;

/// Redirects that the browser follows for one link, all pages together.
const MAX_REDIRECTS: usize = 10;
/// The longest time for a connection to this machine.
const MAX_CONNECT: Duration = Duration::from_secs(5);
/// The largest page that the browser reads, in bytes.
const MAX_PAGE: u64 = 1 << 20;
/// Cookies that the browser keeps for one link.
const MAX_COOKIES: usize = 50;

/// A page of the game comes as HTML, and one of the sandbox as JSON.
const ACCEPT: &str = "text/html, application/json, */*;q=0.8";

/// A page that the player sees.
pub(super) struct Page {
    /// Without the fragment, which a browser keeps to itself.
    pub(super) url: String,
    fragment: Option<String>,
    pub(super) status: u16,
    pub(super) content: Content,
}

pub(super) struct Browser {
    agent: Agent,
    language: String,
    behavior: Option<Behavior>,
    redirects: usize,
    /// Origin, name and value.
    cookies: Vec<(String, String, String)>,
}

impl Browser {
    pub(super) fn new(timeout: Duration, language: &str, behavior: Option<&Behavior>) -> Self {
        let agent = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(timeout))
            .timeout_connect(Some(timeout.min(MAX_CONNECT)))
            .user_agent("odnoklassniki_sandbox player")
            .build()
            .into();
        Self {
            agent,
            language: language.to_owned(),
            behavior: behavior.cloned(),
            redirects: 0,
            cookies: Vec::new(),
        }
    }

    /// Opens a link that the game has.
    pub(super) fn open(&mut self, link: &str) -> Result<Page, PlayerError> {
        self.visit(link, "none")
    }

    fn visit(&mut self, link: &str, site: &str) -> Result<Page, PlayerError> {
        let (url, fragment) = match link.split_once('#') {
            Some((url, fragment)) => (url, Some(fragment)),
            None => (link, None),
        };
        let mut request = self.navigation(self.agent.get(url), url, site)?;
        if let Some(behavior) = &self.behavior {
            request = request.header(BEHAVIOR_HEADER, behavior.to_string());
        }
        let response = request.call().map_err(PlayerError::from_network)?;
        self.follow(url, fragment, response, site)
    }

    /// Sends the form of a page.
    pub(super) fn submit(
        &mut self,
        page: &Page,
        action: &str,
        body: &str,
    ) -> Result<Page, PlayerError> {
        let url = join(&page.url, action)?;
        let request = self
            .navigation(self.agent.post(&url), &url, "same-origin")?
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Origin", origin(&page.url)?);
        let response = request.send(body).map_err(PlayerError::from_network)?;
        // The return URL has another port of this machine, which browsers call the same site.
        self.follow(&url, None, response, "same-site")
    }

    /// Adds the headers with which a browser opens a page.
    fn navigation<B>(
        &self,
        request: RequestBuilder<B>,
        url: &str,
        site: &str,
    ) -> Result<RequestBuilder<B>, PlayerError> {
        let cookies = self.cookies(origin(url)?);
        let request = request
            .header("Accept", ACCEPT)
            .header("Accept-Language", &self.language)
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .header("Sec-Fetch-User", "?1")
            .header("Sec-Fetch-Site", site);
        Ok(if cookies.is_empty() {
            request
        } else {
            request.header(header::COOKIE, cookies)
        })
    }

    fn follow(
        &mut self,
        url: &str,
        fragment: Option<&str>,
        mut response: Response<Body>,
        site: &str,
    ) -> Result<Page, PlayerError> {
        self.keep_cookies(origin(url)?, &response);
        let status = response.status().as_u16();
        if matches!(status, 301..=303) {
            self.redirects += 1;
            if self.redirects > MAX_REDIRECTS {
                return Err(PlayerError::NoWayOut);
            }
            let location = response.headers().get(header::LOCATION);
            let location = location
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            let mut next = join(url, location)?;
            // A fragment survives redirects without a fragment.
            if let (Some(fragment), false) = (fragment, next.contains('#')) {
                next = format!("{next}#{fragment}");
            }
            return self.visit(&next, site);
        }
        let json = media_type(&response) == "application/json";
        let text = read(&mut response)?;
        Ok(Page {
            url: url.to_owned(),
            fragment: fragment.map(str::to_owned),
            status,
            content: if json {
                Content::from_json(&text)
            } else {
                Content::from_html(&text)
            },
        })
    }

    /// Sends the fragment where the script of the page would. Returns status and text of the
    /// response, or `None` if the page has no such script, or no fragment.
    pub(super) fn relay(&self, page: &Page) -> Result<Option<(u16, String)>, PlayerError> {
        let fragment = page.fragment.as_deref().filter(|_| page.status == 200);
        let (Some(fragment), Some(path)) = (fragment, &page.content.relay) else {
            return Ok(None);
        };
        let token = form::encode(&return_token(&page.url, fragment));
        let target = join(&page.url, &format!("{path}{token}"))?;
        let origin_of_page = origin(&page.url)?;
        // A script reaches its own server only.
        if origin(&target)? != origin_of_page {
            return Err(PlayerError::Elsewhere);
        }
        let request = self
            .agent
            .post(&target)
            .header("Accept", "*/*")
            .header("Accept-Language", &self.language)
            .header("Content-Type", "text/plain; charset=utf-8")
            .header("Origin", origin_of_page)
            .header("Sec-Fetch-Site", "same-origin")
            .header("Sec-Fetch-Mode", "cors")
            .header("Sec-Fetch-Dest", "empty");
        let mut response = request.send(fragment).map_err(PlayerError::from_network)?;
        let text = if media_type(&response) == "text/plain" {
            read(&mut response)?.trim().to_owned()
        } else {
            page.content.title.clone()
        };
        Ok(Some((response.status().as_u16(), text)))
    }

    /// Returns the `Cookie` header for an origin; empty if there are no cookies.
    fn cookies(&self, origin: &str) -> String {
        let own = self.cookies.iter().filter(|(known, ..)| known == origin);
        own.map(|(_, name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// Keeps names and values, for each origin. That is less than a browser does, and enough to
    /// stay logged in.
    fn keep_cookies(&mut self, origin: &str, response: &Response<Body>) {
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie
                .to_str()
                .ok()
                .and_then(|text| text.split(';').next())
                .and_then(|pair| pair.split_once('='));
            let Some((name, value)) = pair else { continue };
            self.cookies
                .retain(|(known, other, _)| known != origin || other != name);
            if self.cookies.len() < MAX_COOKIES {
                self.cookies.push((
                    origin.to_owned(),
                    name.trim().to_owned(),
                    value.trim().to_owned(),
                ));
            }
        }
    }
}

/// Returns the `Content-Type` without its parameters.
fn media_type(response: &Response<Body>) -> &str {
    let value = response.headers().get(header::CONTENT_TYPE);
    let text = value.and_then(|value| value.to_str().ok());
    let media_type = text.and_then(|text| text.split(';').next());
    media_type.unwrap_or_default().trim()
}

fn read(response: &mut Response<Body>) -> Result<String, PlayerError> {
    response
        .body_mut()
        .with_config()
        .limit(MAX_PAGE)
        .lossy_utf8(true)
        .read_to_string()
        .map_err(PlayerError::from_network)
}

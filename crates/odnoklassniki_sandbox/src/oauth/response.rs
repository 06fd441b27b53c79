//! The responses to a login (apiok.ru/en/ext/oauth/client, `…/server`; some names are from OK's own
//! kits).

use std::fmt;

use super::redirect_uri;
use super::scopes::Scopes;
use super::types::Flow;
use crate::return_url::ReturnUrl;

/// What the game gets. It holds secrets, so it has no `Debug`.
pub(crate) enum Grant {
    Token {
        access_token: String,
        session_secret_key: String,
        scopes: Scopes,
        /// In seconds.
        expires_in: u64,
    },
    Code(String),
}

/// Where the response goes.
pub(crate) struct ResponseTarget {
    pub(crate) url: ReturnUrl,
    /// As the game sent it.
    pub(crate) redirect_uri: String,
    pub(crate) flow: Flow,
    pub(crate) state: Option<String>,
}

const DENIED: &str = "access_denied";
/// A state that no game sends.
const FOREIGN_STATE: &str = "never-sent-by-the-game";

type Pairs = Vec<(&'static str, String)>;

impl ResponseTarget {
    /// Returns the URL that carries the grant: a token in the fragment, a code in the query.
    pub(crate) fn granted(&self, grant: &Grant) -> String {
        self.granted_with(grant, self.state.clone())
    }

    /// Returns the same with a state that the game never sent.
    pub(crate) fn wrong_state(&self, grant: &Grant) -> String {
        self.granted_with(grant, Some(FOREIGN_STATE.to_owned()))
    }

    fn granted_with(&self, grant: &Grant, state: Option<String>) -> String {
        match grant {
            Grant::Token {
                access_token,
                session_secret_key,
                scopes,
                expires_in,
            } => {
                let mut pairs = vec![
                    ("access_token", access_token.clone()),
                    ("session_secret_key", session_secret_key.clone()),
                    ("permissions_granted", scopes.to_string()),
                    ("expires_in", expires_in.to_string()),
                ];
                pairs.extend(state.map(|state| ("state", state)));
                self.url.with_fragment(&pairs)
            }
            Grant::Code(code) => {
                let mut pairs = vec![("code", code.clone())];
                pairs.extend(state.map(|state| ("state", state)));
                self.url.with_query(&pairs)
            }
        }
    }

    /// Returns the URL with an error in its fragment. In the code flow the state stays in the query
    /// (as OK's Android kit has it).
    pub(crate) fn error(&self, name: &str, text: &str) -> String {
        let mut pairs = vec![
            ("error", name.to_owned()),
            ("error_description", text.to_owned()),
        ];
        match self.flow {
            Flow::Token => {
                pairs.extend(self.state());
                self.url.with_fragment(&pairs)
            }
            Flow::Code if self.state.is_none() => self.url.with_fragment(&pairs),
            Flow::Code => self.url.with_both(&self.state(), &pairs),
        }
    }

    /// Returns the URL with the error of a player who denies.
    pub(crate) fn denied(&self) -> String {
        self.error(DENIED, "The user has not allowed it")
    }

    /// Returns the URL with a bare error in its fragment, and the state beside it in either flow.
    pub(crate) fn fragment_error(&self) -> String {
        let mut pairs = vec![("error", DENIED.to_owned())];
        pairs.extend(self.state());
        self.url.with_fragment(&pairs)
    }

    /// Returns a URL with unreadable values. The state is right, so that it belongs to
    /// the request.
    pub(crate) fn garbage(&self) -> String {
        match self.flow {
            Flow::Token => {
                let mut pairs = vec![
                    ("access_token", String::new()),
                    ("session_secret_key", "\u{1}[[[".to_owned()),
                    ("expires_in", "soon".to_owned()),
                ];
                pairs.extend(self.state());
                self.url.with_fragment(&pairs)
            }
            Flow::Code => {
                let mut pairs = vec![("code", String::new())];
                pairs.extend(self.state());
                self.url.with_query(&pairs)
            }
        }
    }

    fn state(&self) -> Pairs {
        self.state
            .iter()
            .map(|state| ("state", state.clone()))
            .collect()
    }
}

/// Leaves out the state, and of the URL all but the origin: the rest may hold secrets.
impl fmt::Debug for ResponseTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = redirect_uri::origin(&self.redirect_uri);
        f.debug_struct("ResponseTarget")
            .field("origin", &origin)
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str, flow: Flow, state: Option<&str>) -> ResponseTarget {
        ResponseTarget {
            url: ReturnUrl::parse(url).unwrap(),
            redirect_uri: url.to_owned(),
            flow,
            state: state.map(str::to_owned),
        }
    }

    #[test]
    fn tokens_are_in_the_fragment_and_codes_in_the_query() {
        let token = Grant::Token {
            access_token: "t.1".into(),
            session_secret_key: "s1".into(),
            scopes: Scopes::parse("GET_EMAIL;VALUABLE_ACCESS").unwrap(),
            expires_in: 1800,
        };
        assert_eq!(
            target("http://a/b?k=1", Flow::Token, Some("z&я")).granted(&token),
            "http://a/b?k=1#access_token=t.1&session_secret_key=s1&permissions_granted=VALUABLE_ACCESS%3BGET_EMAIL\
             &expires_in=1800&state=z%26%D1%8F"
        );
        let code = Grant::Code("c0de".into());
        assert_eq!(
            target("http://a/b?k=1", Flow::Code, Some("z")).granted(&code),
            "http://a/b?k=1&code=c0de&state=z"
        );
        assert_eq!(
            target("http://a/b", Flow::Code, None).granted(&code),
            "http://a/b?code=c0de"
        );
        assert_eq!(
            target("http://a/b", Flow::Code, Some("z")).wrong_state(&code),
            "http://a/b?code=c0de&state=never-sent-by-the-game"
        );
    }

    #[test]
    fn errors() {
        let error = |flow, state| target("http://a/b", flow, state).error("access_denied", "x y");
        let tail = "error=access_denied&error_description=x%20y";
        assert_eq!(
            error(Flow::Token, Some("z")),
            format!("http://a/b#{tail}&state=z")
        );
        assert_eq!(error(Flow::Token, None), format!("http://a/b#{tail}"));
        assert_eq!(
            error(Flow::Code, Some("z")),
            format!("http://a/b?state=z#{tail}")
        );
        assert_eq!(error(Flow::Code, None), format!("http://a/b#{tail}"));
        let bare = target("http://a/b?k=1", Flow::Code, Some("z"));
        assert_eq!(
            bare.fragment_error(),
            "http://a/b?k=1#error=access_denied&state=z"
        );
        assert_eq!(bare.garbage(), "http://a/b?k=1&code=&state=z");
        assert!(
            target("http://a/b", Flow::Token, Some("z"))
                .garbage()
                .ends_with("expires_in=soon&state=z")
        );
    }

    #[test]
    fn debug_holds_no_secret() {
        let text = format!(
            "{:?}",
            target("http://a/canary", Flow::Code, Some("canary"))
        );
        assert!(
            text.contains("http://a") && !text.contains("canary"),
            "{text}"
        );
    }
}

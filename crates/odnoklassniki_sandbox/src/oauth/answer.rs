//! The shapes of a login's answer (apiok.ru/en/ext/oauth/client, `…/server`; names also from OK's
//! own kits).

use std::fmt;

use super::request::Flow;
use super::rights::Rights;
use crate::address::ReturnAddress;

/// A fault that the answer tells: OAuth's name, and a text for the developer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

impl Fault {
    pub(crate) fn new(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            text: text.into(),
        }
    }
}

/// What was given to the player's game. Holds secrets, so it has no `Debug`.
pub(crate) enum Given {
    Token {
        access_token: String,
        session_secret_key: String,
        rights: Rights,
        /// In seconds.
        expires_in: u64,
    },
    Code(String),
}

/// Where the answer goes.
pub(crate) struct Back {
    pub(crate) address: ReturnAddress,
    /// As it was sent.
    pub(crate) redirect_uri: String,
    pub(crate) flow: Flow,
    pub(crate) state: Option<String>,
}

/// A state that no game has sent.
const FOREIGN_STATE: &str = "never-sent-by-the-game";

type Pairs = Vec<(&'static str, String)>;

impl Back {
    /// What was given: a token in the fragment, a code in the query.
    pub(crate) fn given(&self, given: &Given) -> String {
        self.given_with(given, self.state.clone())
    }

    /// The same with a state nobody sent.
    pub(crate) fn wrong_state(&self, given: &Given) -> String {
        self.given_with(given, Some(FOREIGN_STATE.to_owned()))
    }

    fn given_with(&self, given: &Given, state: Option<String>) -> String {
        match given {
            Given::Token {
                access_token,
                session_secret_key,
                rights,
                expires_in,
            } => {
                let mut pairs = vec![
                    ("access_token", access_token.clone()),
                    ("session_secret_key", session_secret_key.clone()),
                    ("permissions_granted", rights.to_string()),
                    ("expires_in", expires_in.to_string()),
                ];
                pairs.extend(state.map(|state| ("state", state)));
                self.address.with_fragment(&pairs)
            }
            Given::Code(code) => {
                let mut pairs = vec![("code", code.clone())];
                pairs.extend(state.map(|state| ("state", state)));
                self.address.with_query(&pairs)
            }
        }
    }

    /// An error: in the fragment, where in the code flow the state stays in the query (as OK's
    /// Android kit says).
    pub(crate) fn error(&self, name: &str, text: &str) -> String {
        let mut pairs = vec![
            ("error", name.to_owned()),
            ("error_description", text.to_owned()),
        ];
        match self.flow {
            Flow::Token => {
                pairs.extend(self.state());
                self.address.with_fragment(&pairs)
            }
            Flow::Code if self.state.is_none() => self.address.with_fragment(&pairs),
            Flow::Code => self.address.with_both(&self.state(), &pairs),
        }
    }

    /// The bare error, with the state beside it in either flow.
    pub(crate) fn fragment_error(&self, name: &str) -> String {
        let mut pairs = vec![("error", name.to_owned())];
        pairs.extend(self.state());
        self.address.with_fragment(&pairs)
    }

    /// An answer nobody can read. The state is right, so it belongs to the request.
    pub(crate) fn garbage(&self) -> String {
        match self.flow {
            Flow::Token => {
                let mut pairs = vec![
                    ("access_token", String::new()),
                    ("session_secret_key", "\u{1}[[[".to_owned()),
                    ("expires_in", "soon".to_owned()),
                ];
                pairs.extend(self.state());
                self.address.with_fragment(&pairs)
            }
            Flow::Code => {
                let mut pairs = vec![("code", String::new())];
                pairs.extend(self.state());
                self.address.with_query(&pairs)
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

/// Without the state, and of the address only where it leads: the rest may hold secrets.
impl fmt::Debug for Back {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = super::redirect::origin(&self.redirect_uri);
        f.debug_struct("Back")
            .field("origin", &origin)
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(address: &str, flow: Flow, state: Option<&str>) -> Back {
        Back {
            address: ReturnAddress::read(address).unwrap(),
            redirect_uri: address.to_owned(),
            flow,
            state: state.map(str::to_owned),
        }
    }

    #[test]
    fn tokens_are_in_the_fragment_and_codes_in_the_query() {
        let token = Given::Token {
            access_token: "t.1".into(),
            session_secret_key: "s1".into(),
            rights: Rights::read("GET_EMAIL;VALUABLE_ACCESS").unwrap(),
            expires_in: 1800,
        };
        assert_eq!(
            back("http://a/b?k=1", Flow::Token, Some("z&я")).given(&token),
            "http://a/b?k=1#access_token=t.1&session_secret_key=s1&permissions_granted=VALUABLE_ACCESS%3BGET_EMAIL\
             &expires_in=1800&state=z%26%D1%8F"
        );
        let code = Given::Code("c0de".into());
        assert_eq!(
            back("http://a/b?k=1", Flow::Code, Some("z")).given(&code),
            "http://a/b?k=1&code=c0de&state=z"
        );
        assert_eq!(
            back("http://a/b", Flow::Code, None).given(&code),
            "http://a/b?code=c0de"
        );
        assert_eq!(
            back("http://a/b", Flow::Code, Some("z")).wrong_state(&code),
            "http://a/b?code=c0de&state=never-sent-by-the-game"
        );
    }

    #[test]
    fn errors() {
        let error = |flow, state| back("http://a/b", flow, state).error("access_denied", "x y");
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
        let bare = back("http://a/b?k=1", Flow::Code, Some("z"));
        assert_eq!(
            bare.fragment_error("server_error"),
            "http://a/b?k=1#error=server_error&state=z"
        );
        assert_eq!(bare.garbage(), "http://a/b?k=1&code=&state=z");
        assert!(
            back("http://a/b", Flow::Token, Some("z"))
                .garbage()
                .ends_with("expires_in=soon&state=z")
        );
    }

    #[test]
    fn debug_holds_no_secret() {
        let text = format!("{:?}", back("http://a/canary", Flow::Code, Some("canary")));
        assert!(
            text.contains("http://a") && !text.contains("canary"),
            "{text}"
        );
    }
}

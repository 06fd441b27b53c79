//! Everything that logins issue: tokens, codes, scopes, cookies. In memory, bounded, with a clock
//! that only runs forward.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::scopes::Scopes;
use crate::bounded::push;
use crate::people::DEMO_USER_ID;
use crate::random;

const MAX_TOKENS: usize = 2_000;
const MAX_CODES: usize = 500;
const MAX_COOKIES: usize = 200;
const MINUTE: Duration = Duration::from_secs(60);
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Life of an ordinary token.
const ORDINARY_LIFE: Duration = MINUTE.saturating_mul(30);
const CODE_LIFE: Duration = MINUTE.saturating_mul(2);

/// The status of an access token, for one application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenStatus {
    Valid(TokenOwner),
    Expired,
    /// Never issued for this application, or revoked.
    Unknown,
}

/// Whose token it is, and what it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenOwner {
    pub(crate) user_id: u64,
    pub(crate) scopes: Scopes,
}

/// Tokens that go back to one use of a code have the same id, so that they can end together.
type GrantId = u64;

struct AccessToken {
    text: String,
    app_id: u64,
    owner: TokenOwner,
    issued: Instant,
    /// `None`: later than the clock can say.
    ends: Option<Instant>,
    grant_id: GrantId,
}

struct Code {
    text: String,
    app_id: u64,
    redirect_uri: String,
    scopes: Scopes,
    ends: Option<Instant>,
    /// The grant that it was redeemed for.
    redeemed: Option<GrantId>,
}

struct RefreshToken {
    text: String,
    app_id: u64,
    scopes: Scopes,
    ends: Option<Instant>,
    grant_id: GrantId,
}

#[derive(Default)]
pub(crate) struct TokenStore {
    access_tokens: VecDeque<AccessToken>,
    codes: VecDeque<Code>,
    refresh_tokens: VecDeque<RefreshToken>,
    /// What the player has granted, by application.
    granted: BTreeMap<u64, Scopes>,
    /// The cookies of browsers in which the player is logged in.
    cookies: VecDeque<String>,
    life: Option<Duration>,
    last_grant_id: GrantId,
}

/// A new access token.
#[derive(PartialEq)]
pub(crate) struct IssuedToken {
    pub(crate) text: String,
    pub(crate) life: Duration,
}

/// Why a code or a refresh token cannot be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedeemError {
    Unknown,
    Expired,
    /// A second use of a code. The tokens of the first use have just ended.
    Used,
    OtherRedirectUri,
}

impl TokenStore {
    /// Sets how long tokens live from now on. Older tokens end after this time, too, unless they
    /// end sooner.
    pub(crate) fn set_life(&mut self, life: Duration) {
        self.life = Some(life);
        for token in &mut self.access_tokens {
            let ends = token.issued.checked_add(life);
            token.ends = match (token.ends, ends) {
                (Some(old), Some(new)) => Some(old.min(new)),
                (old, new) => old.or(new),
            };
        }
    }

    pub(crate) fn issue_token(&mut self, app_id: u64, scopes: Scopes) -> IssuedToken {
        let grant_id = self.next_grant_id();
        self.issue(app_id, scopes, grant_id)
    }

    fn next_grant_id(&mut self) -> GrantId {
        self.last_grant_id += 1;
        self.last_grant_id
    }

    fn issue(&mut self, app_id: u64, scopes: Scopes, grant_id: GrantId) -> IssuedToken {
        let usual = if scopes.are_long() {
            MONTH
        } else {
            ORDINARY_LIFE
        };
        let life = self.life.unwrap_or(usual);
        let issued = Instant::now();
        let text = format!("tkn1-sandbox.{}", random::secret());
        let token = AccessToken {
            text: text.clone(),
            app_id,
            owner: TokenOwner {
                user_id: DEMO_USER_ID,
                scopes,
            },
            issued,
            ends: issued.checked_add(life),
            grant_id,
        };
        push(&mut self.access_tokens, MAX_TOKENS, token);
        IssuedToken { text, life }
    }

    pub(crate) fn status(&self, app_id: u64, token: &str) -> TokenStatus {
        match self
            .access_tokens
            .iter()
            .find(|known| known.text == token && known.app_id == app_id)
        {
            None => TokenStatus::Unknown,
            Some(known) if is_over(known.ends) => TokenStatus::Expired,
            Some(known) => TokenStatus::Valid(known.owner),
        }
    }

    pub(crate) fn issue_code(&mut self, app_id: u64, scopes: Scopes, redirect_uri: &str) -> String {
        let text = random::secret();
        let code = Code {
            text: text.clone(),
            app_id,
            redirect_uri: redirect_uri.to_owned(),
            scopes,
            ends: Instant::now().checked_add(CODE_LIFE),
            redeemed: None,
        };
        push(&mut self.codes, MAX_CODES, code);
        text
    }

    /// Redeems a code for an access token and a refresh token.
    pub(crate) fn redeem_code(
        &mut self,
        app_id: u64,
        text: &str,
        redirect_uri: &str,
    ) -> Result<(IssuedToken, String), RedeemError> {
        let grant_id = self.next_grant_id();
        let code = self
            .codes
            .iter_mut()
            .find(|code| code.text == text && code.app_id == app_id);
        let code = code.ok_or(RedeemError::Unknown)?;
        if let Some(earlier) = code.redeemed {
            self.revoke(earlier);
            return Err(RedeemError::Used);
        }
        if is_over(code.ends) {
            return Err(RedeemError::Expired);
        }
        if code.redirect_uri != redirect_uri {
            return Err(RedeemError::OtherRedirectUri);
        }
        code.redeemed = Some(grant_id);
        let scopes = code.scopes;
        let issued = self.issue(app_id, scopes, grant_id);
        let text = format!("rfr1-sandbox.{}", random::secret());
        let refresh_token = RefreshToken {
            text: text.clone(),
            app_id,
            scopes,
            ends: Instant::now().checked_add(MONTH),
            grant_id,
        };
        push(&mut self.refresh_tokens, MAX_TOKENS, refresh_token);
        Ok((issued, text))
    }

    /// Issues one more access token for a refresh token, which stays valid.
    pub(crate) fn refresh(&mut self, app_id: u64, text: &str) -> Result<IssuedToken, RedeemError> {
        let known = self
            .refresh_tokens
            .iter()
            .find(|known| known.text == text && known.app_id == app_id);
        let known = known.ok_or(RedeemError::Unknown)?;
        if is_over(known.ends) {
            return Err(RedeemError::Expired);
        }
        let (scopes, grant_id) = (known.scopes, known.grant_id);
        Ok(self.issue(app_id, scopes, grant_id))
    }

    fn revoke(&mut self, grant_id: GrantId) {
        self.access_tokens
            .retain(|token| token.grant_id != grant_id);
        self.refresh_tokens
            .retain(|token| token.grant_id != grant_id);
    }

    /// Revokes all tokens and codes. What the player has granted stays granted.
    pub(crate) fn revoke_all(&mut self) {
        self.access_tokens.clear();
        self.refresh_tokens.clear();
        self.codes.clear();
    }

    /// Returns whether the player has granted all these scopes before.
    pub(crate) fn has_granted(&self, app_id: u64, scopes: Scopes) -> bool {
        self.granted
            .get(&app_id)
            .is_some_and(|granted| scopes.are_within(*granted))
    }

    /// Remembers the player's choice among the scopes that an application asks for.
    pub(crate) fn grant(&mut self, app_id: u64, asked: Scopes, chosen: Scopes) {
        let granted = self.granted.entry(app_id).or_default();
        *granted = granted.without(asked).union(chosen);
    }

    /// Remembers a browser in which the player has logged in. Returns the value of its cookie.
    pub(crate) fn log_in(&mut self) -> String {
        let cookie = random::secret();
        push(&mut self.cookies, MAX_COOKIES, cookie.clone());
        cookie
    }

    pub(crate) fn is_logged_in(&self, cookie: &str) -> bool {
        self.cookies.iter().any(|known| known == cookie)
    }

    /// Logs the player out in all browsers, and takes back what they have granted.
    pub(crate) fn forget_player(&mut self) {
        self.cookies.clear();
        self.granted.clear();
        self.revoke_all();
    }
}

fn is_over(ends: Option<Instant>) -> bool {
    ends.is_some_and(|ends| ends <= Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(names: &str) -> Scopes {
        Scopes::parse(names).unwrap()
    }

    fn valid(names: &str) -> TokenStatus {
        TokenStatus::Valid(TokenOwner {
            user_id: DEMO_USER_ID,
            scopes: scopes(names),
        })
    }

    #[test]
    fn lives() {
        let mut tokens = TokenStore::default();
        let ordinary = tokens.issue_token(1, scopes("GET_EMAIL"));
        let long = tokens.issue_token(1, scopes("LONG_ACCESS_TOKEN"));
        assert_eq!((ordinary.life, long.life), (ORDINARY_LIFE, MONTH));
        assert_eq!(tokens.status(1, &ordinary.text), valid("GET_EMAIL"));
        assert_eq!(tokens.status(2, &ordinary.text), TokenStatus::Unknown);
        // A longer life changes no token that is there. A shorter one ends it sooner.
        tokens.set_life(Duration::MAX);
        assert_eq!(tokens.status(1, &ordinary.text), valid("GET_EMAIL"));
        let endless = tokens.issue_token(1, scopes("GET_EMAIL"));
        tokens.set_life(Duration::ZERO);
        let dead = tokens.issue_token(1, scopes("LONG_ACCESS_TOKEN"));
        for token in [&ordinary, &long, &endless, &dead] {
            assert_eq!(tokens.status(1, &token.text), TokenStatus::Expired);
        }
        tokens.set_life(MINUTE);
        assert_eq!(tokens.status(1, &dead.text), TokenStatus::Expired);
        tokens.revoke_all();
        assert_eq!(tokens.status(1, &ordinary.text), TokenStatus::Unknown);
    }

    #[test]
    fn a_code_can_be_redeemed_once() {
        let mut tokens = TokenStore::default();
        let code = tokens.issue_code(1, scopes("GET_EMAIL"), "http://a/b");
        assert_eq!(
            tokens.redeem_code(2, &code, "http://a/b").err(),
            Some(RedeemError::Unknown)
        );
        assert_eq!(
            tokens.redeem_code(1, &code, "http://a/b?x").err(),
            Some(RedeemError::OtherRedirectUri)
        );
        let (first, refresh) = tokens.redeem_code(1, &code, "http://a/b").ok().unwrap();
        let second = tokens.refresh(1, &refresh).ok().unwrap();
        assert_eq!(
            tokens.refresh(2, &refresh).err(),
            Some(RedeemError::Unknown)
        );
        let other = tokens.issue_token(1, scopes("GET_EMAIL"));
        assert!(
            [&first, &second]
                .iter()
                .all(|issued| tokens.status(1, &issued.text) == valid("GET_EMAIL"))
        );
        assert_eq!(
            tokens.redeem_code(1, &code, "http://a/b").err(),
            Some(RedeemError::Used)
        );
        assert!(
            [&first, &second]
                .iter()
                .all(|issued| tokens.status(1, &issued.text) == TokenStatus::Unknown)
        );
        assert_eq!(
            tokens.refresh(1, &refresh).err(),
            Some(RedeemError::Unknown)
        );
        assert_eq!(tokens.status(1, &other.text), valid("GET_EMAIL"));

        let late = tokens.issue_code(1, scopes("GET_EMAIL"), "http://a/b");
        tokens.codes.back_mut().unwrap().ends = Some(Instant::now());
        assert_eq!(
            tokens.redeem_code(1, &late, "http://a/b").err(),
            Some(RedeemError::Expired)
        );
        let code = tokens.issue_code(1, scopes("GET_EMAIL"), "http://a/b");
        let (_, refresh) = tokens.redeem_code(1, &code, "http://a/b").ok().unwrap();
        tokens.refresh_tokens.back_mut().unwrap().ends = Some(Instant::now());
        assert_eq!(
            tokens.refresh(1, &refresh).err(),
            Some(RedeemError::Expired)
        );
    }

    #[test]
    fn a_code_ends_after_two_minutes() {
        let mut tokens = TokenStore::default();
        let before = Instant::now();
        tokens.issue_code(1, scopes("GET_EMAIL"), "http://a/b");
        let ends = tokens.codes.back().unwrap().ends.unwrap();
        assert!(ends >= before + MINUTE * 2 && ends <= Instant::now() + MINUTE * 2);
    }

    #[test]
    fn a_new_choice_replaces_the_old_one_for_what_was_asked() {
        let mut tokens = TokenStore::default();
        tokens.grant(
            1,
            scopes("GET_EMAIL;SET_STATUS"),
            scopes("GET_EMAIL;SET_STATUS"),
        );
        assert!(
            tokens.has_granted(1, scopes("GET_EMAIL"))
                && !tokens.has_granted(2, scopes("GET_EMAIL"))
        );
        tokens.grant(1, scopes("GET_EMAIL;APP_INVITE"), scopes("APP_INVITE"));
        assert!(
            !tokens.has_granted(1, scopes("GET_EMAIL"))
                && tokens.has_granted(1, scopes("SET_STATUS;APP_INVITE"))
        );
    }

    #[test]
    fn everything_is_bounded() {
        let mut tokens = TokenStore::default();
        let (first, cookie) = (tokens.issue_token(1, scopes("GET_EMAIL")), tokens.log_in());
        for _ in 0..MAX_TOKENS {
            let code = tokens.issue_code(1, scopes("GET_EMAIL"), "http://a/b");
            let redeemed = tokens.redeem_code(1, &code, "http://a/b");
            assert!(redeemed.is_ok());
            tokens.log_in();
        }
        assert_eq!(
            (tokens.access_tokens.len(), tokens.refresh_tokens.len()),
            (MAX_TOKENS, MAX_TOKENS)
        );
        assert_eq!(
            (tokens.codes.len(), tokens.cookies.len()),
            (MAX_CODES, MAX_COOKIES)
        );
        assert_eq!(tokens.status(1, &first.text), TokenStatus::Unknown);
        assert!(!tokens.is_logged_in(&cookie));
    }
}

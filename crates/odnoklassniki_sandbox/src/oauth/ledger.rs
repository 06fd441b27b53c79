//! What was given out: tokens, codes, rights, login cookies. In memory, bounded, with a clock
//! that only runs forward.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::rights::Rights;
use crate::app::DEMO_USER_ID;
use crate::house::push;
use crate::random;

const MAX_TOKENS: usize = 2_000;
const MAX_CODES: usize = 500;
const MAX_VISITORS: usize = 200;
const MINUTE: Duration = Duration::from_secs(60);
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Life of an ordinary token.
const ORDINARY_LIFE: Duration = MINUTE.saturating_mul(30);
const CODE_LIFE: Duration = MINUTE.saturating_mul(2);

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Live(Holder),
    Expired,
    /// Never given out for this application, or ended.
    Unknown,
}

/// Whose a token is, and what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) user_id: u64,
    pub(crate) rights: Rights,
}

/// Tokens that go back to one use of a code, so that they can end together.
type Family = u64;

struct Token {
    text: String,
    app_id: u64,
    holder: Holder,
    given: Instant,
    /// `None`: later than the clock can say.
    ends: Option<Instant>,
    family: Family,
}

struct Code {
    text: String,
    app_id: u64,
    redirect_uri: String,
    rights: Rights,
    ends: Option<Instant>,
    /// What it was turned into.
    used: Option<Family>,
}

struct Refresh {
    text: String,
    app_id: u64,
    rights: Rights,
    ends: Option<Instant>,
    family: Family,
}

#[derive(Default)]
pub(crate) struct Ledger {
    tokens: VecDeque<Token>,
    codes: VecDeque<Code>,
    refreshes: VecDeque<Refresh>,
    /// What the player has granted, by application.
    granted: BTreeMap<u64, Rights>,
    visitors: VecDeque<String>,
    life: Option<Duration>,
    families: Family,
}

/// A fresh access token.
#[derive(PartialEq)]
pub(crate) struct Fresh {
    pub(crate) token: String,
    pub(crate) life: Duration,
    family: Family,
}

/// Why a code or refresh token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    Unknown,
    Expired,
    /// A code that was used before; what it gave has just ended.
    Used,
    OtherRedirect,
}

impl Ledger {
    /// How long tokens live from now on. Those given out before end after it, too, unless they end
    /// sooner.
    pub(crate) fn set_life(&mut self, life: Duration) {
        self.life = Some(life);
        for token in &mut self.tokens {
            let ends = token.given.checked_add(life);
            token.ends = match (token.ends, ends) {
                (Some(old), Some(new)) => Some(old.min(new)),
                (old, new) => old.or(new),
            };
        }
    }

    pub(crate) fn give_token(&mut self, app_id: u64, rights: Rights) -> Fresh {
        self.families += 1;
        self.give(app_id, rights, self.families)
    }

    fn give(&mut self, app_id: u64, rights: Rights, family: Family) -> Fresh {
        let life = self.life.unwrap_or(if rights.are_long() {
            MONTH
        } else {
            ORDINARY_LIFE
        });
        let given = Instant::now();
        let text = format!("tkn1-sandbox.{}", random::secret());
        // There is but one player.
        let holder = Holder {
            user_id: DEMO_USER_ID,
            rights,
        };
        let token = Token {
            text: text.clone(),
            app_id,
            holder,
            given,
            ends: given.checked_add(life),
            family,
        };
        push(&mut self.tokens, MAX_TOKENS, token);
        Fresh {
            token: text,
            life,
            family,
        }
    }

    pub(crate) fn standing(&self, app_id: u64, token: &str) -> Standing {
        match self
            .tokens
            .iter()
            .find(|known| known.text == token && known.app_id == app_id)
        {
            None => Standing::Unknown,
            Some(known) if is_over(known.ends) => Standing::Expired,
            Some(known) => Standing::Live(known.holder),
        }
    }

    pub(crate) fn give_code(&mut self, app_id: u64, rights: Rights, redirect_uri: &str) -> String {
        let text = random::secret();
        let code = Code {
            text: text.clone(),
            app_id,
            redirect_uri: redirect_uri.to_owned(),
            rights,
            ends: Instant::now().checked_add(CODE_LIFE),
            used: None,
        };
        push(&mut self.codes, MAX_CODES, code);
        text
    }

    /// Turns a code into an access token and a refresh token.
    pub(crate) fn take_code(
        &mut self,
        app_id: u64,
        text: &str,
        redirect_uri: &str,
    ) -> Result<(Fresh, String), NotTaken> {
        let code = self
            .codes
            .iter_mut()
            .find(|code| code.text == text && code.app_id == app_id);
        let code = code.ok_or(NotTaken::Unknown)?;
        if let Some(family) = code.used {
            self.end_family(family);
            return Err(NotTaken::Used);
        }
        if is_over(code.ends) {
            return Err(NotTaken::Expired);
        }
        if code.redirect_uri != redirect_uri {
            return Err(NotTaken::OtherRedirect);
        }
        self.families += 1;
        code.used = Some(self.families);
        let rights = code.rights;
        let fresh = self.give(app_id, rights, self.families);
        let text = format!("rfr1-sandbox.{}", random::secret());
        let ends = Instant::now().checked_add(MONTH);
        let refresh = Refresh {
            text: text.clone(),
            app_id,
            rights,
            ends,
            family: fresh.family,
        };
        push(&mut self.refreshes, MAX_TOKENS, refresh);
        Ok((fresh, text))
    }

    /// One more access token. The refresh token stays good.
    pub(crate) fn refresh(&mut self, app_id: u64, text: &str) -> Result<Fresh, NotTaken> {
        let known = self
            .refreshes
            .iter()
            .find(|known| known.text == text && known.app_id == app_id);
        let known = known.ok_or(NotTaken::Unknown)?;
        if is_over(known.ends) {
            return Err(NotTaken::Expired);
        }
        let (rights, family) = (known.rights, known.family);
        Ok(self.give(app_id, rights, family))
    }

    fn end_family(&mut self, family: Family) {
        self.tokens.retain(|token| token.family != family);
        self.refreshes.retain(|refresh| refresh.family != family);
    }

    /// Ends everything that was given out. What the player has granted stays granted.
    pub(crate) fn end_all(&mut self) {
        self.tokens.clear();
        self.refreshes.clear();
        self.codes.clear();
    }

    /// Whether all these rights were granted before.
    pub(crate) fn has_granted(&self, app_id: u64, rights: Rights) -> bool {
        self.granted
            .get(&app_id)
            .is_some_and(|granted| rights.are_within(*granted))
    }

    /// The player was asked for some rights and has chosen.
    pub(crate) fn grant(&mut self, app_id: u64, asked: Rights, chosen: Rights) {
        let granted = self.granted.entry(app_id).or_default();
        *granted = granted.without(asked).and(chosen);
    }

    /// Remembers a browser in which the player has logged in, and gives the value of its cookie.
    pub(crate) fn welcome(&mut self) -> String {
        let cookie = random::secret();
        push(&mut self.visitors, MAX_VISITORS, cookie.clone());
        cookie
    }

    pub(crate) fn is_logged_in(&self, cookie: &str) -> bool {
        self.visitors.iter().any(|known| known == cookie)
    }

    /// Logs out in all browsers, and takes back what was granted.
    pub(crate) fn forget_player(&mut self) {
        self.visitors.clear();
        self.granted.clear();
        self.end_all();
    }
}

fn is_over(ends: Option<Instant>) -> bool {
    ends.is_some_and(|ends| ends <= Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(scope: &str) -> Rights {
        Rights::read(scope).unwrap()
    }

    fn live(scope: &str) -> Standing {
        Standing::Live(Holder {
            user_id: DEMO_USER_ID,
            rights: rights(scope),
        })
    }

    #[test]
    fn lives() {
        let mut ledger = Ledger::default();
        let ordinary = ledger.give_token(1, rights("GET_EMAIL"));
        let long = ledger.give_token(1, rights("LONG_ACCESS_TOKEN"));
        assert_eq!((ordinary.life, long.life), (ORDINARY_LIFE, MONTH));
        assert_eq!(ledger.standing(1, &ordinary.token), live("GET_EMAIL"));
        assert_eq!(ledger.standing(2, &ordinary.token), Standing::Unknown);
        // A longer life does not lengthen what was given, a shorter one cuts it.
        ledger.set_life(Duration::MAX);
        assert_eq!(ledger.standing(1, &ordinary.token), live("GET_EMAIL"));
        let endless = ledger.give_token(1, rights("GET_EMAIL"));
        ledger.set_life(Duration::ZERO);
        let dead = ledger.give_token(1, rights("LONG_ACCESS_TOKEN"));
        for token in [&ordinary, &long, &endless, &dead] {
            assert_eq!(ledger.standing(1, &token.token), Standing::Expired);
        }
        ledger.set_life(MINUTE);
        assert_eq!(ledger.standing(1, &dead.token), Standing::Expired);
        ledger.end_all();
        assert_eq!(ledger.standing(1, &ordinary.token), Standing::Unknown);
    }

    #[test]
    fn codes_are_good_once_for_two_minutes() {
        let mut ledger = Ledger::default();
        let code = ledger.give_code(1, rights("GET_EMAIL"), "http://a/b");
        assert_eq!(
            ledger.take_code(2, &code, "http://a/b").err(),
            Some(NotTaken::Unknown)
        );
        assert_eq!(
            ledger.take_code(1, &code, "http://a/b?x").err(),
            Some(NotTaken::OtherRedirect)
        );
        let (first, refresh) = ledger.take_code(1, &code, "http://a/b").ok().unwrap();
        let second = ledger.refresh(1, &refresh).ok().unwrap();
        assert_eq!(ledger.refresh(2, &refresh).err(), Some(NotTaken::Unknown));
        let other = ledger.give_token(1, rights("GET_EMAIL"));
        assert!(
            [&first, &second]
                .iter()
                .all(|fresh| ledger.standing(1, &fresh.token) == live("GET_EMAIL"))
        );
        assert_eq!(
            ledger.take_code(1, &code, "http://a/b").err(),
            Some(NotTaken::Used)
        );
        assert!(
            [&first, &second]
                .iter()
                .all(|fresh| ledger.standing(1, &fresh.token) == Standing::Unknown)
        );
        assert_eq!(ledger.refresh(1, &refresh).err(), Some(NotTaken::Unknown));
        assert_eq!(ledger.standing(1, &other.token), live("GET_EMAIL"));

        let late = ledger.give_code(1, rights("GET_EMAIL"), "http://a/b");
        ledger.codes.back_mut().unwrap().ends = Some(Instant::now());
        assert_eq!(
            ledger.take_code(1, &late, "http://a/b").err(),
            Some(NotTaken::Expired)
        );
        let code = ledger.give_code(1, rights("GET_EMAIL"), "http://a/b");
        let (_, refresh) = ledger.take_code(1, &code, "http://a/b").ok().unwrap();
        ledger.refreshes.back_mut().unwrap().ends = Some(Instant::now());
        assert_eq!(ledger.refresh(1, &refresh).err(), Some(NotTaken::Expired));
    }

    #[test]
    fn a_code_ends_after_two_minutes() {
        let mut ledger = Ledger::default();
        let before = Instant::now();
        ledger.give_code(1, rights("GET_EMAIL"), "http://a/b");
        let ends = ledger.codes.back().unwrap().ends.unwrap();
        assert!(ends >= before + MINUTE * 2 && ends <= Instant::now() + MINUTE * 2);
    }

    #[test]
    fn a_new_choice_replaces_the_old_one_for_what_was_asked() {
        let mut ledger = Ledger::default();
        ledger.grant(
            1,
            rights("GET_EMAIL;SET_STATUS"),
            rights("GET_EMAIL;SET_STATUS"),
        );
        assert!(
            ledger.has_granted(1, rights("GET_EMAIL"))
                && !ledger.has_granted(2, rights("GET_EMAIL"))
        );
        ledger.grant(1, rights("GET_EMAIL;APP_INVITE"), rights("APP_INVITE"));
        assert!(
            !ledger.has_granted(1, rights("GET_EMAIL"))
                && ledger.has_granted(1, rights("SET_STATUS;APP_INVITE"))
        );
    }

    #[test]
    fn everything_is_bounded() {
        let mut ledger = Ledger::default();
        let (first, cookie) = (ledger.give_token(1, rights("GET_EMAIL")), ledger.welcome());
        for _ in 0..MAX_TOKENS {
            let code = ledger.give_code(1, rights("GET_EMAIL"), "http://a/b");
            let taken = ledger.take_code(1, &code, "http://a/b");
            assert!(taken.is_ok());
            ledger.welcome();
        }
        assert_eq!(
            (ledger.tokens.len(), ledger.refreshes.len()),
            (MAX_TOKENS, MAX_TOKENS)
        );
        assert_eq!(
            (ledger.codes.len(), ledger.visitors.len()),
            (MAX_CODES, MAX_VISITORS)
        );
        assert_eq!(ledger.standing(1, &first.token), Standing::Unknown);
        assert!(!ledger.is_logged_in(&cookie));
    }
}

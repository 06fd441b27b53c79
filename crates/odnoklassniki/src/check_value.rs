//! The check values in callbacks.
//!
//! OK's pages announce a check value in the callback of each widget. Its formula is in no copy that
//! can be read, and none of OK's SDKs looks at it. This module has the formulas that people
//! guessed. **A match proves little, and a mismatch proves nothing**: never drop a callback because
//! of one. A return URL that cannot be guessed protects a game. A backend that asks OK protects
//! rewards.

use crate::id::{TopicId, UserId};
use crate::secret::SigningKey;
use crate::signature::{Hasher, Signature, rest_signature};
use crate::signer::Signer;
use crate::widget::{Published, Sent};

/// Whether the check value of a callback agrees with a guessed formula ([`CheckFormula`]). The
/// [module](self) says why none of the three proves much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authenticity {
    /// One of the formulas gives the check value.
    Matched,
    /// No formula gives it, or the key is not here. This is no reason to drop the callback.
    NotMatched,
    /// The callback has no check value.
    Unsigned,
}

/// A guessed formula of a check value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckFormula {
    /// Post: MD5 of `id=`, the topic id and the signature of the request. Such a check stands,
    /// commented out, in the first version of OK's iOS SDK. Anyone who saw the request's URL can
    /// compute it.
    PostRequestSignature,
    /// Post: MD5 of `id=`, the topic id and the key. No source; only the natural reading of the
    /// page.
    PostKey,
    /// Invite and suggest: as a REST call, over `code`, `selected` and `state`. No source.
    InviteRest,
}

impl CheckFormula {
    /// Every formula, those for posts first.
    pub const ALL: [Self; 3] = [Self::PostRequestSignature, Self::PostKey, Self::InviteRest];
}

/// Computes [`CheckFormula::PostRequestSignature`].
///
/// ```
/// use odnoklassniki::{TopicId, check_value};
///
/// let request = "3376addb9cea8b34daebff00b3c26903".parse().unwrap();
/// let value = check_value::post_by_request(TopicId::new(67_601_133_491_473), &request);
/// assert_eq!(value.as_str(), "2d0a0fb175e102597302505c6ad7bc3c");
/// ```
pub fn post_by_request(topic: TopicId, request: &Signature) -> Signature {
    post(topic, request.as_str())
}

/// Computes [`CheckFormula::PostKey`].
///
/// ```
/// use odnoklassniki::{ApplicationSecretKey, TopicId, check_value};
///
/// let key = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C");
/// let value = check_value::post_by_key(TopicId::new(67_601_133_491_473), &key);
/// assert_eq!(value.as_str(), "f395a1251ff782aa79a82cb62094db3f");
/// ```
pub fn post_by_key(topic: TopicId, key: &(impl SigningKey + ?Sized)) -> Signature {
    post(topic, key.text())
}

fn post(topic: TopicId, end: &str) -> Signature {
    let mut hasher = Hasher::new();
    hasher.pair("id", &topic.to_string());
    hasher.text(end);
    hasher.finish()
}

/// Computes [`CheckFormula::InviteRest`], for a callback with the code `OK`.
///
/// ```
/// use odnoklassniki::{SessionSecretKey, UserId, check_value};
///
/// let key = SessionSecretKey::new("6d0b9c5598febb3653f523a2c951704a");
/// let users = [UserId::new(3_154_325), UserId::new(435_345)];
/// assert_eq!(check_value::invite_rest(&users, None, &key).as_str(), "8e715d77da2ceb51d8e335a951609da2");
/// ```
pub fn invite_rest(
    users: &[UserId],
    state: Option<&str>,
    key: &(impl SigningKey + ?Sized),
) -> Signature {
    let ids: Vec<String> = users.iter().map(UserId::to_string).collect();
    let selected = format!("[{}]", ids.join(","));
    let pairs = [("code", "OK"), ("selected", &selected)];
    let state = state.map(|state| ("state", state));
    rest_signature(pairs.into_iter().chain(state), &[], key)
}

impl Published {
    /// Compares the check value with the formulas for posts. `request_signature` is that of the URL
    /// that was opened. Source: `docs/protocol.md`, 5.5.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("k"));
    /// let request = "3376addb9cea8b34daebff00b3c26903".parse().unwrap();
    /// let check_value = Some("2d0a0fb175e102597302505c6ad7bc3c".to_owned());
    /// let published = Published { topic_id: TopicId::new(67_601_133_491_473), check_value };
    /// assert_eq!(published.authenticity(Some(&request), &signer), Authenticity::Matched);
    /// assert_eq!(published.authenticity(None, &signer), Authenticity::NotMatched);
    /// ```
    pub fn authenticity(
        &self,
        request_signature: Option<&Signature>,
        signer: &Signer,
    ) -> Authenticity {
        let by_request = request_signature.map(|request| post_by_request(self.topic_id, request));
        let by_key = signer.key().map(|key| post_by_key(self.topic_id, key));
        compare(self.check_value.as_deref(), &[by_request, by_key])
    }
}

impl Sent {
    /// Compares the check value with the formula for invitations. `state` is that of the callback.
    /// Source: `docs/protocol.md`, 5.5.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("6d0b9c5598febb3653f523a2c951704a"));
    /// let query = "code=OK&selected=[3154325,435345]&sig=8e715d77da2ceb51d8e335a951609da2";
    /// let callback = Sent::from_pairs(query).unwrap();
    /// let CallbackResult::Completed(sent) = callback.result else { panic!() };
    /// assert_eq!(sent.authenticity(callback.state.as_deref(), &signer), Authenticity::Matched);
    /// ```
    pub fn authenticity(&self, state: Option<&str>, signer: &Signer) -> Authenticity {
        let by_key = |state| signer.key().map(|key| invite_rest(&self.users, state, key));
        let candidates = [by_key(state), by_key(None)];
        compare(self.check_value.as_deref(), &candidates)
    }
}

fn compare(check_value: Option<&str>, candidates: &[Option<Signature>]) -> Authenticity {
    match check_value.map(str::parse::<Signature>) {
        None => Authenticity::Unsigned,
        Some(Ok(value)) if candidates.iter().flatten().any(|known| *known == value) => {
            Authenticity::Matched
        }
        Some(_) => Authenticity::NotMatched,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{AccessToken, SessionSecretKey};
    use crate::signing::{SigningError, SigningRequest};

    fn signer() -> Signer {
        let key = SessionSecretKey::new("6d0b9c5598febb3653f523a2c951704a");
        Signer::session(AccessToken::new("t"), key)
    }

    fn published(check_value: &str) -> Published {
        Published {
            topic_id: TopicId::new(67_601_133_491_473),
            check_value: Some(check_value.to_owned()),
        }
    }

    #[test]
    fn a_post_matches_by_the_signature_of_its_request() {
        let request: Signature = "3376addb9cea8b34daebff00b3c26903".parse().unwrap();
        let post = published("2d0a0fb175e102597302505c6ad7bc3c");
        assert_eq!(
            post.authenticity(Some(&request), &signer()),
            Authenticity::Matched
        );
        assert_eq!(post.authenticity(None, &signer()), Authenticity::NotMatched);
    }

    #[test]
    fn a_post_matches_by_the_key_if_it_is_here() {
        let topic = TopicId::new(67_601_133_491_473);
        let key = SessionSecretKey::new("6d0b9c5598febb3653f523a2c951704a");
        let post = published(post_by_key(topic, &key).as_str());
        assert_eq!(post.authenticity(None, &signer()), Authenticity::Matched);
        let remote = Signer::backend(|_: &SigningRequest<'_>| Err(SigningError::NotLoggedIn));
        assert_eq!(post.authenticity(None, &remote), Authenticity::NotMatched);
    }

    #[test]
    fn an_invitation_matches_with_and_without_its_state() {
        let users = vec![UserId::new(3_154_325), UserId::new(435_345)];
        let mut sent = Sent {
            users,
            check_value: None,
        };
        assert_eq!(sent.authenticity(None, &signer()), Authenticity::Unsigned);
        sent.check_value = Some("8e715d77da2ceb51d8e335a951609da2".to_owned());
        assert_eq!(
            sent.authenticity(Some("n1"), &signer()),
            Authenticity::Matched
        );
        // MD5 of code=OKselected=[3154325,435345]state=n1 and the key.
        sent.check_value = Some("81a55c933e4c4c1adbf4f1691f2a0b68".to_owned());
        assert_eq!(
            sent.authenticity(Some("n1"), &signer()),
            Authenticity::Matched
        );
        assert_eq!(sent.authenticity(None, &signer()), Authenticity::NotMatched);
        sent.users.pop();
        assert_eq!(
            sent.authenticity(Some("n1"), &signer()),
            Authenticity::NotMatched
        );
    }

    #[test]
    fn a_check_value_of_another_form_is_a_mismatch_and_no_panic() {
        for odd in ["", "ab", "я", &"f".repeat(33)] {
            assert_eq!(
                published(odd).authenticity(None, &signer()),
                Authenticity::NotMatched
            );
        }
    }
}

//! What can be sent as a parameter.

use super::param::{self, Param};
use crate::error::FieldError;
use crate::text::printable;
use crate::{id, link};

/// The longest name of an extra parameter, in bytes.
const MAX_NAME: usize = 64;

/// Checks one typed parameter.
pub(super) fn value(param: Param, value: &str) -> Result<(), FieldError> {
    match param {
        Param::GroupId => id::parse(param.as_str(), value).map(drop),
        Param::Target => value
            .split(',')
            .try_for_each(|id| id::parse(param.as_str(), id).map(drop)),
        Param::State => state(value),
        Param::Return | Param::RedirectUri => return_url(param, value),
        _ => Ok(()),
    }
}

/// Checks a state: what OK's own SDK signs correctly, and what survives a URL.
pub(super) fn state(state: &str) -> Result<(), FieldError> {
    if state.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    Err(FieldError::new(
        Param::State.as_str(),
        "has characters outside of printable ASCII",
        "encode it, for example as base64url",
    ))
}

/// Checks a URL to which OK sends the result. The error never quotes it: it may hold a token.
pub(super) fn return_url(param: Param, url: &str) -> Result<(), FieldError> {
    let error = |problem: &'static str, remedy: &'static str| {
        Err(FieldError::new(param.as_str(), problem, remedy))
    };
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return error(
            "has characters outside of printable ASCII, or a space",
            "percent-encode the URL",
        );
    }
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    // A web URL needs a host. A scheme of the game's own, as in `okgame:///`, does not.
    if !is_scheme(scheme) || rest.is_empty() || (is_web && rest.starts_with("///")) {
        return error(
            "is not an absolute URL",
            "begin it with a scheme, such as https://",
        );
    }
    if is_web && rest.strip_prefix("//").unwrap_or_default().is_empty() {
        return error(
            "has no host",
            "name the host, as in https://game.example/ok",
        );
    }
    // OK and the game compare and send it as it is, so it must be what a browser reads in it.
    if let (true, Err(problem)) = (is_web, link::validate_url(url)) {
        return error(problem, "write it as in https://game.example/ok");
    }
    if url.contains('#') {
        return error("has a fragment", "leave out the part from `#` on");
    }
    if url.contains('?') {
        return error(
            "has a query, and it is unknown how OK appends the result to one",
            "leave out the part from `?` on and use the path or st.state",
        );
    }
    Ok(())
}

/// Returns whether a text is the scheme of a URL (RFC 3986, section 3.1).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Checks the name of an extra parameter.
pub(super) fn extra_name(extra: &str) -> Result<(), FieldError> {
    let error = |problem: &'static str, remedy: &'static str| {
        let field = match extra {
            "" => "extra".to_owned(),
            name => printable(name),
        };
        Err(FieldError::new(field, problem, remedy))
    };
    let is_name = extra.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && extra
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if !is_name || extra.len() > MAX_NAME {
        return error(
            "extra() was given something that is not the name of a parameter",
            "use at most 64 of A-Z a-z 0-9 . _ - and begin with a letter",
        );
    }
    if param::is_owned(extra) {
        return error(
            "extra() may not set it, because it has a setter or belongs to the URL",
            "use the setter, or leave it out",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_urls() {
        for good in [
            "https://game.example/ok",
            "http://127.0.0.1:8123/r/0123",
            "http://[::1]:1/",
            "okgame://post",
            "ok512000123456://WidgetMediatopicPost",
            "com.example.game:/return",
            "HTTPS://game.example/ok",
        ] {
            assert_eq!(return_url(Param::Return, good), Ok(()), "{good}");
        }
        for (bad, problem) in [
            ("", "absolute"),
            ("/ok", "absolute"),
            ("game.example/ok", "absolute"),
            ("1x://ok", "absolute"),
            ("https:", "absolute"),
            ("://x", "absolute"),
            ("https:///ok", "absolute"),
            ("https://", "host"),
            ("https:ok", "host"),
            ("https:/ok", "host"),
            ("https:\\\\game.example\\ok", "host"),
            ("https://game.example\\@other.example/", "backslash"),
            ("https://game.example:port/", "host"),
            ("http://127.1/", "host"),
            ("https://?", "host"),
            ("https://игра.рф/", "ASCII"),
            ("https://game.example/a b", "space"),
            ("https://game.example/\n", "ASCII"),
            ("https://game.example/#x", "fragment"),
            ("https://game.example/?a=1", "query"),
        ] {
            let error = return_url(Param::Return, bad).unwrap_err();
            assert!(error.problem().contains(problem), "{bad:?}: {error}");
        }
    }

    #[test]
    fn a_return_url_is_never_quoted() {
        let error = return_url(Param::Return, "https://game.example/?token=canary").unwrap_err();
        assert!(!error.to_string().contains("canary"));
    }

    #[test]
    fn owned_names_are_refused_in_any_case() {
        let setters = Param::ALL.into_iter().map(Param::as_str);
        for owned in setters
            .chain([param::ATTACHMENT])
            .chain(param::OF_THE_BUILDER)
        {
            let error = extra_name(owned).unwrap_err();
            assert_eq!(error.field(), owned);
            assert!(
                error.problem().starts_with("extra() may not set it"),
                "{error}"
            );
            assert!(extra_name(&owned.to_uppercase()).is_err(), "{owned}");
        }
        assert_eq!(extra_name("st.theme"), Ok(()));
        for bad in [
            "",
            "st%2Ereturn",
            "st.return=",
            "a b",
            "a&b",
            "1a",
            ".a",
            "тема",
        ] {
            assert!(extra_name(bad).is_err(), "{bad}");
        }
        assert!(extra_name(&"a".repeat(65)).is_err());
    }

    #[test]
    fn an_error_shows_a_bad_name_so_that_it_can_be_printed() {
        for (bad, field) in [
            ("ST.Return", "ST.Return".to_owned()),
            ("a&b", "a&b".to_owned()),
            ("a\nb", "a\u{fffd}b".to_owned()),
            ("", "extra".to_owned()),
            (&"я".repeat(41), format!("{}…", "я".repeat(40))),
        ] {
            assert_eq!(extra_name(bad).unwrap_err().field(), field);
        }
    }

    #[test]
    fn a_state_is_printable_ascii() {
        assert_eq!(state("n0nce-42 ~"), Ok(()));
        for bad in ["комната-7", "a\nb", "a\u{7f}"] {
            assert!(state(bad).is_err(), "{bad:?}");
        }
    }
}

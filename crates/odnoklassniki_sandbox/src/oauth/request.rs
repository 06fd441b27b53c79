//! Parses and checks the URL of a login (apiok.ru/en/ext/oauth/client, `…/server`).

use super::page_error::{PageError, PageErrorKind, quote};
use super::redirect_uri;
use super::response::ResponseTarget;
use super::scopes::{LONG_ACCESS_TOKEN, Scopes};
use super::types::{AuthorizeError, Flow};
use crate::application::Application;
use crate::form::Fields;
use crate::return_url::ReturnUrl;

/// `layout`: how much of OK is around the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `w`: the whole site.
    #[default]
    Site,
    /// `m`: for phones.
    Mobile,
    /// `a`: for phones, without a header.
    Bare,
}

/// A request that passed all checks.
#[derive(Debug)]
pub(crate) struct LoginRequest {
    pub(crate) app: Application,
    pub(crate) scopes: Scopes,
    pub(crate) layout: Layout,
    pub(crate) target: ResponseTarget,
}

/// A request that failed a check.
#[derive(Debug)]
pub(crate) enum RefusedLogin {
    /// A page shows the error to the developer.
    ByPage(PageError),
    /// The response carries the error to the game.
    ByResponse {
        app_id: u64,
        target: Box<ResponseTarget>,
        error: AuthorizeError,
    },
}

/// Parses the URL of a login. Every application may name `tried`, the sandbox's own page.
pub(crate) fn parse(
    fields: Option<&Fields>,
    apps: &[Application],
    tried: &str,
) -> Result<LoginRequest, RefusedLogin> {
    let empty = Fields::default();
    let known = fields.unwrap_or(&empty);
    let app_id = known.get("client_id").and_then(|id| id.parse().ok());
    let app = apps.iter().find(|app| Some(app.id) == app_id);
    let sent = known.get("redirect_uri").filter(|sent| !sent.is_empty());
    let page = |kind| {
        RefusedLogin::ByPage(PageError {
            app_id,
            kind,
            sent: sent.map(|sent| quote(redirect_uri::compared(sent))),
            registered: app.map(|app| app.redirect_uris.clone()).unwrap_or_default(),
        })
    };
    if fields.is_none() {
        return Err(page(PageErrorKind::NotReadable));
    }
    if let Some(name) = known.doubled() {
        return Err(page(PageErrorKind::Doubled(quote(name))));
    }
    if app_id.is_none() {
        return Err(page(PageErrorKind::NoClient));
    }
    let Some(app) = app else {
        return Err(page(PageErrorKind::UnknownClient));
    };
    let Some(sent) = sent else {
        return Err(page(PageErrorKind::NoRedirectUri));
    };
    let url = ReturnUrl::parse(sent).map_err(|why| page(PageErrorKind::BadRedirectUri(why)))?;
    if sent.contains('#') {
        return Err(page(PageErrorKind::BadRedirectUri(
            "has a fragment (RFC 6749, section 3.1.2)",
        )));
    }
    let registered = app
        .redirect_uris
        .iter()
        .any(|known| redirect_uri::is_registered(known, sent));
    if !registered && redirect_uri::compared(sent) != tried {
        return Err(page(PageErrorKind::Unregistered));
    }
    let flow = match known.get("response_type") {
        Some("code") => Flow::Code,
        // An error of an unknown flow goes where most errors go.
        _ => Flow::Token,
    };
    let target = ResponseTarget {
        url,
        redirect_uri: sent.to_owned(),
        flow,
        state: known.get("state").map(str::to_owned),
    };
    match check(known, app) {
        Ok((scopes, layout)) => Ok(LoginRequest {
            app: app.clone(),
            scopes,
            layout,
            target,
        }),
        Err(error) => Err(RefusedLogin::ByResponse {
            app_id: app.id,
            target: Box::new(target),
            error,
        }),
    }
}

fn check(fields: &Fields, app: &Application) -> Result<(Scopes, Layout), AuthorizeError> {
    let refuse = |name, text: &str| Err(AuthorizeError::new(name, text));
    match fields.get("response_type") {
        Some("token") if !app.client_oauth => {
            let text = "Client OAuth is off for this application: switch it on, or ask for \
                        response_type=code";
            return refuse("unauthorized_client", text);
        }
        Some("token" | "code") => (),
        None | Some("") => {
            let text = "response_type is missing: token or code";
            return refuse("invalid_request", text);
        }
        Some(_) => {
            let text = "response_type is neither token nor code";
            return refuse("unsupported_response_type", text);
        }
    }
    let scopes = Scopes::parse(fields.get("scope").unwrap_or_default()).map_err(|name| {
        let known = Scopes::all().to_string().replace(';', ", ");
        let text = format!("no scope is called `{}`. There are {known}", quote(name));
        AuthorizeError::new("invalid_scope", text)
    })?;
    if scopes.is_empty() {
        let text = "scope is missing: the names of scopes, joined by ;";
        return refuse("invalid_request", text);
    }
    if scopes.are_long() && !app.long_access_token {
        let text = format!(
            "this application may not ask for {LONG_ACCESS_TOKEN}: OK's support gives that scope"
        );
        return refuse("invalid_scope", &text);
    }
    let layout = match fields.get("layout") {
        None | Some("w") => Layout::Site,
        Some("m") => Layout::Mobile,
        Some("a") => Layout::Bare,
        Some(_) => return refuse("invalid_request", "layout is none of w, m, a"),
    };
    Ok((scopes, layout))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use proptest::prelude::*;

    const TRIED: &str = "http://127.0.0.1:7780/tried";

    fn check(extra: &[(&str, &str)]) -> Result<LoginRequest, RefusedLogin> {
        let good = [
            ("client_id", "512"),
            ("scope", "VALUABLE_ACCESS"),
            ("response_type", "token"),
            ("redirect_uri", "http://127.0.0.1:5/login"),
        ];
        let kept = good
            .iter()
            .filter(|(name, _)| !extra.iter().any(|(other, _)| other == name));
        let pairs = kept.chain(extra).filter(|(_, value)| *value != "-");
        let fields = Fields(
            pairs
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
        );
        let app = Application::new(512, "P", "S").long_access_token(false);
        parse(
            Some(&fields),
            &[app.client_oauth(!extra.contains(&("off", "")))],
            TRIED,
        )
    }

    #[test]
    fn good_requests() {
        let request = check(&[]).unwrap();
        assert_eq!(
            (request.app.id, request.layout, request.target.flow),
            (512, Layout::Site, Flow::Token)
        );
        let request = check(&[
            ("layout", "a"),
            ("response_type", "code"),
            ("platform", "ANDROID"),
            ("off", ""),
        ])
        .unwrap();
        assert_eq!(
            (request.layout, request.target.flow),
            (Layout::Bare, Flow::Code)
        );
        assert!(check(&[("redirect_uri", TRIED)]).is_ok());
    }

    #[test]
    fn without_a_sure_redirect_uri_there_is_a_page() {
        for (extra, kind) in [
            (vec![("client_id", "-")], PageErrorKind::NoClient),
            (vec![("client_id", "PUBLICKEY")], PageErrorKind::NoClient),
            (vec![("client_id", "513")], PageErrorKind::UnknownClient),
            (vec![("redirect_uri", "-")], PageErrorKind::NoRedirectUri),
            (vec![("redirect_uri", "")], PageErrorKind::NoRedirectUri),
            (
                vec![("redirect_uri", "http://127.0.0.1:5/other")],
                PageErrorKind::Unregistered,
            ),
            (
                vec![("redirect_uri", "http://127.0.0.1:7781/tried")],
                PageErrorKind::Unregistered,
            ),
            (
                vec![("state", "1"), ("state", "1")],
                PageErrorKind::Doubled("state".into()),
            ),
        ] {
            match check(&extra) {
                Err(RefusedLogin::ByPage(error)) => assert_eq!(error.kind, kind, "{extra:?}"),
                other => panic!("{extra:?}: {other:?}"),
            }
        }
        for bad in [
            "/login",
            "javascript:alert(1)",
            "http://127.0.0.1:5/login?a#b",
            "http://u@127.0.0.1:5/login",
        ] {
            match check(&[("redirect_uri", bad)]) {
                Err(RefusedLogin::ByPage(error)) => {
                    assert!(
                        matches!(error.kind, PageErrorKind::BadRedirectUri(_)),
                        "{bad}"
                    );
                }
                other => panic!("{bad}: {other:?}"),
            }
        }
        assert!(matches!(
            parse(None, &[], TRIED),
            Err(RefusedLogin::ByPage(PageError {
                kind: PageErrorKind::NotReadable,
                ..
            }))
        ));
    }

    #[test]
    fn other_errors_go_to_the_game() {
        for (extra, name) in [
            (vec![("response_type", "-")], "invalid_request"),
            (
                vec![("response_type", "id_token")],
                "unsupported_response_type",
            ),
            (vec![("off", "")], "unauthorized_client"),
            (vec![("scope", "-")], "invalid_request"),
            (vec![("scope", ";")], "invalid_request"),
            (vec![("scope", "VALUABLE ACCESS")], "invalid_scope"),
            (vec![("scope", "LONG_ACCESS_TOKEN")], "invalid_scope"),
            (vec![("layout", "x")], "invalid_request"),
        ] {
            match check(&extra) {
                Err(RefusedLogin::ByResponse { error, .. }) => {
                    assert_eq!(error.name, name, "{extra:?}");
                }
                other => panic!("{extra:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_note_names_the_remedy_but_no_path() {
        let Err(RefusedLogin::ByPage(error)) =
            check(&[("redirect_uri", "http://127.0.0.1:5/r/canary?x=canary")])
        else {
            panic!()
        };
        let detail = error.detail();
        assert!(
            detail.contains("http://127.0.0.1:0/login") && detail.contains("--redirect-uri"),
            "{detail}"
        );
        assert!(
            detail.contains("http://127.0.0.1:5…") && !detail.contains("canary"),
            "{detail}"
        );
    }

    proptest! {
        #[test]
        fn any_fields_are_read_without_panic(
            pairs in proptest::collection::vec(
                ("client_id|scope|response_type|redirect_uri|state|layout", "512|token|code|http://127.0.0.1:5/login.{0,5}|.{0,20}"),
                0..7
            )
        ) {
            if let Err(RefusedLogin::ByPage(error)) = parse(Some(&Fields(pairs)), &[Application::new(512, "P", "S")], TRIED) {
                prop_assert!(!error.detail().is_empty() && !error.what(Language::Russian).is_empty());
            }
        }
    }
}

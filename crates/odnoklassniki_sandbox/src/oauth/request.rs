//! Reads and checks the address of the login page (apiok.ru/en/ext/oauth/client, `…/server`).

use super::answer::{Back, Fault};
use super::redirect;
use super::rights::{LONG_ACCESS_TOKEN, Rights};
use crate::address::ReturnAddress;
use crate::app::Application;
use crate::form::Fields;
use crate::language::Language;

/// Longest piece of a request that is repeated to the developer, in characters.
const MAX_QUOTE: usize = 200;

/// What the answer of a login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// `response_type=token`: an access token, in the fragment.
    Token,
    /// `response_type=code`: a code for the game's server, in the query.
    Code,
}

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
    pub(crate) app_id: u64,
    pub(crate) rights: Rights,
    pub(crate) layout: Layout,
    pub(crate) back: Back,
}

/// A request that did not.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It does not say, or not surely, where the answer may go: a page tells the developer.
    Here(PageFault),
    /// The answer says it.
    There {
        app_id: u64,
        back: Box<Back>,
        fault: Fault,
    },
}

/// Why there is a page in place of an answer.
#[derive(Debug)]
pub(crate) struct PageFault {
    pub(crate) app_id: Option<u64>,
    pub(crate) kind: PageFaultKind,
    /// `redirect_uri` up to `?`, if it was sent.
    pub(crate) sent: Option<String>,
    /// What the application has registered.
    pub(crate) registered: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum PageFaultKind {
    NotReadable,
    Doubled(String),
    NoClient,
    UnknownClient,
    NoRedirect,
    BadRedirect(&'static str),
    Unregistered,
}

impl PageFault {
    /// OAuth's name for it.
    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            PageFaultKind::UnknownClient => "invalid_client",
            _ => "invalid_request",
        }
    }

    /// What is wrong.
    pub(crate) fn what(&self, l: Language) -> String {
        match &self.kind {
            PageFaultKind::NotReadable => l
                .say(
                    "The query is not percent-encoded UTF-8.",
                    "Строка запроса — не UTF-8 с процентным кодированием.",
                )
                .to_owned(),
            PageFaultKind::Doubled(name) => {
                format!(
                    "{} {name}",
                    l.say(
                        "This parameter is there twice:",
                        "Этот параметр указан дважды:"
                    )
                )
            }
            PageFaultKind::NoClient => l
                .say(
                    "client_id is missing, or is not a number.",
                    "client_id не указан или не число.",
                )
                .to_owned(),
            PageFaultKind::UnknownClient => l
                .say(
                    "The sandbox knows no application with this client_id.",
                    "В песочнице нет приложения с таким client_id.",
                )
                .to_owned(),
            PageFaultKind::NoRedirect => l
                .say("redirect_uri is missing.", "redirect_uri не указан.")
                .to_owned(),
            PageFaultKind::BadRedirect(why) => format!("redirect_uri {why}."),
            PageFaultKind::Unregistered => {
                let sent = self.sent.as_deref().unwrap_or_default();
                let difference = redirect::difference(&self.registered, sent, l);
                let text = l.say(
                    "The application has not registered this redirect_uri",
                    "У приложения не зарегистрирован этот redirect_uri",
                );
                format!("{text}: {difference}.")
            }
        }
    }

    /// What the developer can do about it.
    pub(crate) fn remedy(&self, l: Language) -> &'static str {
        match &self.kind {
            PageFaultKind::NotReadable => l.say(
                "Encode each value of the address, once.",
                "Закодируйте каждое значение в адресе — один раз.",
            ),
            PageFaultKind::Doubled(_) => l.say("Send every parameter once.", "Передавайте каждый параметр один раз."),
            PageFaultKind::NoClient => l.say(
                "Send the application id as client_id: the number, not the public key.",
                "Передайте в client_id номер приложения, а не публичный ключ.",
            ),
            PageFaultKind::UnknownClient => l.say(
                "Use the application id from the sandbox's home page, or start the sandbox with --app.",
                "Возьмите номер приложения с главной страницы песочницы или запустите её с --app.",
            ),
            PageFaultKind::NoRedirect | PageFaultKind::BadRedirect(_) => l.say(
                "Send one of the registered addresses as redirect_uri, encoded once.",
                "Передайте в redirect_uri один из зарегистрированных адресов, закодированный один раз.",
            ),
            PageFaultKind::Unregistered => l.say(
                "Send a registered address, the same in every character up to the question mark, or register yours: with \
                 --redirect-uri, or in a test with Application::redirect_uri. Port 0 stands for any port. At OK \
                 addresses are registered in the application's settings, and there every port is a different address.",
                "Передайте зарегистрированный адрес — он сравнивается посимвольно до вопросительного знака — или \
                 зарегистрируйте свой: через --redirect-uri, а в тесте через Application::redirect_uri. Порт 0 означает любой порт. В \
                 OK адреса регистрируют в настройках приложения, и там каждый порт — это другой адрес.",
            ),
        }
    }

    /// For [`Sandbox::requests`](crate::Sandbox::requests). Of the address that was sent it has
    /// only the origin: the path of one that nobody knows may hold a secret.
    pub(crate) fn detail(&self) -> String {
        let mut text = self.what(Language::English);
        if let Some(sent) = &self.sent {
            text += &format!(" Sent: {}…", quote(redirect::origin(sent)));
        }
        if !self.registered.is_empty() {
            text += &format!(" Registered: {}.", self.registered.join(", "));
        }
        format!("{text} {}", self.remedy(Language::English))
    }
}

fn quote(text: &str) -> String {
    text.chars().take(MAX_QUOTE).collect()
}

/// Reads the address of a login. `tried`: the sandbox's own page for trying, which every
/// application may name.
pub(crate) fn read(
    fields: Option<&Fields>,
    apps: &[Application],
    tried: &str,
) -> Result<LoginRequest, Refused> {
    let empty = Fields::default();
    let known = fields.unwrap_or(&empty);
    let app_id = known.get("client_id").and_then(|id| id.parse().ok());
    let app = apps.iter().find(|app| Some(app.id) == app_id);
    let sent = known.get("redirect_uri").filter(|sent| !sent.is_empty());
    let here = |kind| {
        Refused::Here(PageFault {
            app_id,
            kind,
            sent: sent.map(|sent| quote(redirect::compared(sent))),
            registered: app.map(|app| app.redirect_uris.clone()).unwrap_or_default(),
        })
    };
    if fields.is_none() {
        return Err(here(PageFaultKind::NotReadable));
    }
    if let Some(name) = known.doubled() {
        return Err(here(PageFaultKind::Doubled(quote(name))));
    }
    let Some(app_id) = app_id else {
        return Err(here(PageFaultKind::NoClient));
    };
    let Some(app) = app else {
        return Err(here(PageFaultKind::UnknownClient));
    };
    let Some(sent) = sent else {
        return Err(here(PageFaultKind::NoRedirect));
    };
    let address = ReturnAddress::read(sent).map_err(|why| here(PageFaultKind::BadRedirect(why)))?;
    if sent.contains('#') {
        return Err(here(PageFaultKind::BadRedirect(
            "has a fragment (RFC 6749, section 3.1.2)",
        )));
    }
    let registered = app
        .redirect_uris
        .iter()
        .any(|known| redirect::is_registered(known, sent));
    if !registered && redirect::compared(sent) != tried {
        return Err(here(PageFaultKind::Unregistered));
    }
    let flow = match known.get("response_type") {
        Some("code") => Flow::Code,
        // An error of an unknown flow goes where most errors go.
        _ => Flow::Token,
    };
    let back = Back {
        address,
        redirect_uri: sent.to_owned(),
        flow,
        state: known.get("state").map(str::to_owned),
    };
    match checked(known, app) {
        Ok((rights, layout)) => Ok(LoginRequest {
            app_id,
            rights,
            layout,
            back,
        }),
        Err(fault) => Err(Refused::There {
            app_id,
            back: Box::new(back),
            fault,
        }),
    }
}

fn checked(fields: &Fields, app: &Application) -> Result<(Rights, Layout), Fault> {
    match fields.get("response_type") {
        Some("token") if !app.client_oauth => {
            let text = "Client OAuth is off for this application: switch it on, or ask for response_type=code";
            return Err(Fault::new("unauthorized_client", text));
        }
        Some("token" | "code") => (),
        None | Some("") => {
            return Err(Fault::new(
                "invalid_request",
                "response_type is missing: token or code",
            ));
        }
        Some(_) => {
            return Err(Fault::new(
                "unsupported_response_type",
                "response_type is neither token nor code",
            ));
        }
    }
    let rights = Rights::read(fields.get("scope").unwrap_or_default()).map_err(|name| {
        let known = Rights::all().to_string().replace(';', ", ");
        let text = format!("scope has no right `{}`. There are {known}", quote(name));
        Fault::new("invalid_scope", text)
    })?;
    if rights.is_empty() {
        return Err(Fault::new(
            "invalid_request",
            "scope is missing: the names of rights, joined by ;",
        ));
    }
    if rights.are_long() && !app.long_access_token {
        let text = format!(
            "this application may not ask for {LONG_ACCESS_TOKEN}: OK's support gives that right"
        );
        return Err(Fault::new("invalid_scope", text));
    }
    let layout = match fields.get("layout") {
        None | Some("w") => Layout::Site,
        Some("m") => Layout::Mobile,
        Some("a") => Layout::Bare,
        Some(_) => return Err(Fault::new("invalid_request", "layout is none of w, m, a")),
    };
    Ok((rights, layout))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRIED: &str = "http://127.0.0.1:7780/tried";

    fn check(extra: &[(&str, &str)]) -> Result<LoginRequest, Refused> {
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
        read(
            Some(&fields),
            &[app.client_oauth(!extra.contains(&("off", "")))],
            TRIED,
        )
    }

    #[test]
    fn good_requests() {
        let request = check(&[]).unwrap();
        assert_eq!(
            (request.app_id, request.layout, request.back.flow),
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
            (request.layout, request.back.flow),
            (Layout::Bare, Flow::Code)
        );
        assert!(check(&[("redirect_uri", TRIED)]).is_ok());
    }

    #[test]
    fn without_a_sure_way_back_there_is_a_page() {
        for (extra, kind) in [
            (vec![("client_id", "-")], PageFaultKind::NoClient),
            (vec![("client_id", "PUBLICKEY")], PageFaultKind::NoClient),
            (vec![("client_id", "513")], PageFaultKind::UnknownClient),
            (vec![("redirect_uri", "-")], PageFaultKind::NoRedirect),
            (vec![("redirect_uri", "")], PageFaultKind::NoRedirect),
            (
                vec![("redirect_uri", "http://127.0.0.1:5/other")],
                PageFaultKind::Unregistered,
            ),
            (
                vec![("redirect_uri", "http://127.0.0.1:7781/tried")],
                PageFaultKind::Unregistered,
            ),
            (
                vec![("state", "1"), ("state", "1")],
                PageFaultKind::Doubled("state".into()),
            ),
        ] {
            match check(&extra) {
                Err(Refused::Here(fault)) => assert_eq!(fault.kind, kind, "{extra:?}"),
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
                Err(Refused::Here(fault)) => {
                    assert!(matches!(fault.kind, PageFaultKind::BadRedirect(_)), "{bad}");
                }
                other => panic!("{bad}: {other:?}"),
            }
        }
        assert!(matches!(
            read(None, &[], TRIED),
            Err(Refused::Here(PageFault {
                kind: PageFaultKind::NotReadable,
                ..
            }))
        ));
    }

    #[test]
    fn other_faults_go_back() {
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
                Err(Refused::There { fault, .. }) => assert_eq!(fault.name, name, "{extra:?}"),
                other => panic!("{extra:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_note_names_the_remedy_but_no_path() {
        let Err(Refused::Here(fault)) =
            check(&[("redirect_uri", "http://127.0.0.1:5/r/canary?x=canary")])
        else {
            panic!()
        };
        let detail = fault.detail();
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
            if let Err(Refused::Here(fault)) = read(Some(&Fields(pairs)), &[Application::new(512, "P", "S")], TRIED) {
                prop_assert!(!fault.detail().is_empty() && !fault.what(Language::Russian).is_empty());
            }
        }
    }
}

//! Parses and checks the query of a widget URL (apiok.ru/en/ext/publish,
//! `apiok.ru/en/ext/invite_suggest`).

use crate::application::Application;
use crate::attachment::Attachment;
use crate::error_code::{
    NO_SUCH_APP, PARAM_GROUP_ID, PARAM_SESSION_EXPIRED, PARAM_SESSION_KEY, PARAM_SIGNATURE,
    PARAM_USER_ID, PARAM_WIDGET, Refusal,
};
use crate::form::Fields;
use crate::oauth::tokens::TokenStatus;
use crate::page_kind::PageKind;
use crate::people::{FRIENDS, Friend};
use crate::return_url::ReturnUrl;
use crate::signature;

/// A request that passed all checks.
pub(crate) struct WidgetRequest {
    pub(crate) kind: PageKind,
    pub(crate) app_id: u64,
    pub(crate) return_to: ReturnTo,
    pub(crate) key: ResponseKey,
    pub(crate) options: PageOptions,
    pub(crate) content: Content,
}

/// Where the response goes. Known even for a request that is refused.
#[derive(Default)]
pub(crate) struct ReturnTo {
    pub(crate) kind: Option<PageKind>,
    pub(crate) mode: ReturnMode,
    pub(crate) state: Option<String>,
}

/// The three ways of a response.
#[derive(Default)]
pub(crate) enum ReturnMode {
    /// To `st.return`.
    Return(ReturnUrl),
    /// To `st.redirect_uri`, as a flat list of parameters.
    Flat(ReturnUrl),
    /// By a message to the window that opened the page.
    #[default]
    Message,
}

impl ReturnMode {
    pub(crate) fn url(&self) -> Option<&ReturnUrl> {
        match self {
            Self::Return(url) | Self::Flat(url) => Some(url),
            Self::Message => None,
        }
    }
}

/// What the check value of a response is made from. It holds a secret, so it has no `Debug`.
pub(crate) struct ResponseKey {
    pub(crate) secret: String,
    /// The signature of the request.
    pub(crate) signature: String,
}

/// Options of the page itself.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct PageOptions {
    pub(crate) popup: bool,
    pub(crate) nohead: bool,
    pub(crate) silent: bool,
    pub(crate) nocancel: bool,
}

/// What the player publishes or sends.
pub(crate) enum Content {
    Post {
        attachment: Box<Attachment>,
        ask_comment: bool,
        group: Option<u64>,
    },
    /// An invitation or a recommendation.
    Invitation {
        /// The friends on the page.
        offered: Vec<&'static Friend>,
        /// The ids that are checked before the player touches anything.
        chosen: Vec<u64>,
        comment: String,
        custom_args: Option<String>,
    },
}

/// A request that failed a check.
pub(crate) struct RefusedWidget {
    pub(crate) return_to: ReturnTo,
    pub(crate) app_id: Option<u64>,
    pub(crate) refusal: Refusal,
    /// More for the developer than the response may say.
    pub(crate) hint: String,
}

/// Looks up an access token, for the application with this id.
pub(crate) type TokenLookup<'a> = &'a dyn Fn(u64, &str) -> TokenStatus;

/// Parses a widget URL. `None` for the fields: the query could not be decoded.
pub(crate) fn parse(
    fields: Option<&Fields>,
    apps: &[Application],
    tokens: TokenLookup<'_>,
) -> Result<WidgetRequest, Box<RefusedWidget>> {
    let empty = Fields::default();
    let known = fields.unwrap_or(&empty);
    let mut refused = Box::new(RefusedWidget {
        return_to: ReturnTo {
            kind: known.get("st.cmd").and_then(PageKind::from_command),
            mode: ReturnMode::Message,
            state: known.get("st.state").map(str::to_owned),
        },
        app_id: known.get("st.app").and_then(|id| id.parse().ok()),
        refusal: Refusal::param("the query is not percent-encoded UTF-8"),
        hint: String::new(),
    });
    if fields.is_none() {
        return Err(refused);
    }
    match return_mode(known) {
        Ok(mode) => refused.return_to.mode = mode,
        Err(refusal) => {
            refused.refusal = refusal;
            return Err(refused);
        }
    }
    match check(known, apps, tokens, &mut refused.hint) {
        Ok(checked) => Ok(WidgetRequest {
            kind: checked.kind,
            app_id: checked.app_id,
            return_to: refused.return_to,
            key: checked.key,
            options: checked.options,
            content: checked.content,
        }),
        Err(refusal) => {
            refused.refusal = refusal;
            Err(refused)
        }
    }
}

fn return_mode(fields: &Fields) -> Result<ReturnMode, Refusal> {
    let url = |name: &str| {
        fields
            .get(name)
            .map(|text| {
                ReturnUrl::parse(text).map_err(|why| Refusal::param(format!("{name} {why}")))
            })
            .transpose()
    };
    let flat = url("st.redirect_uri")?;
    Ok(match (url("st.return")?, flat) {
        (Some(url), _) => ReturnMode::Return(url),
        (None, Some(url)) => ReturnMode::Flat(url),
        (None, None) => ReturnMode::Message,
    })
}

struct Checked {
    kind: PageKind,
    app_id: u64,
    key: ResponseKey,
    options: PageOptions,
    content: Content,
}

fn check(
    fields: &Fields,
    apps: &[Application],
    tokens: TokenLookup<'_>,
    hint: &mut String,
) -> Result<Checked, Refusal> {
    if let Some(name) = fields.doubled() {
        let name: String = name.chars().take(40).collect();
        return Err(Refusal::param(format!("{name} is there twice")));
    }
    let command = required(fields, "st.cmd")?;
    let no_widget = || Refusal::new(PARAM_WIDGET, "st.cmd names no widget the sandbox has");
    let kind = PageKind::from_command(command).ok_or_else(no_widget)?;
    let app_id: u64 = required(fields, "st.app")?
        .parse()
        .map_err(|_| Refusal::param("st.app is not a number"))?;
    let app = apps
        .iter()
        .find(|app| app.id == app_id)
        .ok_or_else(|| Refusal::new(NO_SUCH_APP, format!("no application {app_id} here")))?;
    let key = check_signature(fields, app, tokens, hint)?;
    let options = PageOptions {
        popup: on(fields, "st.popup")?,
        nohead: on(fields, "st.nohead")?,
        silent: on(fields, "st.silent")?,
        nocancel: on(fields, "st.nocancel")?,
    };
    let content = match kind {
        PageKind::Post => post(fields)?,
        PageKind::Invite | PageKind::Suggest => invitation(fields, kind)?,
        PageKind::Login => return Err(no_widget()),
    };
    Ok(Checked {
        kind,
        app_id,
        key,
        options,
        content,
    })
}

fn required<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    fields
        .get(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Refusal::param(format!("{name} is missing")))
}

/// Parses a switch. `on` and `off` are documented; a public test page of OK's widgets sends `1`.
fn on(fields: &Fields, name: &str) -> Result<bool, Refusal> {
    match fields.get(name) {
        None | Some("off" | "0") => Ok(false),
        Some("on" | "1") => Ok(true),
        Some(_) => Err(Refusal::param(format!("{name} is neither on nor off"))),
    }
}

fn check_signature(
    fields: &Fields,
    app: &Application,
    tokens: TokenLookup<'_>,
    hint: &mut String,
) -> Result<ResponseKey, Refusal> {
    let session = fields
        .get("st.access_token")
        .or_else(|| fields.get("st.session_key"));
    let (secret, secret_name) = match session.map(|token| (token, tokens(app.id, token))) {
        None => (app.secret_key.clone(), "the application's secret key"),
        Some((token, TokenStatus::Valid(_))) => (
            signature::session_secret(token, &app.secret_key),
            "the session's secret key",
        ),
        Some((_, TokenStatus::Expired)) => {
            return Err(Refusal::new(
                PARAM_SESSION_EXPIRED,
                "the access token has expired",
            ));
        }
        Some((_, TokenStatus::Unknown)) => {
            return Err(Refusal::new(
                PARAM_SESSION_KEY,
                "no session of this application has this access token",
            ));
        }
    };
    let present: Vec<&str> = signature::SIGNED
        .into_iter()
        .filter(|name| fields.get(name).is_some())
        .collect();
    let signed = if present.is_empty() {
        "nothing".to_owned()
    } else {
        present.join(", ")
    };
    let sent = fields.get("st.signature").unwrap_or_default();
    if sent != signature::of_request(fields, &secret) {
        *hint =
            format!("The signature must be the lower-case MD5 over {signed}, then {secret_name}.");
        // OK's text for it is documented, with the space at its end.
        return Err(Refusal::new(PARAM_SIGNATURE, "Bad signature "));
    }
    Ok(ResponseKey {
        secret,
        signature: sent.to_owned(),
    })
}

fn post(fields: &Fields) -> Result<Content, Refusal> {
    let group = fields
        .get("st.groupId")
        .map(|id| {
            let bad = || Refusal::new(PARAM_GROUP_ID, "st.groupId is not the id of a group");
            id.parse().ok().filter(|id: &u64| *id > 0).ok_or_else(bad)
        })
        .transpose()?;
    Ok(Content::Post {
        attachment: Box::new(Attachment::parse(required(fields, "st.attachment")?)?),
        ask_comment: on(fields, "st.utext")?,
        group,
    })
}

fn invitation(fields: &Fields, kind: PageKind) -> Result<Content, Refusal> {
    let target: Vec<u64> = match fields.get("st.target") {
        None | Some("") => Vec::new(),
        Some(list) => list
            .split(',')
            .map(|id| id.trim().parse().ok())
            .collect::<Option<_>>()
            .ok_or_else(|| Refusal::new(PARAM_USER_ID, "st.target is not a list of user ids"))?,
    };
    let target_only = on(fields, "st.target_only")?;
    let autosel: usize = fields
        .get("st.autosel")
        .map_or(Ok(0), str::parse)
        .map_err(|_| Refusal::param("st.autosel is not a number"))?;
    let offered: Vec<&'static Friend> = FRIENDS
        .iter()
        .filter(|friend| kind == PageKind::Suggest || !friend.plays)
        .filter(|friend| !target_only || target.contains(&friend.id))
        .collect();
    let (targeted, others): (Vec<u64>, Vec<u64>) = offered
        .iter()
        .map(|friend| friend.id)
        .partition(|id| target.contains(id));
    let chosen = targeted
        .into_iter()
        .chain(others.into_iter().take(autosel))
        .collect();
    Ok(Content::Invitation {
        offered,
        chosen,
        comment: fields.get("st.comment").unwrap_or_default().to_owned(),
        custom_args: fields.get("st.custom_args").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::scopes::Scopes;
    use crate::oauth::tokens::TokenOwner;
    use proptest::prelude::*;

    const TOKEN: &str = "tkn1ZxYwVu-TsRqPo_NmLkJi.HgFe";

    fn check(pairs: &[(&str, &str)]) -> Result<WidgetRequest, Box<RefusedWidget>> {
        let apps = [Application::new(
            512_000_123_456,
            "CBA",
            "A1B2C3D4E5F60718293A4B5C",
        )];
        let mut pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(n, v)| ((*n).into(), (*v).into()))
            .collect();
        pairs.push(("st.app".into(), "512000123456".into()));
        let tokens = |_, token: &str| match token {
            TOKEN => TokenStatus::Valid(TokenOwner {
                user_id: 1,
                scopes: Scopes::default(),
            }),
            "old" => TokenStatus::Expired,
            _ => TokenStatus::Unknown,
        };
        parse(Some(&Fields(pairs)), &apps, &tokens)
    }

    const INVITE: (&str, &str) = ("st.cmd", "WidgetInvite");
    const BARE: (&str, &str) = ("st.signature", "4847d5dc56ee4e348cf63aec85eed41a");

    fn invitation_of(extra: &[(&str, &str)]) -> (usize, Vec<u64>) {
        let pairs = [&[INVITE, BARE], extra].concat();
        match check(&pairs).map(|request| request.content) {
            Ok(Content::Invitation {
                offered, chosen, ..
            }) => (offered.len(), chosen),
            Ok(Content::Post { .. }) => panic!("a post"),
            Err(refused) => panic!("{:?}", refused.refusal),
        }
    }

    // The digests are those of the signature page, for the application 512000123456.
    #[test]
    fn known_signatures_pass_and_others_do_not() {
        let post = [
            ("st.cmd", "WidgetMediatopicPost"),
            (
                "st.attachment",
                r#"{"media":[{"type":"text","text":"hello"}]}"#,
            ),
            ("st.return", "https://game.example/ok"),
            ("st.signature", "3376addb9cea8b34daebff00b3c26903"),
        ];
        assert!(check(&post).is_ok());
        for wrong in [
            "",
            "3376ADDB9CEA8B34DAEBFF00B3C26903",
            "3376addb9cea8b34daebff00b3c26904",
            "b40d9e49ac8a9e34860019c032274e34",
        ] {
            let pairs = [&post[..3], &[("st.signature", wrong)]].concat();
            let refused = check(&pairs).err().unwrap();
            assert_eq!(refused.refusal, Refusal::new(104, "Bad signature "));
            assert!(refused.hint.contains("st.attachment, st.return"));
        }
    }

    #[test]
    fn targets_and_autosel() {
        let id = |n: usize| FRIENDS[n].id;
        assert_eq!(invitation_of(&[]), (8, vec![]));
        assert_eq!(
            invitation_of(&[("st.autosel", "2")]),
            (8, vec![id(0), id(1)])
        );
        let list = format!("{}, {},1", id(3), id(10));
        assert_eq!(invitation_of(&[("st.target", &list)]), (8, vec![id(3)]));
        assert_eq!(
            invitation_of(&[
                ("st.target", &list),
                ("st.target_only", "on"),
                ("st.autosel", "5")
            ]),
            (1, vec![id(3)])
        );
        assert_eq!(
            invitation_of(&[("st.autosel", "18446744073709551615")])
                .1
                .len(),
            8
        );
    }

    #[test]
    fn refusals() {
        for (pairs, code, part) in [
            (vec![BARE], 100, "st.cmd"),
            (vec![("st.cmd", "WidgetCake"), BARE], 130, "st.cmd"),
            (vec![INVITE], 104, "Bad signature"),
            (vec![INVITE, BARE, ("st.access_token", "x")], 103, "token"),
            (
                vec![INVITE, BARE, ("st.access_token", "old")],
                102,
                "expired",
            ),
            (vec![INVITE, BARE, ("st.popup", "yes")], 100, "st.popup"),
            (vec![INVITE, BARE, ("st.autosel", "-1")], 100, "st.autosel"),
            (vec![INVITE, BARE, ("st.target", "1,x")], 110, "st.target"),
            (
                vec![INVITE, BARE, ("st.return", "undefined")],
                100,
                "st.return",
            ),
            (
                vec![INVITE, BARE, ("st.target", "1"), ("st.target", "2")],
                100,
                "st.target",
            ),
            (vec![INVITE, BARE, ("st.app", "1")], 100, "st.app"),
            (
                vec![("st.cmd", "WidgetMediatopicPost"), BARE],
                100,
                "st.attachment",
            ),
            (
                vec![
                    ("st.cmd", "WidgetMediatopicPost"),
                    BARE,
                    ("st.groupId", "0"),
                ],
                160,
                "st.groupId",
            ),
        ] {
            let refusal = check(&pairs).err().unwrap().refusal;
            assert_eq!(refusal.code, code, "{pairs:?}");
            assert!(refusal.message.contains(part), "{}", refusal.message);
        }
    }

    proptest! {
        #[test]
        fn any_fields_are_read_without_panic(
            pairs in proptest::collection::vec(("st\\.(cmd|return|state|target|autosel|groupId|signature)|.{0,5}", ".{0,30}"), 0..8)
        ) {
            let _ = parse(Some(&Fields(pairs)), &[Application::demo()], &|_, _| TokenStatus::Unknown);
        }
    }
}

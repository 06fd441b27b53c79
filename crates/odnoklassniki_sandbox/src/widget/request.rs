//! Reads and checks the query of a widget address (apiok.ru/en/ext/publish,
//! `apiok.ru/en/ext/invite_suggest`).

use crate::address::ReturnAddress;
use crate::app::Application;
use crate::attachment::Attachment;
use crate::behavior::RequestKind;
use crate::codes::{
    NO_SUCH_APP, PARAM_GROUP_ID, PARAM_SESSION_EXPIRED, PARAM_SESSION_KEY, PARAM_SIGNATURE,
    PARAM_USER_ID, PARAM_WIDGET, Refusal,
};
use crate::form::Fields;
use crate::oauth::ledger::Standing;
use crate::people::{FRIENDS, Friend};
use crate::signature;

/// A request that passed all checks.
pub(crate) struct WidgetRequest {
    pub(crate) kind: RequestKind,
    pub(crate) app_id: u64,
    pub(crate) envelope: Envelope,
    pub(crate) seal: Seal,
    pub(crate) look: Look,
    pub(crate) content: Content,
}

/// Where the answer goes. Known even for a request that is refused.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) kind: Option<RequestKind>,
    pub(crate) back: Back,
    pub(crate) state: Option<String>,
}

/// The three ways back (the third is a message to the opening window).
#[derive(Default)]
pub(crate) enum Back {
    /// `st.return`.
    Return(ReturnAddress),
    /// `st.redirect_uri`: the answer is a flat list of parameters.
    Flat(ReturnAddress),
    #[default]
    Message,
}

impl Back {
    pub(crate) fn address(&self) -> Option<&ReturnAddress> {
        match self {
            Self::Return(address) | Self::Flat(address) => Some(address),
            Self::Message => None,
        }
    }
}

/// What check values of answers are made from. Holds a secret, so it has no `Debug`.
pub(crate) struct Seal {
    pub(crate) key: String,
    pub(crate) signature: String,
}

/// Options of the page itself.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Look {
    pub(crate) popup: bool,
    pub(crate) nohead: bool,
    pub(crate) silent: bool,
    pub(crate) nocancel: bool,
}

/// What is to be published or sent.
pub(crate) enum Content {
    Post {
        attachment: Box<Attachment>,
        ask_comment: bool,
        group: Option<u64>,
    },
    Letter {
        /// Friends on the page.
        offered: Vec<&'static Friend>,
        /// Ids that are chosen before the player touches anything.
        chosen: Vec<u64>,
        comment: String,
        custom_args: Option<String>,
    },
}

/// A refused request, with what is needed to say so.
pub(crate) struct Refused {
    pub(crate) envelope: Envelope,
    pub(crate) app_id: Option<u64>,
    pub(crate) refusal: Refusal,
    /// More for the developer than the answer may say.
    pub(crate) hint: String,
}

/// What an access token is good for, with the application of this id.
pub(crate) type Standings<'a> = &'a dyn Fn(u64, &str) -> Standing;

/// Reads a widget address. `None` for the fields: the query could not be decoded.
pub(crate) fn read(
    fields: Option<&Fields>,
    apps: &[Application],
    standings: Standings<'_>,
) -> Result<WidgetRequest, Box<Refused>> {
    let empty = Fields::default();
    let known = fields.unwrap_or(&empty);
    let mut refused = Box::new(Refused {
        envelope: Envelope {
            kind: known.get("st.cmd").and_then(RequestKind::from_command),
            back: Back::Message,
            state: known.get("st.state").map(str::to_owned),
        },
        app_id: known.get("st.app").and_then(|id| id.parse().ok()),
        refusal: Refusal::param("the query is not percent-encoded UTF-8"),
        hint: String::new(),
    });
    if fields.is_none() {
        return Err(refused);
    }
    match back(known) {
        Ok(back) => refused.envelope.back = back,
        Err(refusal) => {
            refused.refusal = refusal;
            return Err(refused);
        }
    }
    match checked(known, apps, standings, &mut refused.hint) {
        Ok(parts) => Ok(WidgetRequest {
            kind: parts.kind,
            app_id: parts.app_id,
            envelope: refused.envelope,
            seal: parts.seal,
            look: parts.look,
            content: parts.content,
        }),
        Err(refusal) => {
            refused.refusal = refusal;
            Err(refused)
        }
    }
}

fn back(fields: &Fields) -> Result<Back, Refusal> {
    let address = |name: &str| {
        fields
            .get(name)
            .map(|text| {
                ReturnAddress::read(text).map_err(|why| Refusal::param(format!("{name} {why}")))
            })
            .transpose()
    };
    let flat = address("st.redirect_uri")?;
    Ok(match (address("st.return")?, flat) {
        (Some(address), _) => Back::Return(address),
        (None, Some(address)) => Back::Flat(address),
        (None, None) => Back::Message,
    })
}

struct Checked {
    kind: RequestKind,
    app_id: u64,
    seal: Seal,
    look: Look,
    content: Content,
}

fn checked(
    fields: &Fields,
    apps: &[Application],
    standings: Standings<'_>,
    hint: &mut String,
) -> Result<Checked, Refusal> {
    if let Some(name) = fields.doubled() {
        let name: String = name.chars().take(40).collect();
        return Err(Refusal::param(format!("{name} is there twice")));
    }
    let command = required(fields, "st.cmd")?;
    let no_widget = || Refusal::new(PARAM_WIDGET, "st.cmd names no widget the sandbox has");
    let kind = RequestKind::from_command(command).ok_or_else(no_widget)?;
    let app_id: u64 = required(fields, "st.app")?
        .parse()
        .map_err(|_| Refusal::param("st.app is not a number"))?;
    let app = apps
        .iter()
        .find(|app| app.id == app_id)
        .ok_or_else(|| Refusal::new(NO_SUCH_APP, format!("no application {app_id} here")))?;
    let seal = seal(fields, app, standings, hint)?;
    let look = Look {
        popup: on(fields, "st.popup")?,
        nohead: on(fields, "st.nohead")?,
        silent: on(fields, "st.silent")?,
        nocancel: on(fields, "st.nocancel")?,
    };
    let content = match kind {
        RequestKind::Post => post(fields)?,
        RequestKind::Invite | RequestKind::Suggest => letter(fields, kind)?,
        RequestKind::Login => return Err(no_widget()),
    };
    Ok(Checked {
        kind,
        app_id,
        seal,
        look,
        content,
    })
}

fn required<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    fields
        .get(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Refusal::param(format!("{name} is missing")))
}

/// `on` and `off` are documented; a public test page of OK's widgets sends `1`.
fn on(fields: &Fields, name: &str) -> Result<bool, Refusal> {
    match fields.get(name) {
        None | Some("off" | "0") => Ok(false),
        Some("on" | "1") => Ok(true),
        Some(_) => Err(Refusal::param(format!("{name} is neither on nor off"))),
    }
}

fn seal(
    fields: &Fields,
    app: &Application,
    standings: Standings<'_>,
    hint: &mut String,
) -> Result<Seal, Refusal> {
    let session = fields
        .get("st.access_token")
        .or_else(|| fields.get("st.session_key"));
    let (key, key_name) = match session.map(|token| (token, standings(app.id, token))) {
        None => (app.secret_key.clone(), "the application's secret key"),
        Some((token, Standing::Live(_))) => (
            signature::session_secret(token, &app.secret_key),
            "the session's secret key",
        ),
        Some((_, Standing::Expired)) => {
            return Err(Refusal::new(
                PARAM_SESSION_EXPIRED,
                "the access token has expired",
            ));
        }
        Some((_, Standing::Unknown)) => {
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
    let given = fields.get("st.signature").unwrap_or_default();
    if given != signature::of_request(fields, &key) {
        *hint = format!("The signature must be the lower-case MD5 over {signed}, then {key_name}.");
        // OK's text for it is documented, with the space at its end.
        return Err(Refusal::new(PARAM_SIGNATURE, "Bad signature "));
    }
    Ok(Seal {
        key,
        signature: given.to_owned(),
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
        attachment: Box::new(Attachment::read(required(fields, "st.attachment")?)?),
        ask_comment: on(fields, "st.utext")?,
        group,
    })
}

fn letter(fields: &Fields, kind: RequestKind) -> Result<Content, Refusal> {
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
        .filter(|friend| kind == RequestKind::Suggest || !friend.plays)
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
    Ok(Content::Letter {
        offered,
        chosen,
        comment: fields.get("st.comment").unwrap_or_default().to_owned(),
        custom_args: fields.get("st.custom_args").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::ledger::Holder;
    use crate::oauth::rights::Rights;
    use proptest::prelude::*;

    const TOKEN: &str = "tkn1ZxYwVu-TsRqPo_NmLkJi.HgFe";

    fn check(pairs: &[(&str, &str)]) -> Result<WidgetRequest, Box<Refused>> {
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
        let standings = |_, token: &str| match token {
            TOKEN => Standing::Live(Holder {
                user_id: 1,
                rights: Rights::default(),
            }),
            "old" => Standing::Expired,
            _ => Standing::Unknown,
        };
        read(Some(&Fields(pairs)), &apps, &standings)
    }

    const INVITE: (&str, &str) = ("st.cmd", "WidgetInvite");
    const BARE: (&str, &str) = ("st.signature", "4847d5dc56ee4e348cf63aec85eed41a");

    fn letter_of(extra: &[(&str, &str)]) -> (usize, Vec<u64>) {
        let pairs = [&[INVITE, BARE], extra].concat();
        match check(&pairs).map(|request| request.content) {
            Ok(Content::Letter {
                offered, chosen, ..
            }) => (offered.len(), chosen),
            Ok(Content::Post { .. }) => panic!("a post"),
            Err(refused) => panic!("{:?}", refused.refusal),
        }
    }

    // Digests of the signature page's known answers, for the application 512000123456.
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
        assert_eq!(letter_of(&[]), (8, vec![]));
        assert_eq!(letter_of(&[("st.autosel", "2")]), (8, vec![id(0), id(1)]));
        let list = format!("{}, {},1", id(3), id(10));
        assert_eq!(letter_of(&[("st.target", &list)]), (8, vec![id(3)]));
        assert_eq!(
            letter_of(&[
                ("st.target", &list),
                ("st.target_only", "on"),
                ("st.autosel", "5")
            ]),
            (1, vec![id(3)])
        );
        assert_eq!(
            letter_of(&[("st.autosel", "18446744073709551615")]).1.len(),
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
            let _ = read(Some(&Fields(pairs)), &[Application::demo()], &|_, _| Standing::Unknown);
        }
    }
}

//! The network's own pages: home, feed, friends, and how a friend starts the game.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, Visit, ago};
use super::{Household, page};
use crate::app::{Application, DEMO_ACCESS_TOKEN, DEMO_USER_ID, Session};
use crate::attachment::Attachment;
use crate::behavior::RequestKind;
use crate::form::{self, Fields};
use crate::house::{House, SeenRequest};
use crate::language::Language;
use crate::people::{self, FRIENDS, Friend};
use crate::signature;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    l: Language,
    frame: Frame,
    url: &'a str,
    apps: &'a [Application],
    session: Session,
    /// The session secret is shown only where it is made from a made-up key.
    demo: bool,
    behavior: String,
    seen: Vec<SeenRequest>,
    tries: Vec<(RequestKind, String)>,
}

pub(crate) async fn home(
    State(house): Household,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Response {
    let l = visit.language;
    let given = form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    if given.get("st.cmd") == Some(USER_MAIN) {
        return user_main(&visit);
    }
    let (behavior, seen) = {
        let memory = house.memory();
        let seen = memory.requests.iter().rev().take(8).cloned().collect();
        (memory.behaviors.usual.to_string(), seen)
    };
    // The builder never leaves the list of applications empty.
    let Some(app) = house.apps.first() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    page(&HomePage {
        l,
        frame: Frame::new(&visit, "home", l.say("Home", "Главная")),
        url: &house.url,
        apps: &house.apps,
        session: Session::new(app, DEMO_ACCESS_TOKEN),
        demo: app.is_made_up(),
        behavior,
        seen,
        tries: RequestKind::ALL
            .map(|kind| (kind, try_address(&house, app, kind, l)))
            .to_vec(),
    })
}

/// `st.cmd` of the page on which those end who have forgotten their password, as at OK.
const USER_MAIN: &str = "userMain";

fn user_main(visit: &Visit) -> Response {
    let l = visit.language;
    notice(
        visit,
        StatusCode::OK,
        l.say("The way out of the login", "Выход из диалога входа"),
        l.say(
            "Those who have forgotten their password leave the dialog and end on a page whose address has \
             st.cmd=userMain. The game hears nothing of it and has to open the login again.",
            "Кто забыл пароль, уходит из диалога и попадает на страницу, в адресе которой есть st.cmd=userMain. Игра об \
             этом не узнаёт и должна открыть вход ещё раз.",
        ),
    )
}

/// The address of a login that comes back to `/tried`. It asks for a code, as a token would be in
/// the fragment, which only a behavior can read.
fn login_address(house: &Arc<House>, app: &Application) -> String {
    let pairs = [
        ("client_id", app.id.to_string()),
        ("scope", "VALUABLE_ACCESS;GET_EMAIL;PUBLISH_NOTE".to_owned()),
        ("response_type", "code".to_owned()),
        ("redirect_uri", house.tried()),
        ("state", "tried-by-hand".to_owned()),
    ];
    format!("/oauth/authorize?{}", form::write(&pairs))
}

/// A signed widget address that comes back to `/tried`, to try a widget without a game; or a
/// login.
fn try_address(house: &Arc<House>, app: &Application, kind: RequestKind, l: Language) -> String {
    let Some(command) = kind.command() else {
        return login_address(house, app);
    };
    let mut fields = vec![
        ("st.cmd", command.to_owned()),
        ("st.app", app.id.to_string()),
        ("st.access_token", DEMO_ACCESS_TOKEN.to_owned()),
        ("st.return", house.tried()),
    ];
    if kind == RequestKind::Post {
        fields.push(("st.attachment", l.say(SAMPLE_EN, SAMPLE_RU).to_owned()));
        fields.push(("st.utext", "on".to_owned()));
    } else {
        let comment = l.say(
            "Come and build castles with me!",
            "Пойдём строить замки вместе!",
        );
        fields.push(("st.comment", comment.to_owned()));
        fields.push(("st.custom_args", "castle=42".to_owned()));
    }
    let named = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let mut fields = Fields(named.collect());
    let key = signature::session_secret(DEMO_ACCESS_TOKEN, &app.secret_key);
    let signature = signature::of_request(&fields, &key);
    fields.0.push(("st.signature".to_owned(), signature));
    format!("/dk?{}", form::write(&fields.0))
}

const SAMPLE_EN: &str = r#"{"media":[{"type":"text","text":"My castle has survived the tide!"},{"type":"app","text":"Sandcastles","images":[{"url":"https://game.example/castle.png","title":"The castle","mark":"castle=42"}],"actions":[{"text":"Build your own","mark":"castle=42"}]},{"type":"poll","question":"What shall I build next?","answers":[{"text":"A moat"},{"text":"A second tower"}],"options":"SingleChoice"}]}"#;
const SAMPLE_RU: &str = r#"{"media":[{"type":"text","text":"Мой замок пережил прилив!"},{"type":"app","text":"Песочные замки","images":[{"url":"https://game.example/castle.png","title":"Замок","mark":"castle=42"}],"actions":[{"text":"Построить свой","mark":"castle=42"}]},{"type":"poll","question":"Что построить дальше?","answers":[{"text":"Ров с водой"},{"text":"Вторую башню"}],"options":"SingleChoice"}]}"#;

/// A post as the feed shows it.
struct PostView {
    id: u64,
    app_id: u64,
    group: Option<String>,
    comment: String,
    when: String,
    attachment: Box<Attachment>,
}

#[derive(Template)]
#[template(path = "feed.html")]
struct FeedPage {
    l: Language,
    frame: Frame,
    me: &'static str,
    posts: Vec<PostView>,
}

pub(crate) async fn feed(State(house): Household, visit: Visit) -> Response {
    let l = visit.language;
    let posts = house
        .memory()
        .feed
        .iter()
        .rev()
        .map(|post| PostView {
            id: post.id,
            app_id: post.app_id,
            group: post.group_id.map(|id| people::group_name(id, l)),
            comment: post.comment.clone(),
            when: ago(post.at, l),
            attachment: post.parsed.clone(),
        })
        .collect();
    page(&FeedPage {
        l,
        frame: Frame::new(&visit, "feed", l.say("Feed", "Лента")),
        me: people::PLAYER.name(l),
        posts,
    })
}

#[derive(Template)]
#[template(path = "friends.html")]
struct FriendsPage {
    l: Language,
    frame: Frame,
    friends: Vec<(&'static Friend, String)>,
}

pub(crate) async fn friends(State(house): Household, visit: Visit) -> Response {
    let l = visit.language;
    let counts = house.memory().letter_counts();
    let letters = |count| match count {
        0 => l.say("no letters", "писем нет").to_owned(),
        count => l.count(count, ["letter", "letters"], ["письмо", "письма", "писем"]),
    };
    let friends = FRIENDS
        .iter()
        .zip(counts)
        .map(|(friend, (_, count))| (friend, letters(count)));
    page(&FriendsPage {
        l,
        frame: Frame::new(&visit, "friends", l.say("Friends", "Друзья")),
        friends: friends.collect(),
    })
}

/// A letter as the friend sees it.
struct LetterView {
    invite: bool,
    app_id: u64,
    comment: String,
    custom_args: Option<String>,
    launch: String,
    when: String,
}

#[derive(Template)]
#[template(path = "friend.html")]
struct FriendPage {
    l: Language,
    frame: Frame,
    friend: &'static Friend,
    me: &'static str,
    letters: Vec<LetterView>,
}

pub(crate) async fn friend(
    State(house): Household,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let l = visit.language;
    let Some(friend) = id.parse().ok().and_then(people::friend) else {
        return not_found(visit).await;
    };
    let letters = house
        .memory()
        .inbox(friend.id)
        .into_iter()
        .map(|letter| LetterView {
            invite: letter.kind == RequestKind::Invite,
            app_id: letter.app_id,
            launch: launch_address(
                letter.app_id,
                friend.id,
                letter.custom_args.as_deref(),
                letter.kind,
            ),
            comment: letter.comment,
            custom_args: letter.custom_args,
            when: ago(letter.at, l),
        });
    page(&FriendPage {
        l,
        frame: Frame::new(&visit, "friends", friend.name(l)),
        friend,
        me: people::PLAYER.name(l),
        letters: letters.collect(),
    })
}

fn launch_address(
    app_id: u64,
    friend: u64,
    custom_args: Option<&str>,
    kind: RequestKind,
) -> String {
    let from = if kind == RequestKind::Invite {
        "friend_invitation"
    } else {
        "friend_notification"
    };
    let mut pairs = vec![
        ("app", app_id.to_string()),
        ("logged_user_id", friend.to_string()),
        ("refplace", from.to_owned()),
    ];
    pairs.extend(custom_args.map(|args| ("custom_args", args.to_owned())));
    format!("/launch?{}", form::write(&pairs))
}

/// A page that lists names and values.
#[derive(Template)]
#[template(path = "values.html")]
struct ValuesPage {
    l: Language,
    frame: Frame,
    lead: String,
    values: Vec<(String, String)>,
    again: bool,
}

/// How the game would be started: OK adds these to the game's address (apiok.ru/en/dev/app).
pub(crate) async fn launch(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let l = visit.language;
    let given = form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let mut values = Vec::new();
    for name in ["app", "logged_user_id", "refplace", "custom_args"] {
        if let Some(value) = given.get(name) {
            let shown = if name == "app" { "application" } else { name };
            values.push((shown.to_owned(), value.to_owned()));
        }
    }
    values.push(("referer".to_owned(), DEMO_USER_ID.to_string()));
    let lead = l.say(
        "Here OK would start the game. It would find these among its launch parameters:",
        "Здесь OK запустил бы игру. Среди параметров запуска она нашла бы:",
    );
    page(&ValuesPage {
        l,
        frame: Frame::new(&visit, "", l.say("The game starts", "Игра запускается")),
        lead: lead.to_owned(),
        values,
        again: false,
    })
}

/// Where the widgets tried from the home page come back to.
pub(crate) async fn tried(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let l = visit.language;
    let values = form::parse(query.unwrap_or_default().as_bytes())
        .unwrap_or_default()
        .0;
    let lead = l.say(
        "This is the return address. The game would read this answer:",
        "Это адрес возврата. Игра прочла бы такой ответ:",
    );
    page(&ValuesPage {
        l,
        frame: Frame::new(&visit, "", l.say("The answer", "Ответ")),
        lead: lead.to_owned(),
        values,
        again: true,
    })
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    l: Language,
    frame: Frame,
    text: String,
}

fn notice(visit: &Visit, status: StatusCode, title: &str, text: &str) -> Response {
    let mut response = page(&NoticePage {
        l: visit.language,
        frame: Frame::new(visit, "", title),
        text: text.to_owned(),
    });
    *response.status_mut() = status;
    response
}

pub(crate) async fn not_found(visit: Visit) -> Response {
    let l = visit.language;
    notice(
        &visit,
        StatusCode::NOT_FOUND,
        l.say("No such page", "Нет такой страницы"),
        l.say(
            "There is nothing at this address.",
            "По этому адресу ничего нет.",
        ),
    )
}

pub(crate) fn too_old(visit: &Visit) -> Response {
    let l = visit.language;
    notice(
        &Visit {
            language: l,
            here: "/".to_owned(),
        },
        StatusCode::GONE,
        l.say("This page is too old", "Страница устарела"),
        l.say(
            "The sandbox was restarted or has forgotten it. Open it again from the game.",
            "Песочница перезапущена или уже забыла её. Откройте страницу из игры ещё раз.",
        ),
    )
}

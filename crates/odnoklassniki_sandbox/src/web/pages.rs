//! The feed, the friends, how a friend starts the game, and the choice of the language.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::base::{Base, Visitor, ago};
use super::notice::not_found;
use super::response::{page, see_other};
use crate::attachment::Attachment;
use crate::form;
use crate::language::{COOKIE, Language};
use crate::page_kind::PageKind;
use crate::people::{self, DEMO_USER_ID, FRIENDS, Friend};
use crate::records::Invitation;
use crate::state::SandboxState;

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
    base: Base,
    me: &'static str,
    posts: Vec<PostView>,
}

pub(super) async fn feed(State(sandbox): State<Arc<SandboxState>>, visitor: Visitor) -> Response {
    let l = visitor.language;
    let posts = sandbox
        .data()
        .records
        .feed()
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
        base: Base::new(&visitor, "feed", l.say("Feed", "Лента")),
        me: people::PLAYER.name(l),
        posts,
    })
}

#[derive(Template)]
#[template(path = "friends.html")]
struct FriendsPage {
    l: Language,
    base: Base,
    friends: Vec<(&'static Friend, String)>,
}

pub(super) async fn friends(
    State(sandbox): State<Arc<SandboxState>>,
    visitor: Visitor,
) -> Response {
    let l = visitor.language;
    let counts = sandbox.data().records.counts();
    let messages = |count| match count {
        0 => l.say("no messages", "писем нет").to_owned(),
        count => l.count(
            count,
            ["message", "messages"],
            ["письмо", "письма", "писем"],
        ),
    };
    let friends = FRIENDS
        .iter()
        .zip(counts)
        .map(|(friend, (_, count))| (friend, messages(count)));
    page(&FriendsPage {
        l,
        base: Base::new(&visitor, "friends", l.say("Friends", "Друзья")),
        friends: friends.collect(),
    })
}

/// An invitation or recommendation as the friend sees it.
struct InvitationView {
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
    base: Base,
    friend: &'static Friend,
    me: &'static str,
    received: Vec<InvitationView>,
}

pub(super) async fn friend(
    State(sandbox): State<Arc<SandboxState>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let l = visitor.language;
    let Some(friend) = id.parse().ok().and_then(people::friend) else {
        return not_found(visitor).await;
    };
    let received = sandbox
        .data()
        .records
        .inbox(friend.id)
        .into_iter()
        .map(|one| InvitationView {
            invite: one.kind == PageKind::Invite,
            app_id: one.app_id,
            launch: launch_path(&one),
            comment: one.comment,
            custom_args: one.custom_args,
            when: ago(one.at, l),
        });
    page(&FriendPage {
        l,
        base: Base::new(&visitor, "friends", friend.name(l)),
        friend,
        me: people::PLAYER.name(l),
        received: received.collect(),
    })
}

/// Returns the link by which the friend starts the game.
fn launch_path(received: &Invitation) -> String {
    let from = if received.kind == PageKind::Invite {
        "friend_invitation"
    } else {
        "friend_notification"
    };
    let mut pairs = vec![
        ("app", received.app_id.to_string()),
        ("logged_user_id", received.to.to_string()),
        ("refplace", from.to_owned()),
    ];
    pairs.extend(
        received
            .custom_args
            .iter()
            .map(|args| ("custom_args", args.clone())),
    );
    format!("/launch?{}", form::write(&pairs))
}

/// A page that lists names and values.
#[derive(Template)]
#[template(path = "values.html")]
struct ValuesPage {
    l: Language,
    base: Base,
    lead: String,
    values: Vec<(String, String)>,
    again: bool,
}

/// Shows how OK would start the game: it adds these to the game's URL (apiok.ru/en/dev/app).
pub(super) async fn launch(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let l = visitor.language;
    let fields = form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let mut values = Vec::new();
    for name in ["app", "logged_user_id", "refplace", "custom_args"] {
        if let Some(value) = fields.get(name) {
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
        base: Base::new(&visitor, "", l.say("The game starts", "Игра запускается")),
        lead: lead.to_owned(),
        values,
        again: false,
    })
}

/// The return URL of the requests that a developer tries from the home page.
pub(super) async fn tried(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let l = visitor.language;
    let values = form::parse(query.unwrap_or_default().as_bytes())
        .unwrap_or_default()
        .0;
    let lead = l.say(
        "This is the return URL. The game would read this callback:",
        "Это адрес возврата. Игра прочла бы такой ответ:",
    );
    page(&ValuesPage {
        l,
        base: Base::new(&visitor, "", l.say("The callback", "Ответ")),
        lead: lead.to_owned(),
        values,
        again: true,
    })
}

/// `/language/ru?back=/feed`: keeps the choice in a cookie and goes back.
pub(super) async fn choose_language(
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let fields = form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    // Only to the sandbox's own pages: `//host` and `/\host` would leave.
    let back = fields
        .get("back")
        .filter(|back| back.starts_with('/') && !back.starts_with("//") && !back.contains('\\'))
        .filter(|back| back.bytes().all(|byte| byte.is_ascii_graphic()))
        .unwrap_or("/");
    let mut response = see_other(back);
    if let Some(language) = Language::from_code(&code) {
        let cookie = format!(
            "{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax",
            language.code()
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
    }
    response
}

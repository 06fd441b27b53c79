//! What talks to the plugin: buttons become requests, results change the game. This is the file to
//! copy.
//!
//! Its clipboard is Bevy's: give Bevy the feature `system_clipboard`, or copied links stay inside
//! the game. `hud.rs` draws the pages that wait, and `options.rs` sets the plugin up.

use bevy::clipboard::Clipboard;
use bevy::prelude::*;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::{GroupId, UserId};
use bevy_odnoklassniki::{PendingRequest, RequestKind};

use crate::castle::{Castle, CastleSystems};
use crate::words::{Feedback, Language, Said};

pub fn plugin(app: &mut App) {
    app.init_resource::<Friends>()
        .init_resource::<Feedback>()
        .add_message::<Pressed>()
        .add_systems(
            Update,
            (
                (show_notices, show_opened).chain(),
                apply_invites,
                apply_suggestions,
                apply_posts,
                send_requests,
                mind_pending.run_if(request_pending),
            )
                .chain()
                .in_set(SocialSystems)
                .after(CastleSystems),
        );
}

/// In `Update`, after the rules. What draws the game comes after it, so that a result is on the
/// screen in the frame in which it comes in.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct SocialSystems;

/// The player pressed one of the social buttons.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    Invite,
    Suggest,
    Post,
    PostToGroup,
    OpenAgain(RequestId),
    CopyLink(RequestId),
    Cancel(RequestId),
}

/// The group that posts can go to.
#[derive(Resource)]
pub struct Club(pub Option<GroupId>);

/// What the player's friends have brought about.
#[derive(Resource, Default)]
pub struct Friends {
    /// Who was invited.
    pub guests: Vec<UserId>,
    /// What was published, newest last.
    pub posts: Vec<String>,
    /// Texts that may still be published, and the buttons that they belong to.
    drafts: Vec<(RequestId, Pressed, String)>,
}

impl Friends {
    /// The button that a pending request comes from; none for the login that such a request waits
    /// for.
    pub fn asked_by(&self, request: &PendingRequest) -> Option<Pressed> {
        let draft = self.drafts.iter().find(|(id, ..)| *id == request.id());
        match (request.kind(), draft) {
            (RequestKind::Invite, _) => Some(Pressed::Invite),
            (RequestKind::Suggest, _) => Some(Pressed::Suggest),
            (_, Some((_, button, _))) => Some(*button),
            (RequestKind::Post, None) => Some(Pressed::Post),
            _ => None,
        }
    }
}

/// A request is a message. The page then opens by itself, and the game goes on meanwhile.
fn send_requests(
    mut presses: MessageReader<Pressed>,
    (castle, club, language, requests): (
        Res<Castle>,
        Res<Club>,
        Res<Language>,
        Res<PendingRequests>,
    ),
    mut friends: ResMut<Friends>,
    mut feedback: ResMut<Feedback>,
    mut invites: MessageWriter<RequestInvite>,
    mut suggestions: MessageWriter<RequestSuggest>,
    mut posts: MessageWriter<RequestPost>,
) {
    for press in presses.read() {
        // One page of each kind is enough; its own button opens it again.
        if requests
            .iter()
            .any(|request| friends.asked_by(request) == Some(*press))
        {
            feedback.0 = Said::AlreadyOpen;
            continue;
        }
        match press {
            Pressed::Invite => {
                let comment = language.say("Build a castle with me!", "Построим замок вместе!");
                invites.write(RequestInvite::new().comment(comment).autosel(2));
            }
            Pressed::Suggest => {
                let comment =
                    language.say("You would like this castle.", "Тебе понравится этот замок.");
                suggestions.write(RequestSuggest::new().comment(comment));
            }
            Pressed::Post | Pressed::PostToGroup => {
                let text = boast(*language, castle.height());
                let mut post = RequestPost::new(Attachment::new().text(&text)).user_text(true);
                if *press == Pressed::PostToGroup {
                    let Some(group) = club.0 else { continue };
                    post = post.group_id(group);
                }
                friends.drafts.push((post.id(), *press, text));
                posts.write(post);
            }
            _ => continue,
        }
        feedback.0 = Said::Opening;
    }
}

fn boast(language: Language, height: usize) -> String {
    let blocks = language.blocks(height);
    match language {
        _ if height == 0 => language
            .say("I am building a castle!", "Я строю замок!")
            .to_owned(),
        Language::English => format!("My castle is {blocks} high!"),
        Language::Russian => format!("Высота моего замка: {blocks}!"),
    }
}

/// The page was handed to the browser, or its window is there. That says nothing yet about what the
/// player does there.
fn show_opened(mut opened: MessageReader<RequestOpened>, mut feedback: ResMut<Feedback>) {
    for RequestOpened { link, .. } in opened.read() {
        feedback.0 = match &feedback.0 {
            Said::BrowserInstead => continue,
            _ if link.is_none() => Said::LookAtWindow,
            _ => Said::LookAtBrowser,
        };
    }
}

/// With `--webview` the window may be missing.
fn show_notices(mut notices: MessageReader<RequestNotice>, mut feedback: ResMut<Feedback>) {
    for notice in notices.read() {
        if notice.kind == NoticeKind::BrowserInstead {
            feedback.0 = Said::BrowserInstead;
            // For the developer; the plugin's own line says why.
            warn!("no window for OK's page: is odnoklassniki_webview beside the game? See --help");
        }
    }
}

/// Each request ends in exactly one result, minutes later or at once.
fn apply_invites(
    mut finished: MessageReader<InviteFinished>,
    mut friends: ResMut<Friends>,
    mut feedback: ResMut<Feedback>,
) {
    for InviteFinished { outcome, .. } in finished.read() {
        feedback.0 = match outcome {
            Outcome::Completed(invited) if invited.users.is_empty() => Said::NoFriends,
            Outcome::Completed(invited) => {
                for guest in &invited.users {
                    if !friends.guests.contains(guest) {
                        friends.guests.push(*guest);
                    }
                }
                Said::Invited(invited.users.len())
            }
            other => not_completed(other, &feedback.0),
        };
    }
}

fn apply_suggestions(mut finished: MessageReader<SuggestFinished>, mut feedback: ResMut<Feedback>) {
    for SuggestFinished { outcome, .. } in finished.read() {
        feedback.0 = match outcome {
            Outcome::Completed(suggested) if suggested.users.is_empty() => Said::NoFriends,
            Outcome::Completed(suggested) => Said::Suggested(suggested.users.len()),
            other => not_completed(other, &feedback.0),
        };
    }
}

fn apply_posts(
    mut finished: MessageReader<PostFinished>,
    mut friends: ResMut<Friends>,
    mut feedback: ResMut<Feedback>,
) {
    for PostFinished { id, outcome, .. } in finished.read() {
        let draft = friends
            .drafts
            .iter()
            .position(|(draft, ..)| draft == id)
            .map(|place| friends.drafts.remove(place));
        feedback.0 = match outcome {
            Outcome::Completed(_) => {
                friends.posts.extend(draft.map(|(.., text)| text));
                Said::Posted
            }
            other => not_completed(other, &feedback.0),
        };
    }
}

/// What there is to say when nothing came of it. Calling off is no error, and `mind_pending` has
/// spoken of it. A closed tab ends as `TimedOut`.
fn not_completed<T>(outcome: &Outcome<T>, said: &Said) -> Said {
    let error = match outcome {
        Outcome::Completed(_) => return Said::Welcome,
        Outcome::Cancelled(CancelledBy::Player) => return Said::Cancelled,
        Outcome::Cancelled(_) => return said.clone(),
        Outcome::TimedOut => return Said::TimedOut,
        Outcome::Failed(error) => error,
    };
    let said = match error.kind() {
        RequestErrorKind::AlreadyPending => return Said::AlreadyOpen,
        RequestErrorKind::TooManyPending => Said::TooMany,
        RequestErrorKind::CannotOpen => Said::NoBrowser,
        _ => Said::Failed,
    };
    // For the developer; the line holds no secret.
    warn!("{error}: {}", error.advice());
    said
}

/// The three buttons beside each page that waits for the player.
fn mind_pending(
    mut presses: MessageReader<Pressed>,
    requests: Res<PendingRequests>,
    mut feedback: ResMut<Feedback>,
    mut clipboard: ResMut<Clipboard>,
    mut reopens: MessageWriter<ReopenRequest>,
    mut cancels: MessageWriter<CancelRequest>,
) {
    for press in presses.read() {
        match *press {
            Pressed::OpenAgain(id) => _ = reopens.write(ReopenRequest { id }),
            Pressed::CopyLink(id) => {
                let Some(link) = requests.get(id).and_then(PendingRequest::link) else {
                    continue;
                };
                let copied = clipboard.set_text(link.expose());
                feedback.0 = if copied.is_ok() {
                    Said::LinkCopied
                } else {
                    Said::NotCopied
                };
            }
            Pressed::Cancel(id) => {
                let Some(request) = requests.get(id) else {
                    continue;
                };
                // A window of the game's own closes; a page in a browser stays.
                feedback.0 = match request.link() {
                    Some(_) => Said::CalledOff,
                    None => Said::WindowCalledOff,
                };
                cancels.write(CancelRequest { id });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bevy_odnoklassniki::{OkPage, PageHost};

    use super::*;

    /// Keeps its pages open.
    #[derive(Default)]
    struct Window(Mutex<Vec<OkPage>>);

    impl PageHost for Window {
        fn open(&self, page: OkPage) -> Result<(), OpenError> {
            self.0.lock().expect("no panic").push(page);
            Ok(())
        }
    }

    #[test]
    fn a_player_who_calls_a_page_off_closes_it_in_a_browser_only() {
        let sandbox = OdnoklassnikiPlugin::sandbox;
        let in_browser = sandbox().with_opener(|_: &OneTimeLink| Ok(()));
        for (ok, said, asks) in [
            (in_browser, Said::CalledOff, true),
            (
                sandbox().with_page_host(Window::default()),
                Said::WindowCalledOff,
                false,
            ),
        ] {
            let mut app = App::new();
            app.add_plugins((ok, plugin))
                .insert_resource(Club(None))
                .insert_resource(Language::English)
                .init_resource::<Castle>()
                .init_resource::<Clipboard>();
            app.world_mut().write_message(Pressed::Invite);
            app.update();
            app.update();
            let pending = app.world().resource::<PendingRequests>();
            let id = pending.iter().next().expect("the invitation").id();
            app.world_mut().write_message(Pressed::Cancel(id));
            app.update();
            app.update();
            assert!(app.world().resource::<PendingRequests>().is_empty());
            let feedback = &app.world().resource::<Feedback>().0;
            assert_eq!(*feedback, said);
            assert_eq!(feedback.text(Language::English).contains("close it"), asks);
        }
    }
}

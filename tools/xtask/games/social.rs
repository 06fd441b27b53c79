use bevy_odnoklassniki::prelude::*;

fn plugin() -> OdnoklassnikiPlugin {
    OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
        .with_redirect_uris(["http://127.0.0.1:17811/login"])
}

fn log_in(mut logins: MessageWriter<RequestLogin>) {
    logins.write(RequestLogin::new().scopes([Scope::VALUABLE_ACCESS]));
}

fn ask(
    mut frame: Local<u32>,
    mut invites: MessageWriter<RequestInvite>,
    mut suggests: MessageWriter<RequestSuggest>,
    mut posts: MessageWriter<RequestPost>,
) {
    *frame += 1;
    if *frame == 1000 {
        invites.write(RequestInvite::new().comment("Come and play"));
        suggests.write(RequestSuggest::new().comment("Play"));
        posts.write(RequestPost::new(Attachment::new().text("Level 12").link("https://game.example/")));
    }
}

fn receive(
    mut logins: MessageReader<LoginFinished>,
    mut invites: MessageReader<InviteFinished>,
    mut suggests: MessageReader<SuggestFinished>,
    mut posts: MessageReader<PostFinished>,
) {
    logins.read().for_each(|finished| println!("{finished:?}"));
    invites.read().for_each(|finished| println!("{finished:?}"));
    suggests.read().for_each(|finished| println!("{finished:?}"));
    posts.read().for_each(|finished| println!("{finished:?}"));
}

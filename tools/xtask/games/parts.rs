macro_rules! messages {
    ($($name:ident)*) => {
        $(#[derive(Message)] struct $name(String);)*

        fn messages(app: &mut App) {
            $(app.add_message::<$name>();)*
        }
    };
}

messages! {
    RequestPost RequestInvite RequestSuggest RequestLogin RequestLogout CancelRequest ReopenRequest
    PostFinished InviteFinished SuggestFinished LoginFinished RequestOpened RequestNotice SessionChanged
}

fn log_in(mut logins: MessageWriter<RequestLogin>) {
    logins.write(RequestLogin(String::new()));
}

fn ask(
    mut frame: Local<u32>,
    mut invites: MessageWriter<RequestInvite>,
    mut suggests: MessageWriter<RequestSuggest>,
    mut posts: MessageWriter<RequestPost>,
) {
    *frame += 1;
    if *frame == 1000 {
        invites.write(RequestInvite(String::new()));
        suggests.write(RequestSuggest(String::new()));
        posts.write(RequestPost(String::new()));
        open();
    }
}

fn pass(
    mut requests: (MessageReader<RequestPost>, MessageReader<RequestInvite>, MessageReader<RequestSuggest>, MessageReader<RequestLogin>),
    mut orders: (MessageReader<RequestLogout>, MessageReader<CancelRequest>, MessageReader<ReopenRequest>),
    mut results: (MessageWriter<PostFinished>, MessageWriter<InviteFinished>, MessageWriter<SuggestFinished>, MessageWriter<LoginFinished>),
    mut messages: (MessageWriter<SessionChanged>, MessageWriter<RequestOpened>, MessageWriter<RequestNotice>),
) {
    requests.0.read().for_each(|request| _ = results.0.write(PostFinished(request.0.clone())));
    requests.1.read().for_each(|request| _ = results.1.write(InviteFinished(request.0.clone())));
    requests.2.read().for_each(|request| _ = results.2.write(SuggestFinished(request.0.clone())));
    requests.3.read().for_each(|request| _ = results.3.write(LoginFinished(request.0.clone())));
    orders.0.read().for_each(|order| _ = messages.0.write(SessionChanged(order.0.clone())));
    orders.1.read().for_each(|order| _ = messages.1.write(RequestOpened(order.0.clone())));
    orders.2.read().for_each(|order| _ = messages.2.write(RequestNotice(order.0.clone())));
}

fn receive(
    mut logins: MessageReader<LoginFinished>,
    mut invites: MessageReader<InviteFinished>,
    mut suggests: MessageReader<SuggestFinished>,
    mut posts: MessageReader<PostFinished>,
) {
    logins.read().for_each(|finished| println!("{}", finished.0));
    invites.read().for_each(|finished| println!("{}", finished.0));
    suggests.read().for_each(|finished| println!("{}", finished.0));
    posts.read().for_each(|finished| println!("{}", finished.0));
}

use bevy_mod_reqwest::*;

fn ask(mut frame: Local<u32>, mut client: BevyReqwest) {
    *frame += 1;
    if *frame == 1000
        && let Ok(request) = client.get("https://game.example/").build()
    {
        client
            .send(request)
            .on_response(|response: On<ReqwestResponseEvent>| println!("{}", response.event().status()))
            .on_error(|error: On<ReqwestErrorEvent>| println!("{:?}", error.event().entity));
    }
}

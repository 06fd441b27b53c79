use bevy_steamworks::*;

fn steam() -> SteamworksPlugin {
    SteamworksPlugin::init_app(480).expect("Steam runs")
}

fn receive(mut frame: Local<u32>, client: Res<Client>) {
    *frame += 1;
    if *frame == 1000 {
        let friends = client.friends().get_friends(FriendFlags::IMMEDIATE);
        friends.iter().for_each(|friend| println!("{}", friend.name()));
    }
}

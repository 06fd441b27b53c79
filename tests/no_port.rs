//! A game with a page host opens no port. One test, because a process has one list of sockets.
#![cfg(target_os = "linux")]

use std::fs;

use bevy_odnoklassniki::prelude::*;
use test_support::game::Game;

struct Window(std::sync::mpsc::SyncSender<OkPage>);

impl PageHost for Window {
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        let full = |_| OpenError::new("the test is over");
        self.0.send(page).map_err(full)
    }
}

/// Returns how many sockets of this process listen.
fn listening() -> usize {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let tables = read("/proc/self/net/tcp") + &read("/proc/self/net/tcp6");
    let files = fs::read_dir("/proc/self/fd").expect("the list of open files");
    let own: Vec<String> = files
        .flatten()
        .filter_map(|file| Some(fs::read_link(file.path()).ok()?.display().to_string()))
        .collect();
    let listening = |line: &str| {
        let columns: Vec<_> = line.split_ascii_whitespace().collect();
        let inode = columns.get(9)?;
        let is_own = own.contains(&format!("socket:[{inode}]"));
        (columns.get(3) == Some(&"0A") && is_own).then_some(())
    };
    tables.lines().filter_map(listening).count()
}

#[test]
fn a_game_with_a_page_host_opens_no_port() {
    for has_host in [false, true] {
        let (sender, pages) = std::sync::mpsc::sync_channel(2);
        let session = SessionData::new(AccessToken::new("token"), SessionSecretKey::new("key"));
        let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
        let mut plugin = OdnoklassnikiPlugin::new(credentials)
            .with_redirect_uris(["http://127.0.0.1:0/login"])
            .with_session(session)
            .with_opener(|_: &OneTimeLink| Ok::<(), OpenError>(()));
        if has_host {
            plugin = plugin.with_page_host(Window(sender));
        }
        let mut game = Game::from_plugin(plugin);
        // The kit's own sandbox is gone.
        let before = listening();
        game.write(RequestInvite::new());
        game.write(RequestLogin::new());
        game.run_until("both pages", |kit| {
            (kit.messages.opened.len() == 2).then_some(())
        });
        let opened = listening() - before;
        assert_eq!(opened, if has_host { 0 } else { 2 });
        let pages: Vec<_> = pages.try_iter().collect();
        assert_eq!(pages.len(), if has_host { 2 } else { 0 });
        if !has_host {
            continue;
        }
        let page = pages.into_iter().last().expect("a page");
        page.closed();
        game.run_until("a result", |kit| {
            (kit.messages.finished() > 0).then_some(())
        });
        assert_eq!(listening(), before);
    }
}

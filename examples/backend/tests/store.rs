//! The store keeps its promises, in a file and in Redis alike.

mod support;

use std::time::{Duration, Instant};

use backend_example::Place;
use backend_example::store::{Callback, Claim, Hash, RewardKind, Store};
use odnoklassniki::{ApplicationId, UserId};
use support::redis::Redis;
use support::{APP_ID, file};

const HOUR: Duration = Duration::from_secs(3600);
const APP: ApplicationId = ApplicationId::new(APP_ID);
const ALICE: UserId = UserId::new(1);
const BORIS: UserId = UserId::new(2);

/// Each of these runs on both stores. A test gets the place, to open it as often as it likes.
macro_rules! on_both {
    ($($test:ident)*) => {
        mod in_a_file {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    let (_folder, place) = super::file();
                    super::$test(place).await;
                }
            )*
        }

        mod in_redis {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    if let Some(redis) = super::Redis::start_or_skip() {
                        super::$test(redis.place()).await;
                    }
                }
            )*
        }
    };
}

on_both! {
    a_callback_is_used_once
    a_state_is_of_one_player_and_one_widget
    a_friend_counts_once_for_each_widget
    a_refused_claim_changes_nothing
    sixty_four_claims_at_once_grant_once
    a_friend_in_many_callbacks_at_once_counts_once
    a_state_is_forgotten
    a_counter_counts_and_starts_anew
    a_user_is_remembered_for_a_while
    it_responds
}

async fn open(place: &Place) -> Store {
    Store::open(place, APP).await.expect("a store")
}

fn state(name: &str) -> Hash {
    Hash::of(&["state", name])
}

fn callback(user: UserId, kind: RewardKind, name: &str, friends: &[u64]) -> Callback {
    let friends = friends.iter().copied().map(UserId::new).collect();
    Callback {
        user,
        kind,
        state: state(name),
        id: Hash::of(&["id", name]),
        friends,
    }
}

fn invite(name: &str, friends: &[u64]) -> Callback {
    callback(ALICE, RewardKind::Invite, name, friends)
}

async fn signed(store: &Store, user: UserId, kind: RewardKind, name: &str) {
    assert_eq!(
        store.remember_state(user, kind, &state(name), HOUR).await,
        Ok(true)
    );
}

async fn a_callback_is_used_once(place: Place) {
    let store = open(&place).await;
    signed(&store, ALICE, RewardKind::Invite, "a").await;
    assert_eq!(
        store.claim(&invite("a", &[7, 8])).await,
        Ok(Claim::Granted(2))
    );
    assert_eq!(
        store.claim(&invite("a", &[7, 8])).await,
        Ok(Claim::AlreadyUsed)
    );
    // Not even with the state signed once more.
    signed(&store, ALICE, RewardKind::Invite, "a").await;
    assert_eq!(
        store.claim(&invite("a", &[9])).await,
        Ok(Claim::AlreadyUsed)
    );
    // A state is spent, too.
    let other = Callback {
        id: Hash::of(&["id", "b"]),
        ..invite("a", &[9])
    };
    assert_eq!(store.claim(&other).await, Ok(Claim::Granted(1)));
    let third = Callback {
        id: Hash::of(&["id", "c"]),
        ..other
    };
    assert_eq!(store.claim(&third).await, Ok(Claim::UnknownState));
}

async fn a_state_is_of_one_player_and_one_widget(place: Place) {
    let store = open(&place).await;
    assert_eq!(
        store.claim(&invite("a", &[7])).await,
        Ok(Claim::UnknownState)
    );
    signed(&store, BORIS, RewardKind::Invite, "a").await;
    assert_eq!(
        store.claim(&invite("a", &[7])).await,
        Ok(Claim::UnknownState)
    );
    signed(&store, ALICE, RewardKind::Suggest, "a").await;
    assert_eq!(
        store.claim(&invite("a", &[7])).await,
        Ok(Claim::UnknownState)
    );
    // Signing once more is fine, signing for something else is not.
    signed(&store, ALICE, RewardKind::Suggest, "a").await;
    assert_eq!(
        store
            .remember_state(ALICE, RewardKind::Invite, &state("a"), HOUR)
            .await,
        Ok(false)
    );
    assert_eq!(
        store.claim(&invite("a", &[7])).await,
        Ok(Claim::UnknownState)
    );
    assert_eq!(
        store
            .claim(&callback(ALICE, RewardKind::Suggest, "a", &[7]))
            .await,
        Ok(Claim::Granted(1))
    );
}

async fn a_friend_counts_once_for_each_widget(place: Place) {
    let store = open(&place).await;
    for (user, kind, name, friends, granted) in [
        (ALICE, RewardKind::Invite, "a", &[7, 8, 7][..], 2),
        (ALICE, RewardKind::Invite, "b", &[8, 9], 1),
        (ALICE, RewardKind::Invite, "c", &[7, 8, 9], 0),
        (ALICE, RewardKind::Invite, "d", &[], 0),
        (ALICE, RewardKind::Suggest, "e", &[7, 8], 2),
        (BORIS, RewardKind::Invite, "f", &[7], 1),
    ] {
        signed(&store, user, kind, name).await;
        assert_eq!(
            store.claim(&callback(user, kind, name, friends)).await,
            Ok(Claim::Granted(granted)),
            "{name}"
        );
    }
}

async fn a_refused_claim_changes_nothing(place: Place) {
    let store = open(&place).await;
    assert_eq!(
        store.claim(&invite("a", &[7])).await,
        Ok(Claim::UnknownState)
    );
    signed(&store, ALICE, RewardKind::Invite, "a").await;
    // The callback was not marked by the first try, and the friend is new.
    assert_eq!(store.claim(&invite("a", &[7])).await, Ok(Claim::Granted(1)));
}

async fn sixty_four_claims_at_once_grant_once(place: Place) {
    let stores = [open(&place).await, open(&place).await];
    signed(&stores[0], ALICE, RewardKind::Invite, "a").await;
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let store = stores[task % 2].clone();
            tokio::spawn(async move {
                store
                    .claim(&invite("a", &[7, 8, 9]))
                    .await
                    .expect("a claim")
            })
        })
        .collect();
    let mut claims = Vec::new();
    for task in tasks {
        claims.push(task.await.expect("no panic"));
    }
    assert_eq!(
        claims
            .iter()
            .filter(|claim| **claim == Claim::Granted(3))
            .count(),
        1,
        "{claims:?}"
    );
    assert_eq!(
        claims
            .iter()
            .filter(|claim| **claim == Claim::AlreadyUsed)
            .count(),
        63,
        "{claims:?}"
    );
}

async fn a_friend_in_many_callbacks_at_once_counts_once(place: Place) {
    let stores = [open(&place).await, open(&place).await];
    for index in 0..32 {
        signed(&stores[0], ALICE, RewardKind::Invite, &index.to_string()).await;
    }
    let tasks: Vec<_> = (0..32)
        .map(|index: usize| {
            let store = stores[index % 2].clone();
            tokio::spawn(async move { store.claim(&invite(&index.to_string(), &[7])).await })
        })
        .collect();
    let mut granted = 0;
    for task in tasks {
        let Ok(Ok(Claim::Granted(new))) = task.await else {
            panic!("every callback is good")
        };
        granted += new;
    }
    assert_eq!(granted, 1);
}

/// Looks until it is so. What ends by itself ends within a second here.
async fn soon<F: Future<Output = bool>>(what: &str, look: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !look().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn a_state_is_forgotten(place: Place) {
    let store = open(&place).await;
    let short = Duration::from_millis(300);
    assert_eq!(
        store
            .remember_state(ALICE, RewardKind::Suggest, &state("a"), short)
            .await,
        Ok(true)
    );
    // Once it is forgotten, it may be signed for the other widget.
    let free = async || {
        store
            .remember_state(
                ALICE,
                RewardKind::Invite,
                &state("a"),
                Duration::from_millis(1),
            )
            .await
            == Ok(true)
    };
    soon("the state is still remembered", free).await;
    let late = async || {
        let known = store
            .remember_state(ALICE, RewardKind::Suggest, &state("a"), HOUR)
            .await;
        known == Ok(true) && store.claim(&invite("a", &[7])).await == Ok(Claim::UnknownState)
    };
    soon("a state that ended was good for a claim", late).await;
}

async fn a_counter_counts_and_starts_anew(place: Place) {
    let stores = [open(&place).await, open(&place).await];
    for steps in 1..=5 {
        let count = stores[steps % 2]
            .count(ALICE, "long", HOUR)
            .await
            .expect("a count");
        assert_eq!(count.steps, steps as u64);
        assert!(
            count.reset_in <= HOUR && count.reset_in > HOUR - Duration::from_secs(60),
            "{count:?}"
        );
    }
    assert_eq!(
        stores[0]
            .count(BORIS, "long", HOUR)
            .await
            .expect("a count")
            .steps,
        1
    );
    assert_eq!(
        stores[0]
            .count(ALICE, "other", HOUR)
            .await
            .expect("a count")
            .steps,
        1
    );
    let short = Duration::from_millis(200);
    assert_eq!(
        stores[0]
            .count(ALICE, "short", short)
            .await
            .expect("a count")
            .steps,
        1
    );
    assert!(
        stores[0]
            .count(ALICE, "short", short)
            .await
            .expect("a count")
            .steps
            >= 1
    );
    // It does not live longer for being used.
    soon("it goes on", async || {
        stores[0]
            .count(ALICE, "short", short)
            .await
            .expect("a count")
            .steps
            == 1
    })
    .await;
}

async fn a_user_is_remembered_for_a_while(place: Place) {
    let store = open(&place).await;
    let (long, short) = (Hash::of(&["token", "long"]), Hash::of(&["token", "short"]));
    assert_eq!(store.cached_user(&long).await, Ok(None));
    store.put_user(&long, ALICE, HOUR).await.expect("a store");
    store
        .put_user(&short, BORIS, Duration::from_millis(100))
        .await
        .expect("a store");
    assert_eq!(store.cached_user(&long).await, Ok(Some(ALICE)));
    soon("it is still known", async || {
        store.cached_user(&short).await == Ok(None)
    })
    .await;
    assert_eq!(open(&place).await.cached_user(&long).await, Ok(Some(ALICE)));
}

async fn it_responds(place: Place) {
    assert_eq!(open(&place).await.ping().await, Ok(()));
}

#[tokio::test]
async fn old_rows_leave_the_file() {
    let (_folder, place) = file();
    let store = open(&place).await;
    let Place::File(path) = &place else {
        panic!("a file")
    };
    let database = rusqlite::Connection::open(path).expect("a database");
    let rows = || {
        database
            .query_row("SELECT count(*) FROM states", [], |row| {
                row.get::<_, u32>(0)
            })
            .expect("a number")
    };
    for index in 0..10 {
        let state = state(&index.to_string());
        let _ = store
            .remember_state(ALICE, RewardKind::Invite, &state, Duration::from_millis(1))
            .await;
    }
    soon("rows stay", async || {
        signed(&store, ALICE, RewardKind::Invite, "kept").await;
        rows() == 1
    })
    .await;
}

#[tokio::test]
async fn everything_in_redis_but_claims_ends_and_belongs_to_one_application() {
    let Some(redis) = Redis::start_or_skip() else {
        return;
    };
    let store = open(&redis.place()).await;
    signed(&store, ALICE, RewardKind::Invite, "kept").await;
    signed(&store, ALICE, RewardKind::Invite, "used").await;
    assert_eq!(
        store.claim(&invite("used", &[7])).await,
        Ok(Claim::Granted(1))
    );
    store.count(ALICE, "sign", HOUR).await.expect("a count");
    store
        .put_user(&Hash::of(&["token", "t"]), ALICE, HOUR)
        .await
        .expect("a store");

    let keys = redis.say("KEYS *");
    let keys: Vec<&str> = keys
        .lines()
        .filter(|line| line.contains("ok_backend"))
        .collect();
    assert_eq!(keys.len(), 5, "{keys:?}");
    for key in keys {
        assert!(key.starts_with("ok_backend:512000123456:"), "{key}");
        let ends = !redis.say(&format!("TTL {key}")).starts_with(":-1");
        assert_eq!(ends, !key.contains(":claims:"), "{key}");
    }
    let other = Store::open(&redis.place(), ApplicationId::new(5))
        .await
        .expect("a store");
    assert_eq!(
        other.claim(&invite("kept", &[7])).await,
        Ok(Claim::UnknownState)
    );
}

#[tokio::test]
async fn a_place_that_is_not_there_is_told_without_its_password() {
    let place = Place::Redis("redis://:canary@127.0.0.1:1/".to_owned());
    let error = Store::open(&place, APP)
        .await
        .expect_err("no server listens there");
    assert!(!format!("{place:?} {error} {error:?}").contains("canary"));
    let error = Store::open(&Place::Redis("canary".to_owned()), APP)
        .await
        .expect_err("no URL");
    assert!(!format!("{error} {error:?}").contains("canary"));
    let folder = tempfile::tempdir().expect("a folder");
    let error = Store::open(&Place::File(folder.path().into()), APP)
        .await
        .expect_err("a folder is no file");
    assert_eq!(error.to_string(), "the store did not respond: CannotOpen");
}

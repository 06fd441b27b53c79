//! Two instances behind one Redis are one server.

mod support;

use std::sync::Barrier;

use backend_example::{Config, Instance};
use serde_json::json;
use support::ok::FakeOk;
use support::redis::Redis;
use support::{STATE, config, get, post, to_reward, to_sign, wait_for};

const TOKEN: &str = "user-561";

struct Pair {
    urls: [String; 2],
    ok: FakeOk,
    redis: Redis,
    _instances: [Instance; 2],
}

impl Pair {
    fn start_or_skip(change: impl Fn(&mut Config)) -> Option<Self> {
        let redis = Redis::start_or_skip()?;
        let ok = FakeOk::start();
        let instances = [(), ()].map(|()| {
            let mut config = config(&ok.url, redis.place());
            change(&mut config);
            Instance::start(config).expect("a server")
        });
        support::log_in(&instances[0].url(), "561");
        Some(Self {
            urls: [instances[0].url(), instances[1].url()],
            ok,
            redis,
            _instances: instances,
        })
    }

    fn post(&self, instance: usize, path: &str, body: &serde_json::Value) -> support::Response {
        post(
            &self.urls[instance % 2],
            path,
            Some(TOKEN),
            body.to_string().as_bytes(),
        )
    }
}

#[test]
fn what_one_signed_the_other_rewards_and_neither_again() {
    let Some(pair) = Pair::start_or_skip(|_| ()) else {
        return;
    };
    assert_eq!(pair.post(0, "/sign", &to_sign("invite", STATE)).status, 200);
    let claim = to_reward("invite", TOKEN, &[7, 8], STATE);
    assert_eq!(
        pair.post(1, "/rewards", &claim).body,
        json!({ "granted": 2 })
    );
    for instance in [0, 1] {
        assert_eq!(
            pair.post(instance, "/rewards", &claim).refusal(),
            (409, "already_used")
        );
    }
    assert_eq!(
        pair.ok.calls(),
        2,
        "whose token it is: one asked, and stored it for the other"
    );
}

#[test]
fn sixty_four_claims_at_once_on_both_grant_once() {
    let Some(pair) = Pair::start_or_skip(|_| ()) else {
        return;
    };
    for round in 0..8 {
        let state = format!("state-of-the-round-{round}");
        assert_eq!(
            pair.post(0, "/sign", &to_sign("invite", &state)).status,
            200
        );
        let claim = to_reward("invite", TOKEN, &[100 + round], &state);
        let together = Barrier::new(64);
        let claim = &|instance| {
            together.wait();
            pair.post(instance, "/rewards", &claim)
        };
        let responses: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..64)
                .map(|instance| scope.spawn(move || claim(instance)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .collect()
        });
        let granted = responses
            .iter()
            .filter(|response| response.body == json!({ "granted": 1 }))
            .count();
        let refused = responses
            .iter()
            .filter(|response| response.refusal() == (409, "already_used"))
            .count();
        assert_eq!((granted, refused), (1, 63));
    }
}

#[test]
fn a_limit_is_that_of_both_together() {
    let Some(pair) = Pair::start_or_skip(|config| config.per_minute = 6) else {
        return;
    };
    for instance in 0..6 {
        assert_eq!(
            pair.post(instance, "/sign", &to_sign("invite", STATE))
                .status,
            200
        );
    }
    for instance in 0..2 {
        let response = pair.post(instance, "/sign", &to_sign("invite", STATE));
        assert_eq!(response.refusal(), (429, "too_many_requests"));
        assert!(response.header("retry-after").is_some());
    }
}

#[test]
fn without_redis_nothing_is_granted_and_with_it_all_goes_on() {
    let Some(mut pair) = Pair::start_or_skip(|_| ()) else {
        return;
    };
    assert_eq!(pair.post(0, "/sign", &to_sign("invite", STATE)).status, 200);
    let claim = to_reward("invite", TOKEN, &[7], STATE);
    pair.redis.kill();
    for instance in 0..2 {
        let health = get(&format!("{}/health", pair.urls[instance]));
        assert_eq!(health.refusal(), (503, "store_unreachable"));
        for (path, body) in [("/sign", &to_sign("invite", STATE)), ("/rewards", &claim)] {
            let response = pair.post(instance, path, body);
            assert_eq!(response.refusal(), (503, "store_unreachable"), "{path}");
            assert!(response.header("retry-after").is_some());
        }
        let code = json!({ "code": "code-561", "redirect_uri": support::REDIRECT_URI });
        assert_eq!(
            pair.post(instance, "/session", &code).refusal(),
            (503, "store_unreachable")
        );
    }
    pair.redis.start_again();
    for url in &pair.urls {
        wait_for("health", || {
            (get(&format!("{url}/health")).status == 200).then_some(())
        });
    }
    // It was not persistent, so all is gone; with one that is, it would be there.
    assert_eq!(
        pair.post(0, "/rewards", &claim).refusal(),
        (403, "foreign_token")
    );
    support::log_in(&pair.urls[1], "561");
    assert_eq!(
        pair.post(0, "/rewards", &claim).refusal(),
        (422, "unknown_state")
    );
    assert_eq!(pair.post(1, "/sign", &to_sign("invite", STATE)).status, 200);
    assert_eq!(
        pair.post(0, "/rewards", &claim).body,
        json!({ "granted": 1 })
    );
}

#[test]
fn two_instances_on_one_file_are_one_server_too() {
    let ok = FakeOk::start();
    let (_folder, place) = support::file();
    let start = || Instance::start(config(&ok.url, place.clone())).expect("a server");
    let (one, other) = (start(), start());
    support::log_in(&one.url(), "561");
    let say = |instance: &Instance, path: &str, body: serde_json::Value| {
        post(
            &instance.url(),
            path,
            Some(TOKEN),
            body.to_string().as_bytes(),
        )
    };
    assert_eq!(say(&one, "/sign", to_sign("invite", STATE)).status, 200);
    let claim = to_reward("invite", TOKEN, &[7], STATE);
    assert_eq!(
        say(&other, "/rewards", claim.clone()).body,
        json!({ "granted": 1 })
    );
    assert_eq!(
        say(&one, "/rewards", claim).refusal(),
        (409, "already_used")
    );
}

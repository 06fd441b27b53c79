//! Links, and the blanks round JSON: what this server signs is what the plugin sends and OK takes.
//! The expected results are those of `tests/data/links.json`.

use backend_example::policy::attachment;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn hosts() -> [String; 1] {
    ["game.example".to_owned()]
}

#[test]
fn a_link_has_the_same_result_in_every_place() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../../tests/data/links.json")).expect("a list");
    let mut wrong = Vec::new();
    for case in &cases {
        let link = case["link"].as_str().expect("a link");
        let [post, signed] =
            ["post", "signed"].map(|name| case[name].as_bool().expect("a boolean"));
        assert!(
            post || !signed,
            "nothing is signed that cannot be posted: {link:?}"
        );
        let good = "https://game.example/a.png";
        for block in [
            json!({ "type": "link", "url": link }),
            json!({ "type": "app", "text": " ", "images": [{ "url": good }, { "url": link }] }),
        ] {
            let json = json!({ "media": [block] }).to_string();
            for value in [json.clone(), STANDARD.encode(&json)] {
                let result = attachment(&value, &hosts());
                if result.is_ok() != signed {
                    wrong.push(format!("{link:?}: {result:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() > 100);
}

#[test]
fn blanks_round_json_are_those_of_rfc_8259() {
    let json = r#"{"media":[{"type":"link","url":"https://game.example/"},{"type":"text","text":"Привет"}]}"#;
    let mut wrong = Vec::new();
    for (blank, signed) in [
        (" ", true),
        ("\n", true),
        ("\r\n\t ", true),
        ("\u{feff}", false),
        ("\u{a0}", false),
        ("\u{2028}", false),
    ] {
        let padded = format!("{blank}{json}{}", if signed { blank } else { "" });
        for value in [padded.clone(), STANDARD.encode(&padded)] {
            let result = attachment(&value, &hosts());
            if result.is_ok() != signed {
                wrong.push(format!("{blank:?}: {result:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Base64 is no JSON: what stands around it is a part of it.
    assert!(attachment(&format!(" {}", STANDARD.encode(json)), &hosts()).is_err());
}

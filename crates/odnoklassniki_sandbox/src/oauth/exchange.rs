//! `/oauth/token.do`: what a game's server sends, and what it gets.

use serde_json::{Value, json};

use super::answer::Fault;
use super::ledger::{Fresh, NotTaken};
use crate::app::Application;
use crate::form::Fields;
use crate::house::House;

/// Life as text, as OAuth libraries of every kind read it.
fn answer(fresh: &Fresh, refresh_token: Option<&str>) -> Value {
    let mut answer = json!({
        "access_token": fresh.token,
        "token_type": "session",
        "expires_in": fresh.life.as_secs().to_string(),
    });
    if let (Some(token), Some(fields)) = (refresh_token, answer.as_object_mut()) {
        fields.insert("refresh_token".to_owned(), token.into());
    }
    answer
}

/// Turns a code or a refresh token into an access token. `None` for the fields: they could not be
/// decoded.
pub(crate) fn exchange(house: &House, fields: Option<&Fields>) -> Result<Value, Fault> {
    let fields = fields.ok_or_else(|| {
        Fault::new(
            "invalid_request",
            "the parameters are not percent-encoded UTF-8",
        )
    })?;
    if let Some(name) = fields.doubled() {
        let name: String = name.chars().take(40).collect();
        return Err(Fault::new(
            "invalid_request",
            format!("{name} is there twice"),
        ));
    }
    let app = client(house, fields)?;
    match required(fields, "grant_type")? {
        "authorization_code" => {
            let code = required(fields, "code")?;
            let redirect_uri = required(fields, "redirect_uri")?;
            let taken = house.memory().ledger.take_code(app.id, code, redirect_uri);
            let (fresh, refresh) = taken.map_err(|why| {
                let (name, text) = match why {
                    NotTaken::Unknown => {
                        ("invalid_grant", "this application was given no such code")
                    }
                    NotTaken::Expired => ("invalid_grant", "the code is older than two minutes"),
                    NotTaken::Used => (
                        "invalid_grant",
                        "the code was used before: all tokens it gave have ended",
                    ),
                    // Name and words are those of OK, as they were recorded.
                    NotTaken::OtherRedirect => ("invalid_request", "Wrong redirect_uri"),
                };
                Fault::new(name, text)
            })?;
            Ok(answer(&fresh, Some(&refresh)))
        }
        "refresh_token" => {
            let text = required(fields, "refresh_token")?;
            let fresh = house.memory().ledger.refresh(app.id, text);
            let fresh = fresh.map_err(|_| {
                Fault::new("invalid_token", "the refresh token is unknown or has ended")
            })?;
            Ok(answer(&fresh, None))
        }
        _ => {
            let text = "grant_type is neither authorization_code nor refresh_token";
            Err(Fault::new("unsupported_grant_type", text))
        }
    }
}

/// The application, which proves itself by its secret key.
fn client<'a>(house: &'a House, fields: &Fields) -> Result<&'a Application, Fault> {
    let id = required(fields, "client_id")?;
    let secret = required(fields, "client_secret")?;
    let app = house.apps.iter().find(|app| app.id.to_string() == id);
    app.filter(|app| app.secret_key == secret).ok_or_else(|| {
        Fault::new(
            "invalid_client",
            "client_id and client_secret belong to no application here",
        )
    })
}

fn required<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Fault> {
    let value = fields.get(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| Fault::new("invalid_request", format!("{name} is missing")))
}

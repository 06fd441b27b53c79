//! `/oauth/token.do`: a game's server redeems a code or a refresh token.

use serde_json::{Value, json};

use super::tokens::{IssuedToken, RedeemError};
use super::types::AuthorizeError;
use crate::application::Application;
use crate::form::Fields;
use crate::state::SandboxState;

/// Issues an access token. `None` for the fields: they could not be decoded.
pub(crate) fn redeem(
    sandbox: &SandboxState,
    fields: Option<&Fields>,
) -> Result<Value, AuthorizeError> {
    let fields =
        fields.ok_or_else(|| invalid_request("the parameters are not percent-encoded UTF-8"))?;
    if let Some(name) = fields.doubled() {
        let name: String = name.chars().take(40).collect();
        return Err(invalid_request(format!("{name} is there twice")));
    }
    let app = client(sandbox, fields)?;
    match required(fields, "grant_type")? {
        "authorization_code" => {
            let code = required(fields, "code")?;
            let redirect_uri = required(fields, "redirect_uri")?;
            let redeemed = sandbox
                .data()
                .tokens
                .redeem_code(app.id, code, redirect_uri);
            let (token, refresh_token) = redeemed.map_err(code_error)?;
            let mut response = response(&token);
            if let Some(fields) = response.as_object_mut() {
                fields.insert("refresh_token".to_owned(), refresh_token.into());
            }
            Ok(response)
        }
        "refresh_token" => {
            let text = required(fields, "refresh_token")?;
            let token = sandbox.data().tokens.refresh(app.id, text);
            token.map(|token| response(&token)).map_err(|_| {
                let text = "the refresh token is unknown or has ended";
                AuthorizeError::new("invalid_token", text)
            })
        }
        _ => {
            let text = "grant_type is neither authorization_code nor refresh_token";
            Err(AuthorizeError::new("unsupported_grant_type", text))
        }
    }
}

/// Writes the life as text, which OAuth libraries of every kind read.
fn response(token: &IssuedToken) -> Value {
    json!({
        "access_token": token.text,
        "token_type": "session",
        "expires_in": token.life.as_secs().to_string(),
    })
}

fn code_error(error: RedeemError) -> AuthorizeError {
    let (name, text) = match error {
        RedeemError::Unknown => ("invalid_grant", "this application was given no such code"),
        RedeemError::Expired => ("invalid_grant", "the code is older than two minutes"),
        RedeemError::Used => (
            "invalid_grant",
            "the code was used before: all tokens it gave have ended",
        ),
        // Name and words are OK's, as recorded.
        RedeemError::OtherRedirectUri => ("invalid_request", "Wrong redirect_uri"),
    };
    AuthorizeError::new(name, text)
}

/// Finds the application, which proves itself by its secret key.
fn client<'a>(
    sandbox: &'a SandboxState,
    fields: &Fields,
) -> Result<&'a Application, AuthorizeError> {
    let id = required(fields, "client_id")?;
    let secret = required(fields, "client_secret")?;
    let app = sandbox.apps.iter().find(|app| app.id.to_string() == id);
    app.filter(|app| app.secret_key == secret).ok_or_else(|| {
        let text = "client_id and client_secret belong to no application here";
        AuthorizeError::new("invalid_client", text)
    })
}

fn required<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, AuthorizeError> {
    let value = fields.get(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| invalid_request(format!("{name} is missing")))
}

fn invalid_request(text: impl Into<String>) -> AuthorizeError {
    AuthorizeError::new("invalid_request", text)
}

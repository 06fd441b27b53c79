//! One record of a vectors file. Any input may be null or absent, and be text or a number.

use std::collections::BTreeMap;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use odnoklassniki::{AccessToken, ApplicationSecretKey, session_secret_key};
use serde_json::{Map, Value};

pub struct Record {
    pub kind: String,
    pub md5: String,
    pub canonical_string: Option<String>,
    pub url: Option<String>,
    confidence: String,
    tags: Vec<String>,
    inputs: Map<String, Value>,
}

/// Which widget parameter an input is.
const SIGNED_INPUTS: [(&str, &str); 3] = [
    ("st.redirect_uri", "redirect_uri"),
    ("st.return", "return_url"),
    ("st.state", "state"),
];

impl Record {
    pub fn parse(value: &Value) -> Result<Self, String> {
        let text = |name: &str| value.get(name).map(scalar).transpose().map(Option::flatten);
        let need = |name: &str| text(name)?.ok_or_else(|| format!("`{name}` is missing"));
        let tags = match value.get("tags") {
            Some(Value::Array(tags)) => tags
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        let inputs = value.get("inputs").and_then(Value::as_object);
        let record = Self {
            kind: need("kind")?,
            md5: text("md5")?.unwrap_or_default(),
            canonical_string: text("canonical_string")?,
            url: text("url")?,
            confidence: text("confidence")?.unwrap_or_default(),
            tags,
            inputs: inputs.cloned().unwrap_or_default(),
        };
        // Of an uncertain record nothing is asserted, so nothing need be there.
        match () {
            () if record.is_uncertain() => Ok(record),
            () if record.md5.is_empty() => Err("`md5` is missing".to_owned()),
            () if inputs.is_none() => Err("`inputs` is missing".to_owned()),
            () => Ok(record),
        }
    }

    pub fn is_uncertain(&self) -> bool {
        self.confidence == "uncertain" || self.tags.iter().any(|tag| tag == "uncertain")
    }

    /// An input as text; null is absent.
    pub fn text(&self, name: &str) -> Result<Option<String>, String> {
        match self.inputs.get(name) {
            None => Ok(None),
            Some(value) => scalar(value).map_err(|problem| format!("`{name}` {problem}")),
        }
    }

    pub fn need(&self, name: &str) -> Result<String, String> {
        self.text(name)?
            .ok_or_else(|| format!("`{name}` is missing"))
    }

    pub fn number<T: FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<T, String> {
        self.need(name)?
            .parse()
            .map_err(|error| format!("`{name}`: {error}"))
    }

    /// An input that is an object of texts and numbers.
    pub fn map(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, String> {
        let Some(value) = self.inputs.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let object = value
            .as_object()
            .ok_or_else(|| format!("`{name}` is no object"))?;
        let mut map = BTreeMap::new();
        for (key, value) in object {
            if let Some(text) = scalar(value).map_err(|problem| format!("`{key}` {problem}"))? {
                map.insert(key.clone(), text);
            }
        }
        Ok(Some(map))
    }

    pub fn list(&self, name: &str) -> Result<Option<Vec<String>>, String> {
        let Some(value) = self.inputs.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let array = value
            .as_array()
            .ok_or_else(|| format!("`{name}` is no array"))?;
        let texts = array.iter().filter_map(Value::as_str).map(str::to_owned);
        Ok(Some(texts.collect()))
    }

    pub fn unsigned(&self) -> Result<BTreeMap<String, String>, String> {
        Ok(self.map("unsigned")?.unwrap_or_default())
    }

    /// The key that ends the text.
    pub fn key(&self) -> Result<String, String> {
        for name in ["secret_key", "session_secret_key"] {
            if let Some(key) = self.text(name)? {
                return Ok(key);
            }
        }
        let application = self
            .text("application_secret_key")?
            .ok_or("no key is given")?;
        let derived = self.text("secret_key_kind")?.as_deref() == Some("session_secret_key");
        match self.text("access_token")? {
            Some(token) if derived || self.kind.starts_with("widget_") => {
                let application = ApplicationSecretKey::new(application);
                let key = session_secret_key(&AccessToken::new(token), &application);
                Ok(key.expose().to_owned())
            }
            _ => Ok(application),
        }
    }

    /// The signed parameters of a widget, raw.
    pub fn signed(&self) -> Result<Vec<(&'static str, String)>, String> {
        let mut fields = Vec::new();
        if let Some(attachment) = self.attachment()? {
            fields.push(("st.attachment", attachment));
        } else if self.kind.contains("post") {
            return Err("the attachment is missing".to_owned());
        }
        for (name, input) in SIGNED_INPUTS {
            if let Some(value) = self.text(input)?.or(self.text(name)?) {
                fields.push((name, value));
            }
        }
        Ok(fields)
    }

    /// The value of `st.attachment`: as given, or made from the JSON; both must agree if both are
    /// there.
    fn attachment(&self) -> Result<Option<String>, String> {
        // As an object it no longer has the bytes that were signed.
        let is_object = self
            .inputs
            .get("attachment_json")
            .is_some_and(Value::is_object);
        let json = if is_object {
            None
        } else {
            self.text("attachment_json")?
        };
        let made = match (json, self.text("attachment_encoding")?.as_deref()) {
            (None, _) => None,
            (Some(json), Some("base64")) => Some(STANDARD.encode(json)),
            (Some(json), Some("plain")) => Some(json),
            (Some(json), None) => Some(json),
            (_, Some(other)) => return Err(format!("unknown attachment_encoding `{other}`")),
        };
        match (self.text("st.attachment")?, made) {
            (Some(given), Some(made))
                if given != made && self.text("attachment_encoding")?.is_some() =>
            {
                Err("`st.attachment` is not `attachment_json` in its encoding".to_owned())
            }
            (given, made) => Ok(given.or(made)),
        }
    }
}

/// A text, number or flag as text; null as nothing.
fn scalar(value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(flag) => Ok(Some(flag.to_string())),
        _ => Err("is neither text nor number".to_owned()),
    }
}

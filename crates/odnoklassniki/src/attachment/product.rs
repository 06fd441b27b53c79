//! Something that a group sells.

use serde::Serialize;

use super::validate::web_link;
use crate::error::FieldError;
use crate::text::quote;

/// The price of something that a group sells. Known from one third-party library only (T4 of the
/// protocol page); its defaults and limits are not known.
///
/// ```
/// use odnoklassniki::{Attachment, Product};
/// let post = Attachment::new().text("A mug").product(Product::new(10).currency("USD").lifetime(30));
/// assert_eq!(
///     post.to_json(),
///     concat!(
///         r#"{"media":[{"type":"text","text":"A mug"},"#,
///         r#"{"type":"product","price":10,"currency":"USD","lifetime":30}]}"#,
///     ),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Product {
    price: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    partner_link: String,
}

impl Product {
    /// Takes a price. In which unit of the currency is not known.
    pub fn new(price: u64) -> Self {
        Self {
            price,
            currency: String::new(),
            lifetime: None,
            partner_link: String::new(),
        }
    }

    /// Sets a code of three uppercase letters, such as `USD`. An empty one is left out.
    pub fn currency(self, code: impl Into<String>) -> Self {
        Self {
            currency: code.into(),
            ..self
        }
    }

    /// Sets for how many days it is offered. Default: left out.
    pub fn lifetime(self, days: u32) -> Self {
        Self {
            lifetime: Some(days),
            ..self
        }
    }

    /// Sets where it can be bought, an absolute `http` or `https` URL. An empty one is left out.
    pub fn partner_link(self, url: impl Into<String>) -> Self {
        Self {
            partner_link: url.into(),
            ..self
        }
    }

    pub(super) fn validate(&self) -> Result<(), FieldError> {
        let code = &self.currency;
        let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if !code.is_empty() && !is_code {
            return Err(FieldError::new(
                "currency",
                format!("{} is not a currency code", quote(code)),
                "write three uppercase letters, such as RUB",
            ));
        }
        match self.partner_link.as_str() {
            "" => Ok(()),
            link => web_link("partner_link", link),
        }
    }
}

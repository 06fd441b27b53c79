//! Looks whether the return page is there.

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{RequestCache, RequestInit, Response};

use crate::{exchange::NAME, link::OneTimeLink};

/// Fetches the return page of a link, and calls `then` with whether there is one, of this version. A
/// page that cannot be fetched counts as there: the connection may be at fault.
///
/// The link itself is not used up: its token is in the fragment, which no server gets.
pub fn find_return_page(link: &OneTimeLink, then: impl FnOnce(bool) + 'static) {
    let page = link.expose().split('#').next().unwrap_or_default();
    let page = page.to_owned();
    spawn_local(async move { then(is_return_page(&page).await.unwrap_or(true)) });
}

/// Returns whether a URL has a return page of this version. Fails without a connection.
async fn is_return_page(url: &str) -> Result<bool, JsValue> {
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    let init = RequestInit::new();
    init.set_cache(RequestCache::NoStore);
    let response = JsFuture::from(window.fetch_with_str_and_init(url, &init)).await?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Ok(false);
    }
    let text = JsFuture::from(response.text()?).await?;
    let name = ["\"", NAME, "\""].concat();
    Ok(text.as_string().is_some_and(|text| text.contains(&name)))
}

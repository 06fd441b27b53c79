//! The owner's end of the listener in a browser.

use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::bridge::{Bridge, Deliver, Number};
use crate::{
    command::Command,
    config::{ListenError, ListenerConfig, ListenerGone},
    exchange::Exchange,
    link::OneTimeLink,
    table::CallbackEvent,
    time::Instant,
    token::{LinkToken, ReturnToken},
};

/// Pending callbacks in a browser. Dropping it removes everything that it has added to the page.
///
/// It holds no object of the browser: those stay with the thread that made them, in [`Bridge`].
pub(crate) struct BrowserListener<Id, T> {
    number: Number,
    page: String,
    exchange: Arc<Mutex<Exchange<Id, T>>>,
}

impl<Id: Copy + Eq + Send + 'static, T: Send + 'static> BrowserListener<Id, T> {
    pub(crate) fn start(
        config: ListenerConfig,
        notify: Box<dyn FnMut(CallbackEvent<Id, T>) -> bool + Send>,
    ) -> Result<Self, ListenError> {
        let exchange = Arc::new(Mutex::new(Exchange::new(&config, notify)));
        let shared = Arc::clone(&exchange);
        let deliver: Deliver = Box::new(move |message| {
            let mut exchange = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let instruction = message.and_then(|text| exchange.receive(text, Instant::now()));
            if message.is_none() {
                exchange.expire(Instant::now());
            }
            (instruction, exchange.next_deadline())
        });
        let (number, page) = Bridge::start(&config.return_page, deliver)?;
        Ok(Self {
            number,
            page,
            exchange,
        })
    }

    /// Returns the page's URL. The return token travels in the window's own storage: a service may
    /// refuse a URL with a query.
    pub(crate) fn return_url(&self, _: &ReturnToken) -> Zeroizing<String> {
        Zeroizing::new(self.page.clone())
    }

    pub(crate) fn redirect_uri(&self) -> Option<&str> {
        Some(&self.page)
    }

    pub(crate) fn one_time_link(&self, token: &LinkToken) -> OneTimeLink {
        OneTimeLink::on_page(&self.page, token)
    }

    pub(crate) fn send(&self, command: Command<Id, T>) -> Result<(), ListenerGone> {
        let channels = match &command {
            Command::Add(callback) => vec![
                callback.link_token.expose().to_owned(),
                callback.return_token.expose().to_owned(),
            ],
            Command::RenewLink(_, token) => vec![token.expose().to_owned()],
            _ => Vec::new(),
        };
        let deadline = {
            let mut exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
            exchange.run(command, Instant::now());
            let table = exchange.table();
            Bridge::set_channels(self.number, channels, |token| {
                table.has_link(token) || table.has_return(token)
            });
            exchange.next_deadline()
        };
        Bridge::set_deadline(self.number, deadline);
        Ok(())
    }

    pub(crate) fn stop(self) {}
}

impl<Id, T> Drop for BrowserListener<Id, T> {
    fn drop(&mut self) {
        Bridge::stop(self.number);
    }
}

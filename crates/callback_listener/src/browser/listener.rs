//! The owner's end of the listener in a browser.

use std::{
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use zeroize::Zeroizing;

use super::{
    blank,
    bridge::{Bridge, Delivery, Number, lead_waiting},
};
use crate::{
    command::Command,
    config::{ListenError, ListenerConfig, ListenerGone},
    exchange::{Exchange, Lead},
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
    /// The page of its links.
    page: String,
    has_return_page: bool,
    exchange: SharedExchange<Id, T>,
}

struct SharedExchange<Id, T>(Arc<Mutex<Exchange<Id, T>>>);

impl<Id, T> SharedExchange<Id, T> {
    fn lock(&self) -> MutexGuard<'_, Exchange<Id, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Id: Copy + Eq, T> Delivery for SharedExchange<Id, T> {
    fn receive(&self, message: &str) -> Option<Zeroizing<String>> {
        self.lock().receive(message, Instant::now())
    }

    fn receive_from_service(&self, return_token: &str, text: &str) -> bool {
        self.lock()
            .receive_from_service(return_token, text, Instant::now())
    }

    fn lead(&self, link_token: &str) -> Lead {
        self.lock().lead(link_token)
    }

    fn expire(&self) {
        self.lock().expire(Instant::now());
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.lock().next_deadline()
    }
}

impl<Id: Copy + Eq + Send + 'static, T: Send + 'static> BrowserListener<Id, T> {
    pub(crate) fn start(
        config: ListenerConfig,
        notify: Box<dyn FnMut(CallbackEvent<Id, T>) -> bool + Send>,
    ) -> Result<Self, ListenError> {
        let exchange = Arc::new(Mutex::new(Exchange::new(&config, notify)));
        let delivery = Rc::new(SharedExchange(Arc::clone(&exchange)));
        let (number, page) = Bridge::start(&config, delivery)?;
        Ok(Self {
            number,
            page,
            has_return_page: config.service_origin.is_none(),
            exchange: SharedExchange(exchange),
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
            _ if !self.has_return_page => Vec::new(),
            Command::Add(callback) => vec![
                callback.link_token.expose().to_owned(),
                callback.return_token.expose().to_owned(),
            ],
            Command::RenewLink(_, token) => vec![token.expose().to_owned()],
            _ => Vec::new(),
        };
        let deadline = {
            let mut exchange = self.exchange.lock();
            exchange.run(command, Instant::now());
            let table = exchange.table();
            Bridge::set_channels(self.number, channels, |token| {
                table.has_link(token) || table.has_return(token)
            });
            exchange.next_deadline()
        };
        Bridge::set_deadline(self.number, deadline);
        if !self.has_return_page {
            lead_waiting();
        }
        Ok(())
    }

    pub(crate) fn stop(self) {}
}

impl<Id, T> Drop for BrowserListener<Id, T> {
    fn drop(&mut self) {
        Bridge::stop(self.number);
        if !self.has_return_page {
            blank::clear();
        }
    }
}

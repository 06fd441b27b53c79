//! Targets that have no way to receive a callback yet: no listener can be started.

use std::{convert::Infallible, marker::PhantomData};

use zeroize::Zeroizing;

use crate::{
    command::Command,
    config::{ListenError, ListenerConfig, ListenerGone},
    link::OneTimeLink,
    table::CallbackEvent,
    token::{LinkToken, ReturnToken},
};

pub(crate) struct UnsupportedListener<Id, T> {
    never: Infallible,
    kind: PhantomData<fn(Id) -> T>,
}

impl<Id, T> UnsupportedListener<Id, T> {
    pub(crate) fn start(
        _: ListenerConfig,
        _: Box<dyn FnMut(CallbackEvent<Id, T>) -> bool + Send>,
    ) -> Result<Self, ListenError> {
        Err(ListenError::Unsupported)
    }

    pub(crate) fn return_url(&self, _: &ReturnToken) -> Zeroizing<String> {
        match self.never {}
    }

    pub(crate) fn redirect_uri(&self) -> Option<&str> {
        match self.never {}
    }

    pub(crate) fn one_time_link(&self, _: &LinkToken) -> OneTimeLink {
        match self.never {}
    }

    pub(crate) fn send(&self, _: Command<Id, T>) -> Result<(), ListenerGone> {
        match self.never {}
    }

    pub(crate) fn stop(self) {
        match self.never {}
    }
}

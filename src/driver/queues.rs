//! The message queues between the game and the driver, made from the list of kinds.
//!
//! A game may have removed a queue by mistake. Then the plugin reads nothing from it, and logs an
//! error for each message that it cannot write.

use bevy_app::App;
use bevy_ecs::message::{Message, MessageReader, MessageWriter, Messages};
use bevy_ecs::system::{Res, SystemParam};

use super::effects::Outgoing;
use crate::request::submission::{Request as _, Submission};
use crate::request::{
    CancelRequest, Finished, ReopenRequest, RequestId, RequestNotice, RequestOpened, kinds,
};
use crate::session::{RequestLogout, SessionChanged};

macro_rules! queues {
    ($($module:ident: $kind:ident($request:ident => $finished:ident) $kit:tt,)+) => {
        use crate::request::{$($request, $finished,)+};

        /// Readers of the requests that the game has written since the last frame.
        #[derive(SystemParam)]
        pub(crate) struct Incoming<'w, 's> {
            $($module: Option<MessageReader<'w, 's, $request>>,)+
            logouts: Option<MessageReader<'w, 's, RequestLogout>>,
            reopens: Option<MessageReader<'w, 's, ReopenRequest>>,
            cancels: Option<MessageReader<'w, 's, CancelRequest>>,
        }

        impl Incoming<'_, '_> {
            pub(crate) fn is_empty(&self) -> bool {
                $(is_read(&self.$module) &&)+
                    is_read(&self.logouts) && is_read(&self.reopens) && is_read(&self.cancels)
            }

            /// Returns the requests, in the order of the list of kinds.
            pub(crate) fn submissions(&mut self) -> Vec<Submission> {
                let mut submissions = Vec::new();
                $(submissions.extend(read(&mut self.$module).map($request::submission));)+
                submissions
            }
        }

        /// The same queues, without readers. A run condition with readers would lose messages if
        /// another run condition of the game kept the system from running.
        #[derive(SystemParam)]
        pub(crate) struct Queued<'w> {
            $($module: Option<Res<'w, Messages<$request>>>,)+
            logouts: Option<Res<'w, Messages<RequestLogout>>>,
            reopens: Option<Res<'w, Messages<ReopenRequest>>>,
            cancels: Option<Res<'w, Messages<CancelRequest>>>,
        }

        impl Queued<'_> {
            pub(crate) fn is_empty(&self) -> bool {
                $(is_empty(&self.$module) &&)+
                    is_empty(&self.logouts) && is_empty(&self.reopens) && is_empty(&self.cancels)
            }
        }

        /// Writers of the messages for the game.
        #[derive(SystemParam)]
        pub(crate) struct MessageWriters<'w> {
            $($module: Option<MessageWriter<'w, $finished>>,)+
            opened: Option<MessageWriter<'w, RequestOpened>>,
            notices: Option<MessageWriter<'w, RequestNotice>>,
            session: Option<MessageWriter<'w, SessionChanged>>,
        }

        impl MessageWriters<'_> {
            pub(crate) fn write(&mut self, message: Outgoing) {
                match message {
                    $(Outgoing::Finished(Finished::$kind(message)) => {
                        write(&mut self.$module, message);
                    })+
                    Outgoing::Opened(message) => write(&mut self.opened, message),
                    Outgoing::Notice(message) => write(&mut self.notices, message),
                    Outgoing::Session(message) => write(&mut self.session, message),
                }
            }
        }

        /// Adds all queues to the app.
        pub(crate) fn add_messages(app: &mut App) {
            $(app.add_message::<$request>().add_message::<$finished>();)+
            app.add_message::<RequestLogout>()
                .add_message::<CancelRequest>()
                .add_message::<ReopenRequest>()
                .add_message::<RequestOpened>()
                .add_message::<RequestNotice>()
                .add_message::<SessionChanged>();
        }
    };
}
kinds!(queues);

impl Incoming<'_, '_> {
    pub(crate) fn is_logout(&mut self) -> bool {
        read(&mut self.logouts).count() > 0
    }

    pub(crate) fn cancels(&mut self) -> impl Iterator<Item = RequestId> {
        read(&mut self.cancels).map(|cancel| cancel.id)
    }

    pub(crate) fn reopens(&mut self) -> impl Iterator<Item = RequestId> {
        read(&mut self.reopens).map(|reopen| reopen.id)
    }
}

fn read<'a, M: Message>(reader: &'a mut Option<MessageReader<M>>) -> impl Iterator<Item = &'a M> {
    reader.iter_mut().flat_map(|reader| reader.read())
}

fn is_read<M: Message>(reader: &Option<MessageReader<M>>) -> bool {
    reader.as_ref().is_none_or(|reader| reader.is_empty())
}

fn is_empty<M: Message>(queue: &Option<Res<Messages<M>>>) -> bool {
    queue.as_ref().is_none_or(|queue| queue.is_empty())
}

fn write<M: Message>(writer: &mut Option<MessageWriter<M>>, message: M) {
    match writer {
        Some(writer) => _ = writer.write(message),
        None => log::error!(
            "the game has removed the resource Messages<{}>: a message is lost. Leave it in the world",
            core::any::type_name::<M>()
        ),
    }
}

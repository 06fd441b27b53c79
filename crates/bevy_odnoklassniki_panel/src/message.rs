//! Writes the messages that a game would write.

use bevy_ecs::message::{Message, Messages};
use bevy_ecs::system::Commands;
use bevy_ecs::world::World;

/// Writes a message once the window is drawn, which is still before the plugin reads it.
///
/// Without the message's queue nothing is written: the app has no `OdnoklassnikiPlugin`, or the
/// game has removed the queue. (`Commands::write_message` would panic.)
pub(crate) fn write<M: Message>(commands: &mut Commands, message: M) {
    commands.queue(
        move |world: &mut World| match world.get_resource_mut::<Messages<M>>() {
            Some(mut messages) => _ = messages.write(message),
            None => log::error!(
                "there is no resource Messages<{}>: nothing was sent. Add OdnoklassnikiPlugin, and leave its resources in the world",
                core::any::type_name::<M>()
            ),
        },
    );
}

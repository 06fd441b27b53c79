//! The two widgets that write to friends.

use std::fmt::Display;

use super::kind::WidgetKind;
use super::param::Param;
use super::parameters::Parameters;
use super::setters::{Widget, WidgetParameters};

/// The setters of the invite and suggest widgets.
///
/// A friend can be reached only if they accept game invitations in their settings. OK signs none of
/// these parameters.
///
/// ```
/// use odnoklassniki::{InviteParameters as _, SuggestWidget, WidgetParameters as _};
///
/// let widget = SuggestWidget::new().target([7, 8, 7]).custom_args("room=A1");
/// assert_eq!(widget.parameters().get("st.target"), Some("7,8"));
/// ```
pub trait InviteParameters: WidgetParameters {
    /// Sets `st.comment`: the text that stands in the message field at first. OK states no length
    /// limit. \[documented\]
    #[must_use]
    fn comment(mut self, text: impl Into<String>) -> Self {
        self.parameters_mut().set(Param::Comment, text);
        self
    }

    /// Sets `st.custom_args`: the game gets it as the launch parameter `custom_args` when the
    /// friend starts it from the message. OK states no length limit. \[documented\]
    #[must_use]
    fn custom_args(mut self, text: impl Into<String>) -> Self {
        self.parameters_mut().set(Param::CustomArgs, text);
        self
    }

    /// Sets `st.target`: the friends that are selected at first, by decimal user id. One that comes
    /// twice is sent once. An empty list removes the parameter. OK states no limit on their number;
    /// here they must fit into the URL ([`MAX_URL_BYTES`](crate::MAX_URL_BYTES)). \[documented\]
    #[must_use]
    fn target<T: Display>(mut self, users: impl IntoIterator<Item = T>) -> Self {
        let mut ids: Vec<String> = Vec::new();
        for user in users {
            let id = user.to_string();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if ids.is_empty() {
            self.parameters_mut().set(Param::Target, "");
        } else {
            self.parameters_mut().set_id(Param::Target, ids.join(","));
        }
        self
    }

    /// Sets `st.target_only`: show only the friends of [`target`](InviteParameters::target). OK's
    /// default: off. \[documented\]
    #[must_use]
    fn target_only(mut self, on: bool) -> Self {
        self.parameters_mut().set_switch(Param::TargetOnly, on);
        self
    }

    /// Sets `st.autosel`: how many friends OK selects by itself. OK's default: 0. The greatest
    /// number that OK takes is not known, and none is refused here. \[documented\]
    #[must_use]
    fn autosel(mut self, friends: u32) -> Self {
        self.parameters_mut()
            .set(Param::Autosel, friends.to_string());
        self
    }
}

macro_rules! invite_widget {
    ($(#[$doc:meta])* $widget:ident, $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[must_use]
        pub struct $widget {
            parameters: Parameters,
        }

        impl $widget {
            /// Makes a widget without parameters; all are optional.
            pub fn new() -> Self {
                Self::default()
            }
        }

        impl WidgetParameters for $widget {
            fn parameters(&self) -> &Parameters {
                &self.parameters
            }

            fn parameters_mut(&mut self) -> &mut Parameters {
                &mut self.parameters
            }
        }

        impl InviteParameters for $widget {}

        impl Widget for $widget {
            const KIND: WidgetKind = WidgetKind::$kind;
        }
    };
}

invite_widget!(
    /// Invites friends who do not play yet (`WidgetInvite`;
    /// <https://apiok.ru/en/ext/invite_suggest>).
    InviteWidget,
    Invite
);

invite_widget!(
    /// Recommends the game to friends, also to those who play (`WidgetSuggest`;
    /// <https://apiok.ru/en/ext/invite_suggest>).
    SuggestWidget,
    Suggest
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attachment::{Attachment, Photo};
    use crate::widget::PostWidget;

    #[test]
    fn an_empty_value_removes_the_parameter() {
        let widget = InviteWidget::new()
            .comment("a")
            .target([1])
            .nocancel(true)
            .comment("")
            .target([0; 0])
            .nocancel(false);
        assert_eq!(widget, InviteWidget::new());
    }

    #[test]
    fn the_order_of_setters_does_not_matter() {
        let one = InviteWidget::new().popup(true).comment("a").extra("b", "1");
        let two = InviteWidget::new().extra("b", "1").comment("a").popup(true);
        assert_eq!(one, two);
    }

    #[test]
    fn an_empty_target_is_an_error_and_no_target_is_none() {
        assert_eq!(
            InviteWidget::new()
                .target([""])
                .validate()
                .unwrap_err()
                .field(),
            "st.target"
        );
        let none = InviteWidget::new()
            .target([1])
            .target(std::iter::empty::<u64>());
        assert_eq!(none.parameters().get("st.target"), None);
        assert!(none.validate().is_ok());
    }

    #[test]
    fn an_iterator_that_promises_too_much_does_no_harm() {
        struct Liar(u8);
        impl Iterator for Liar {
            type Item = u8;
            fn next(&mut self) -> Option<u8> {
                self.0 = self.0.checked_sub(1)?;
                Some(self.0)
            }
            fn size_hint(&self) -> (usize, Option<usize>) {
                (usize::MAX, None)
            }
        }
        assert_eq!(
            InviteWidget::new()
                .target(Liar(3))
                .parameters()
                .get("st.target"),
            Some("2,1,0")
        );
    }

    #[test]
    fn targets_must_be_numbers() {
        for bad in ["", "a", "1;2", "-1", "1 "] {
            let error = InviteWidget::new()
                .target(["1", bad])
                .validate()
                .unwrap_err();
            assert_eq!(error.field(), "st.target", "{bad:?}");
        }
    }

    #[test]
    fn debug_shows_no_state_and_no_return_url() {
        let widget = InviteWidget::new()
            .state("canary")
            .return_url("https://canary.example/")
            .redirect_uri("canary://x")
            .extra("st.x", "canary")
            .comment("shown");
        let text = format!("{widget:?}");
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("shown") && text.contains("st.x"));
    }

    #[test]
    fn debug_shows_only_the_length_of_an_attachment() {
        let attachment = Attachment::new()
            .text("canary")
            .photo(Photo::token("canary"));
        let length = format!("[{} bytes]", attachment.to_json().len());
        let photo = format!("{:?}", Photo::token("canary"));
        for text in [
            format!("{:?}", PostWidget::new(attachment.clone())),
            format!("{attachment:?}"),
            photo,
        ] {
            assert!(!text.contains("canary"), "{text}");
            assert!(
                text.contains(&length) || text == "Photo([redacted])",
                "{text}"
            );
        }
    }
}

//! The two widgets that write to friends.

use std::fmt::{Display, Write as _};

use super::kind::WidgetKind;
use super::param::Param;
use super::parameters::Parameters;
use super::setters::{Widget, WidgetParameters};
use super::url::MAX_URL_BYTES;

/// What most ids take, with a comma.
const USUAL_ID_BYTES: usize = 13;

/// The setters of the invite and suggest widgets.
///
/// A friend can be reached only if they accept game invitations in their settings. None of these is
/// signed.
///
/// ```
/// use odnoklassniki::{InviteParameters as _, SuggestWidget, WidgetParameters as _};
///
/// let widget = SuggestWidget::new().target([7, 8, 7]).custom_args("room=A1");
/// assert_eq!(widget.parameters().get("st.target"), Some("7,8"));
/// ```
pub trait InviteParameters: WidgetParameters {
    /// `st.comment`: the text that stands in the message field at first. OK states no length limit.
    /// \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().comment("Заходи!");
    /// assert_eq!(widget.parameters().get("st.comment"), Some("Заходи!"));
    /// ```
    #[must_use]
    fn comment(mut self, text: impl Into<String>) -> Self {
        self.parameters_mut().set(Param::Comment, text.into());
        self
    }

    /// `st.custom_args`: handed to the game when the friend starts it from the message, as the
    /// launch parameter `custom_args`. OK states no length limit. \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().custom_args("room=A1");
    /// assert_eq!(widget.parameters().get("st.custom_args"), Some("room=A1"));
    /// ```
    #[must_use]
    fn custom_args(mut self, text: impl Into<String>) -> Self {
        self.parameters_mut().set(Param::CustomArgs, text.into());
        self
    }

    /// `st.target`: the friends that are selected at first, by decimal user id. One that comes
    /// twice is sent once; none at all removes the parameter. OK states no limit on their number;
    /// here they must fit into the address ([`MAX_URL_BYTES`](crate::MAX_URL_BYTES)).
    /// \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().target([UserId::new(7), UserId::new(8)]);
    /// assert_eq!(widget.parameters().get("st.target"), Some("7,8"));
    /// ```
    #[must_use]
    fn target<T: Display>(mut self, users: impl IntoIterator<Item = T>) -> Self {
        let users = users.into_iter();
        // Each with a comma behind it.
        // Not more than fit into an address anyway: an iterator may promise any number.
        let expected = users.size_hint().0.min(MAX_URL_BYTES / USUAL_ID_BYTES);
        let mut list = String::with_capacity(USUAL_ID_BYTES * expected);
        for user in users {
            let before = list.len();
            // Writing to a text cannot fail.
            _ = write!(list, "{user},");
            let (others, user) = list.split_at(before);
            if others.split_inclusive(',').any(|other| other == user) {
                list.truncate(before);
            }
        }
        match list.pop() {
            None => self.parameters_mut().set(Param::Target, ""),
            Some(_) => self.parameters_mut().set_id(Param::Target, list),
        }
        self
    }

    /// `st.target_only`: show only the friends of [`target`](InviteParameters::target). OK's
    /// default: off. \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().target([7]).target_only(true);
    /// assert_eq!(widget.parameters().get("st.target_only"), Some("on"));
    /// ```
    #[must_use]
    fn target_only(mut self, on: bool) -> Self {
        self.parameters_mut().set_switch(Param::TargetOnly, on);
        self
    }

    /// `st.autosel`: how many friends OK selects by itself. OK's default: 0; the greatest number it
    /// takes is not known, and none is refused here. \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().autosel(3);
    /// assert_eq!(widget.parameters().get("st.autosel"), Some("3"));
    /// ```
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
            /// Without parameters; all are optional.
            ///
            /// ```
            #[doc = concat!("use odnoklassniki::{", stringify!($widget), ", Widget as _};")]
            #[doc = concat!("assert!(", stringify!($widget), "::new().validate().is_ok());")]
            /// ```
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
    ///
    /// ```
    /// use odnoklassniki::{InviteParameters as _, InviteWidget, Widget as _};
    /// InviteWidget::new().comment("Заходи!").autosel(3).validate().unwrap();
    /// ```
    InviteWidget,
    Invite
);

invite_widget!(
    /// Recommends the game to friends, also to those who play (`WidgetSuggest`;
    /// <https://apiok.ru/en/ext/invite_suggest>).
    ///
    /// ```
    /// use odnoklassniki::{InviteParameters as _, SuggestWidget, Widget as _};
    /// SuggestWidget::new().custom_args("gift=1").validate().unwrap();
    /// ```
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
    fn debug_shows_no_state_and_no_address() {
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
    fn an_attachment_is_told_by_its_length_alone() {
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
